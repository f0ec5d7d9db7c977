/**
 * TFTP packets (RFC 1350 §5, RFC 2347). DATA packets are not built here: `layout.ts` lays whole windows out at once.
 */

export const Opcode = { read: 1, write: 2, data: 3, ack: 4, error: 5, oack: 6 } as const;

/** Error codes of RFC 1350 §5 and RFC 2347. */
export const ErrorCode = {
  other: 0,
  notFound: 1,
  accessViolation: 2,
  diskFull: 3,
  illegalOperation: 4,
  unknownTransfer: 5,
  fileExists: 6,
  noSuchUser: 7,
  optionRefused: 8,
} as const;

/** DATA header: opcode and block number. */
export const DATA_HEADER = 4;
/** Requests longer than this are refused: RFC 2347 allows 512 octets, some clients are a little more generous. */
export const MAX_REQUEST = 1024;
/** Option pairs beyond this are not looked at. */
const MAX_OPTIONS = 32;

/** A read or write request. */
export interface RequestPacket {
  readonly kind: "read" | "write";
  /** As the client sent it; never empty, never with NUL. */
  readonly filename: string;
  /** Lower case. */
  readonly mode: string;
  /** Lower-case name → the option as it was spelled; the first of several equal names. */
  readonly options: ReadonlyMap<string, RequestOption>;
}

export interface RequestOption {
  /** The client's own spelling, which the OACK repeats. */
  readonly name: string;
  readonly value: string;
}

/** What arrives at the request port. `malformed` wants error 4, `stray` wants silence. */
export type Arrival =
  | RequestPacket
  | { readonly kind: "malformed"; readonly reason: string }
  | { readonly kind: "stray"; readonly reason: string };

/** What a client sends in the course of a transfer. */
export type ClientPacket =
  | { readonly kind: "ack"; readonly block: number }
  | { readonly kind: "error"; readonly code: number; readonly message: string }
  | { readonly kind: "request" }
  | { readonly kind: "other" };

/** Reads a datagram that came to the request port. Never throws. */
export function decodeArrival(bytes: Buffer): Arrival {
  if (bytes.length < 2) return { kind: "stray", reason: "shorter than an opcode" };
  const opcode = bytes.readUInt16BE(0);
  if (opcode !== Opcode.read && opcode !== Opcode.write) {
    return { kind: "stray", reason: `opcode ${opcode} at the request port` };
  }
  if (bytes.length > MAX_REQUEST) return { kind: "malformed", reason: `request of ${bytes.length} octets` };
  const strings = splitStrings(bytes, 2);
  const [filename, mode] = strings;
  if (filename === undefined) return { kind: "malformed", reason: "file name without its NUL" };
  if (filename === "") return { kind: "malformed", reason: "empty file name" };
  if (mode === undefined) return { kind: "malformed", reason: "mode missing or without its NUL" };
  const options = new Map<string, RequestOption>();
  for (let i = 2; i + 1 < strings.length && options.size < MAX_OPTIONS; i += 2) {
    const name = strings[i];
    const value = strings[i + 1];
    if (name === undefined || value === undefined || name === "") break;
    const key = name.toLowerCase();
    if (!options.has(key)) options.set(key, { name, value });
  }
  return { kind: opcode === Opcode.read ? "read" : "write", filename, mode: mode.toLowerCase(), options };
}

/** The NUL-terminated strings from `start` on; a last one without NUL is left out. */
function splitStrings(bytes: Buffer, start: number): string[] {
  const strings: string[] = [];
  let from = start;
  while (from < bytes.length) {
    const end = bytes.indexOf(0, from);
    if (end < 0) break;
    strings.push(bytes.toString("utf8", from, end));
    from = end + 1;
  }
  return strings;
}

/** Reads a datagram that came to a transfer's port, of which the first `length` octets count. Never throws. */
export function decodeClientPacket(bytes: Buffer, length: number): ClientPacket {
  if (length < 4 || bytes.length < length) return { kind: "other" };
  const opcode = bytes.readUInt16BE(0);
  if (opcode === Opcode.ack) return { kind: "ack", block: bytes.readUInt16BE(2) };
  if (opcode === Opcode.error) {
    const nul = bytes.indexOf(0, 4);
    const end = nul < 0 || nul > length ? length : nul;
    return { kind: "error", code: bytes.readUInt16BE(2), message: bytes.toString("utf8", 4, end) };
  }
  return { kind: opcode === Opcode.read || opcode === Opcode.write ? "request" : "other" };
}

/**
 * Whether a stranger's packet may be answered with an error. An ERROR never is: two servers would answer each other for
 * ever.
 */
export function mayBeAnswered(bytes: Buffer): boolean {
  return bytes.length >= 4 && bytes[0] === 0 && (bytes[1] === Opcode.ack || bytes[1] === Opcode.data);
}

/** An ERROR packet (RFC 1350 §5); the message is cut at 200 characters. */
export function encodeError(code: number, message: string): Buffer {
  const text = Buffer.from(message.replaceAll("\0", " ").slice(0, 200), "utf8");
  const packet = Buffer.alloc(5 + text.length);
  packet.writeUInt16BE(Opcode.error, 0);
  packet.writeUInt16BE(code, 2);
  text.copy(packet, 4);
  return packet;
}

/** An option acknowledgement (RFC 2347) with the options in the order given. */
export function encodeOack(options: readonly RequestOption[]): Buffer {
  const text = options.map((option) => `${option.name}\0${option.value}\0`).join("");
  const packet = Buffer.alloc(2 + Buffer.byteLength(text));
  packet.writeUInt16BE(Opcode.oack, 0);
  packet.write(text, 2, "utf8");
  return packet;
}

/** A read or write request, as a client sends it. */
export function encodeRequest(
  kind: "read" | "write",
  filename: string,
  mode: string,
  options: readonly RequestOption[],
): Buffer {
  const rest = options.map((option) => `${option.name}\0${option.value}\0`).join("");
  const packet = Buffer.from(`\0\0${filename}\0${mode}\0${rest}`, "utf8");
  packet.writeUInt16BE(Opcode[kind], 0);
  return packet;
}

/** An ACK, as a client sends it. */
export function encodeAck(block: number): Buffer {
  const packet = Buffer.alloc(4);
  packet.writeUInt16BE(Opcode.ack, 0);
  packet.writeUInt16BE(block & 0xffff, 2);
  return packet;
}
