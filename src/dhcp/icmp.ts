import { type Ipv4, readIpv4 } from "../net/ipv4.ts";

const ECHO_REPLY = 0;
const ECHO_REQUEST = 8;

/** An ICMP echo request (RFC 792), for a raw socket: without an IP header. */
export function echoRequest(id: number, sequence: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt8(ECHO_REQUEST, 0);
  bytes.writeUInt16BE(id, 4);
  bytes.writeUInt16BE(sequence, 6);
  bytes.writeUInt16BE(checksum(bytes), 2);
  return bytes;
}

/** Who answered, if the packet (with its IP header, as raw sockets give it) is the reply to an echo of ours. */
export function readEchoReply(packet: Buffer, id: number): Ipv4 | undefined {
  if (packet.length < 20 || packet.readUInt8(0) >>> 4 !== 4) return undefined;
  const header = (packet.readUInt8(0) & 0x0f) * 4;
  if (packet.length < header + 8 || packet.readUInt8(header) !== ECHO_REPLY) return undefined;
  return packet.readUInt16BE(header + 4) === id ? readIpv4(packet, 12) : undefined;
}

/** RFC 1071. */
export function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    sum += at + 1 < bytes.length ? bytes.readUInt16BE(at) : bytes.readUInt8(at) << 8;
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
