import { formatIpv4, type Ipv4, readIpv4 } from "./ipv4.ts";

/** A UDP datagram of a capture. */
export interface CapturedDatagram {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly source: { readonly address: Ipv4; readonly port: number };
  readonly destination: { readonly address: Ipv4; readonly port: number };
  readonly payload: Buffer;
}

/** A capture that cannot be read. */
export class CaptureError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "CaptureError";
  }
}

/** A link-layer frame, and which link it was on. */
interface Frame {
  readonly at: number;
  readonly linkType: number;
  readonly bytes: Buffer;
}

/** Link types (https://www.tcpdump.org/linktypes.html). */
const ETHERNET = 1;
const LINUX_COOKED = 113;
const IPV4 = 0x0800;
const VLAN_TAGS = new Set([0x8100, 0x88a8]);
const UDP = 17;

/**
 * The UDP datagrams over IPv4 of a capture file: pcap in either byte order, with microseconds or nanoseconds, and pcapng;
 * Ethernet (with VLAN tags) and Linux's cooked captures (`tcpdump -i any`, version 1). Fragments and what was cut off are
 * left out. Throws CaptureError for anything else.
 */
export function readCapture(file: Buffer): CapturedDatagram[] {
  return [...framesOf(file)].flatMap((frame) => datagramOf(frame) ?? []);
}

function framesOf(file: Buffer): Iterable<Frame> {
  if (file.length < 4) throw new CaptureError("the file is too short to be a capture");
  const magic = file.readUInt32BE(0);
  switch (magic) {
    case 0xa1b2c3d4:
    case 0xa1b23c4d:
      return classicFrames(file, reader(file, false), magic === 0xa1b23c4d);
    case 0xd4c3b2a1:
    case 0x4d3cb2a1:
      return classicFrames(file, reader(file, true), magic === 0x4d3cb2a1);
    case 0x0a0d0d0a:
      return blockFrames(file);
    default:
      throw new CaptureError("it is neither pcap nor pcapng");
  }
}

interface Reader {
  u16(at: number): number;
  u32(at: number): number;
}

function reader(file: Buffer, littleEndian: boolean): Reader {
  return littleEndian
    ? { u16: (at) => file.readUInt16LE(at), u32: (at) => file.readUInt32LE(at) }
    : { u16: (at) => file.readUInt16BE(at), u32: (at) => file.readUInt32BE(at) };
}

/** https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html */
function* classicFrames(file: Buffer, { u32 }: Reader, nanoseconds: boolean): Iterable<Frame> {
  if (file.length < 24) throw new CaptureError("the file ends in its header");
  // The upper bits tell of a frame check sequence.
  const linkType = u32(20) & 0xffff;
  let at = 24;
  while (at + 16 <= file.length) {
    const captured = u32(at + 8);
    const end = at + 16 + captured;
    // A capture that was not ended in order: its last packet is not whole.
    if (end > file.length) return;
    const when = u32(at) * 1000 + u32(at + 4) / (nanoseconds ? 1e6 : 1e3);
    yield { at: when, linkType, bytes: file.subarray(at + 16, end) };
    at = end;
  }
}

const SECTION = 0x0a0d0d0a;
const INTERFACE = 1;
const ENHANCED_PACKET = 6;
/** Option of an interface: units of a second. */
const TIME_RESOLUTION = 9;

interface CaptureInterface {
  readonly linkType: number;
  /** Units of its time stamps in a millisecond. */
  readonly units: number;
}

/** https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html */
function* blockFrames(file: Buffer): Iterable<Frame> {
  let read = reader(file, true);
  let interfaces: CaptureInterface[] = [];
  let at = 0;
  while (at + 12 <= file.length) {
    const isSection = file.readUInt32BE(at) === SECTION;
    if (isSection) {
      // Each section has a byte order of its own.
      read = reader(file, file.readUInt32LE(at + 8) === 0x1a2b3c4d);
      interfaces = [];
    }
    const type = isSection ? SECTION : read.u32(at);
    const length = read.u32(at + 4);
    if (length < 12 || length % 4 !== 0)
      throw new CaptureError(`a block at octet ${at} has an impossible length`);
    if (at + length > file.length) return;
    if (type === INTERFACE && length >= 20) interfaces.push(interfaceOf(file, read, at, length));
    if (type === ENHANCED_PACKET && length >= 32) {
      const one = interfaces[read.u32(at + 8)];
      const captured = read.u32(at + 20);
      if (one && captured <= length - 32) {
        const stamp = read.u32(at + 12) * 2 ** 32 + read.u32(at + 16);
        const bytes = file.subarray(at + 28, at + 28 + captured);
        yield { at: stamp / one.units, linkType: one.linkType, bytes };
      }
    }
    at += length;
  }
}

function interfaceOf(file: Buffer, { u16 }: Reader, block: number, length: number): CaptureInterface {
  const linkType = u16(block + 8);
  const end = block + length - 4;
  for (let at = block + 16; at + 4 <= end; ) {
    const [code, size] = [u16(at), u16(at + 2)];
    if (code === 0) break;
    if (code === TIME_RESOLUTION && size >= 1 && at + 4 < end) {
      const resolution = file.readUInt8(at + 4);
      const perSecond = (resolution & 0x80) === 0 ? 10 ** resolution : 2 ** (resolution & 0x7f);
      return { linkType, units: perSecond / 1000 };
    }
    at += 4 + Math.ceil(size / 4) * 4;
  }
  return { linkType, units: 1000 };
}

function datagramOf({ at, linkType, bytes }: Frame): CapturedDatagram | undefined {
  const start = networkStart(linkType, bytes);
  if (start === undefined || bytes.length < start + 28) return undefined;
  const ip = bytes.subarray(start);
  const header = (ip.readUInt8(0) & 15) * 4;
  const isFragment = (ip.readUInt16BE(6) & 0x3fff) !== 0;
  if (ip.readUInt8(0) >>> 4 !== 4 || ip.readUInt8(9) !== UDP || isFragment || ip.length < header + 8)
    return undefined;
  const udp = ip.subarray(header);
  const length = udp.readUInt16BE(4);
  if (length < 8 || length > udp.length) return undefined;
  return {
    at,
    source: { address: readIpv4(ip, 12), port: udp.readUInt16BE(0) },
    destination: { address: readIpv4(ip, 16), port: udp.readUInt16BE(2) },
    payload: udp.subarray(8, length),
  };
}

/** Where the IPv4 header begins. Throws CaptureError for a link that is not known. */
function networkStart(linkType: number, bytes: Buffer): number | undefined {
  switch (linkType) {
    case ETHERNET: {
      let at = 12;
      while (at + 6 <= bytes.length && VLAN_TAGS.has(bytes.readUInt16BE(at))) at += 4;
      return at + 2 <= bytes.length && bytes.readUInt16BE(at) === IPV4 ? at + 2 : undefined;
    }
    case LINUX_COOKED:
      return bytes.length >= 16 && bytes.readUInt16BE(14) === IPV4 ? 16 : undefined;
    default:
      throw new CaptureError(`its link type ${linkType} is not Ethernet (1) or Linux cooked (113)`);
  }
}

/** `10.0.0.1:67`. */
export function formatEndpoint({ address, port }: CapturedDatagram["source"]): string {
  return `${formatIpv4(address)}:${port}`;
}
