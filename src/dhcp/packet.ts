import { type Ipv4, readIpv4 } from "../net/ipv4.ts";

/** A DHCP or BOOTP message (RFC 2131 §2), as it is meant: overload and long options already put together. */
export interface DhcpPacket {
  /** 1: request, 2: reply. Anything else a peer sent survives. */
  readonly op: number;
  readonly htype: number;
  readonly hlen: number;
  readonly hops: number;
  readonly xid: number;
  readonly secs: number;
  /** All 16 bits; see `BROADCAST_FLAG`. */
  readonly flags: number;
  readonly ciaddr: Ipv4;
  readonly yiaddr: Ipv4;
  readonly siaddr: Ipv4;
  readonly giaddr: Ipv4;
  /** The whole field, 16 octets; `hlen` of them count. */
  readonly chaddr: Buffer;
  /** Up to 63 octets, latin1, without the closing NUL; empty where the field carried options (52). */
  readonly sname: string;
  /** Up to 127 octets, as `sname`. */
  readonly file: string;
  /** By code, in the order of first appearance, duplicates joined (RFC 3396). Codes 0, 52 and 255 never appear. */
  readonly options: ReadonlyMap<number, Buffer>;
}

/** In `flags`: the client cannot take a unicast before it has its address (RFC 2131 §4.1). */
export const BROADCAST_FLAG = 0x8000;

const SNAME_AT = 44;
const SNAME_SIZE = 64;
const FILE_AT = 108;
const FILE_SIZE = 128;
const HEADER_SIZE = 236;
const COOKIE = 0x63825363;
const OPTIONS_AT = 240;
const PAD = 0;
const OVERLOAD = 52;
const RELAY_AGENT = 82;
const END = 255;
/** What every BOOTP client expects at least (RFC 1542 §2.1). */
const MINIMUM_SIZE = 300;
/** Room that a reply to a relay keeps for what makes it a reply: 53, 54, 51 and their like. */
const ESSENTIAL_SIZE = 64;

export type DecodeResult =
  | { readonly ok: true; readonly packet: DhcpPacket }
  | { readonly ok: false; readonly reason: string };

/** Reads a datagram. Never throws. Options are views of `bytes`: copy them to keep them beyond its reuse. */
export function decode(bytes: Buffer): DecodeResult {
  if (bytes.length < HEADER_SIZE) return { ok: false, reason: `only ${bytes.length} octets` };
  const options = new Map<number, Buffer>();
  const pieces = new Map<number, Buffer[]>();
  let overload = 0;
  if (bytes.length >= OPTIONS_AT && bytes.readUInt32BE(HEADER_SIZE) === COOKIE) {
    const fault = readOptions(bytes, OPTIONS_AT, bytes.length, options, pieces);
    if (fault !== undefined) return { ok: false, reason: fault };
    overload = options.get(OVERLOAD)?.[0] ?? 0;
    // RFC 3396 §5: the file field comes before the sname field.
    if ((overload & 1) !== 0) {
      const inFile = readOptions(bytes, FILE_AT, FILE_AT + FILE_SIZE, options, pieces);
      if (inFile !== undefined) return { ok: false, reason: `${inFile} in the file field` };
    }
    if ((overload & 2) !== 0) {
      const inSname = readOptions(bytes, SNAME_AT, SNAME_AT + SNAME_SIZE, options, pieces);
      if (inSname !== undefined) return { ok: false, reason: `${inSname} in the sname field` };
    }
    for (const [code, parts] of pieces) options.set(code, Buffer.concat(parts));
    options.delete(OVERLOAD);
  }
  return {
    ok: true,
    packet: {
      op: bytes.readUInt8(0),
      htype: bytes.readUInt8(1),
      hlen: bytes.readUInt8(2),
      hops: bytes.readUInt8(3),
      xid: bytes.readUInt32BE(4),
      secs: bytes.readUInt16BE(8),
      flags: bytes.readUInt16BE(10),
      ciaddr: readIpv4(bytes, 12),
      yiaddr: readIpv4(bytes, 16),
      siaddr: readIpv4(bytes, 20),
      giaddr: readIpv4(bytes, 24),
      chaddr: bytes.subarray(28, 44),
      sname: (overload & 2) !== 0 ? "" : readText(bytes, SNAME_AT, SNAME_SIZE),
      file: (overload & 1) !== 0 ? "" : readText(bytes, FILE_AT, FILE_SIZE),
      options,
    },
  };
}

/**
 * Reads options into the map; returns what is wrong with them, if anything is. Options in several pieces (RFC 3396 §5) are
 * by far the exception: theirs gather aside, to be joined once, so that no message takes more than linear time.
 */
function readOptions(
  bytes: Buffer,
  start: number,
  end: number,
  into: Map<number, Buffer>,
  pieces: Map<number, Buffer[]>,
): string | undefined {
  let at = start;
  while (at < end) {
    const code = bytes.readUInt8(at++);
    if (code === PAD) continue;
    // A missing end option is tolerated: BOOTP clients leave it out.
    if (code === END) return undefined;
    if (at >= end) return `option ${code} without a length`;
    const length = bytes.readUInt8(at++);
    if (at + length > end) return `option ${code} runs past the end`;
    const value = bytes.subarray(at, at + length);
    const before = into.get(code);
    if (before === undefined) {
      into.set(code, value);
    } else {
      const gathered = pieces.get(code);
      if (gathered) gathered.push(value);
      else pieces.set(code, [before, value]);
    }
    at += length;
  }
  return undefined;
}

function readText(bytes: Buffer, at: number, size: number): string {
  if (bytes[at] === 0) return "";
  const nul = bytes.indexOf(0, at);
  return bytes.toString("latin1", at, nul === -1 || nul > at + size ? at + size : nul);
}

export interface EncodeOptions {
  /** Most octets that the message may have (UDP payload); default 548, what every client takes (RFC 2131 §2). */
  readonly maxSize?: number;
  /** Where to write, if there is room enough; the result is then a view of it. Default: memory of its own. */
  readonly into?: Buffer;
}

export interface Encoded {
  readonly bytes: Buffer;
  /** Codes of the options for which there was no room. */
  readonly dropped: readonly number[];
}

/**
 * Writes a message. Options leave in the map's order, which is also their priority: what does not fit goes into unused
 * `file` and `sname` fields (52), and what does not fit there either is left out and named in `dropped`. Option 82 is last
 * (RFC 3046 §2.1) and never left out for others.
 */
export function encode(packet: DhcpPacket, options: EncodeOptions = {}): Encoded {
  const relay = packet.options.get(RELAY_AGENT);
  const relaySize = relay === undefined ? 0 : sizeOf(relay);
  // The relay takes its option out before the client sees the message, so it may go beyond what the client takes.
  const withRelay = relay === undefined ? 0 : OPTIONS_AT + relaySize + ESSENTIAL_SIZE;
  const limit = Math.max(options.maxSize ?? 548, MINIMUM_SIZE, withRelay);
  const { into } = options;
  const bytes =
    into !== undefined && into.length >= limit ? into.subarray(0, limit).fill(0) : Buffer.alloc(limit);
  bytes.writeUInt8(packet.op & 255, 0);
  bytes.writeUInt8(packet.htype & 255, 1);
  bytes.writeUInt8(packet.hlen & 255, 2);
  bytes.writeUInt8(packet.hops & 255, 3);
  bytes.writeUInt32BE(packet.xid, 4);
  bytes.writeUInt16BE(packet.secs, 8);
  bytes.writeUInt16BE(packet.flags, 10);
  bytes.writeUInt32BE(packet.ciaddr, 12);
  bytes.writeUInt32BE(packet.yiaddr, 16);
  bytes.writeUInt32BE(packet.siaddr, 20);
  bytes.writeUInt32BE(packet.giaddr, 24);
  packet.chaddr.copy(bytes, 28, 0, 16);
  if (packet.sname !== "") bytes.write(packet.sname, SNAME_AT, SNAME_SIZE - 1, "latin1");
  if (packet.file !== "") bytes.write(packet.file, FILE_AT, FILE_SIZE - 1, "latin1");
  bytes.writeUInt32BE(COOKIE, HEADER_SIZE);

  const room = limit - OPTIONS_AT - relaySize - 1;
  const places = plan(packet, room);
  let at = OPTIONS_AT;
  if (places.overload !== 0) {
    bytes[at++] = OVERLOAD;
    bytes[at++] = 1;
    bytes[at++] = places.overload;
  }
  for (const [code, value] of places.main) at = writeOption(bytes, at, code, value);
  if (relay !== undefined) at = writeOption(bytes, at, RELAY_AGENT, relay);
  bytes[at++] = END;
  if (places.file.length > 0) writeField(bytes, FILE_AT, places.file);
  if (places.sname.length > 0) writeField(bytes, SNAME_AT, places.sname);
  return { bytes: bytes.subarray(0, Math.max(at, MINIMUM_SIZE)), dropped: places.dropped };
}

type Option = readonly [code: number, value: Buffer];

interface Places {
  readonly main: readonly Option[];
  readonly file: readonly Option[];
  readonly sname: readonly Option[];
  readonly overload: number;
  readonly dropped: readonly number[];
}

/** Which option goes where. */
function plan(packet: DhcpPacket, room: number): Places {
  const main: Option[] = [];
  let left = room;
  let fits = true;
  for (const entry of packet.options) {
    if (isFraming(entry[0])) continue;
    left -= sizeOf(entry[1]);
    if (left < 0) {
      fits = false;
      break;
    }
    main.push(entry);
  }
  if (fits) return { main, file: [], sname: [], overload: 0, dropped: [] };
  return planOverload(packet, room);
}

function planOverload(packet: DhcpPacket, room: number): Places {
  const main: Option[] = [];
  const file: Option[] = [];
  const sname: Option[] = [];
  const dropped: number[] = [];
  const mayUse = packet.file === "" || packet.sname === "";
  let mainLeft = room - (mayUse ? 3 : 0);
  let fileLeft = packet.file === "" ? FILE_SIZE - 1 : 0;
  let snameLeft = packet.sname === "" ? SNAME_SIZE - 1 : 0;
  for (const entry of packet.options) {
    if (isFraming(entry[0])) continue;
    const size = sizeOf(entry[1]);
    if (size <= mainLeft) {
      mainLeft -= size;
      main.push(entry);
    } else if (size <= fileLeft) {
      fileLeft -= size;
      file.push(entry);
    } else if (size <= snameLeft) {
      snameLeft -= size;
      sname.push(entry);
    } else {
      dropped.push(entry[0]);
    }
  }
  return { main, file, sname, overload: (file.length > 0 ? 1 : 0) | (sname.length > 0 ? 2 : 0), dropped };
}

function isFraming(code: number): boolean {
  return code === PAD || code === END || code === OVERLOAD || code === RELAY_AGENT;
}

/** Octets on the wire, split into runs of 255 (RFC 3396 §6). */
function sizeOf(value: Buffer): number {
  return value.length + 2 * Math.max(1, Math.ceil(value.length / 255));
}

function writeOption(bytes: Buffer, start: number, code: number, value: Buffer): number {
  let at = start;
  let from = 0;
  do {
    const length = Math.min(255, value.length - from);
    bytes[at++] = code;
    bytes[at++] = length;
    value.copy(bytes, at, from, from + length);
    at += length;
    from += length;
  } while (from < value.length);
  return at;
}

function writeField(bytes: Buffer, start: number, options: readonly Option[]): void {
  let at = start;
  for (const [code, value] of options) at = writeOption(bytes, at, code, value);
  bytes[at] = END;
}
