import type { NetworkInterface } from "../net/interfaces.ts";
import { ANY } from "../net/ipv4.ts";
import { type Mac, macToBytes } from "../net/mac.ts";
import type { Native } from "../net/native.ts";
import { checksum } from "./icmp.ts";
import type { DhcpPacket } from "./packet.ts";
import type { DhcpEvent } from "./ports.ts";

const IPV6_HEADER = 40;
const ADVERTISEMENT = 16;
const ICMPV6 = 58;
const ROUTER_ADVERTISEMENT = 134;
/** RFC 4861 §6.1.2: what has any other hop limit was forwarded, and is thrown away. */
const HOP_LIMIT = 255;
const ETHERTYPE_IPV6 = 0x86dd;
const AF_PACKET = 17;
const SIOCGIFINDEX = 0x8933;
/** struct ifreq: char name[16], int index, and what else other requests need. */
const IFREQ_SIZE = 40;

/**
 * A router advertisement (RFC 4861 §4.2) that names no router: lifetime 0, no prefix, no DHCPv6, no options. With its IPv6
 * header, from and to the link-local addresses that follow from the two MACs.
 */
export function noRouterHere(from: Mac, to: Mac): Buffer {
  const bytes = Buffer.alloc(IPV6_HEADER + ADVERTISEMENT);
  bytes.writeUInt8(0x60, 0);
  bytes.writeUInt16BE(ADVERTISEMENT, 4);
  bytes.writeUInt8(ICMPV6, 6);
  bytes.writeUInt8(HOP_LIMIT, 7);
  linkLocal(from).copy(bytes, 8);
  linkLocal(to).copy(bytes, 24);
  bytes.writeUInt8(ROUTER_ADVERTISEMENT, IPV6_HEADER);
  bytes.writeUInt16BE(checksum(withPseudoHeader(bytes)), IPV6_HEADER + 2);
  return bytes;
}

/** RFC 8200 §8.1: addresses, length and protocol are part of what is summed. */
function withPseudoHeader(packet: Buffer): Buffer {
  const tail = Buffer.alloc(8);
  tail.writeUInt32BE(ADVERTISEMENT, 0);
  tail.writeUInt32BE(ICMPV6, 4);
  return Buffer.concat([packet.subarray(8, IPV6_HEADER), tail, packet.subarray(IPV6_HEADER)]);
}

/** The link-local address that a machine makes of its MAC (RFC 4291, appendix A). */
function linkLocal(mac: Mac): Buffer {
  const own = macToBytes(mac);
  const universal = (own[0] ?? 0) ^ 0x02;
  return Buffer.concat([
    Buffer.from([0xfe, 0x80, 0, 0, 0, 0, 0, 0, universal]),
    own.subarray(1, 3),
    Buffer.from([0xff, 0xfe]),
    own.subarray(3),
  ]);
}

/**
 * Spares iPXE a wait. It sets up IPv6 beside DHCP and goes on when both have come to an end; where no router answers its
 * solicitations that takes some 16 s, at every boot. Any advertisement ends it, also one that there is no router.
 *
 * Who was answered as iPXE hears that, and nobody else: in a frame of its own, which no switch hands to others. An installer
 * or an installed system asks DHCP under another name, and hears of real routers alone.
 */
export class Ipv6Wait {
  readonly #native: Native;
  #fd: number | undefined;

  constructor(native: Native) {
    this.#native = native;
  }

  /** A machine was answered on this wire. Only iPXE waits, and behind a relay it is out of reach. */
  answered(packet: DhcpPacket, { mac, userClass }: DhcpEvent, wire: NetworkInterface): void {
    if (mac === undefined || wire.mac === undefined || packet.giaddr !== ANY) return;
    if (userClass?.includes("iPXE") !== true) return;
    try {
      this.#fd ??= this.#native.socket("packet");
      const index = this.#indexOf(this.#fd, wire.name);
      this.#native.sendFrame(this.#fd, noRouterHere(wire.mac, mac), linkAddress(index, mac));
    } catch {
      // No right to raw sockets, or a device that is gone: the machine waits as it would have anyway.
    }
  }

  close(): void {
    if (this.#fd !== undefined) this.#native.close(this.#fd);
    this.#fd = undefined;
  }

  #indexOf(fd: number, device: string): number {
    const request = Buffer.alloc(IFREQ_SIZE);
    request.write(device.slice(0, 15), "latin1");
    this.#native.ioctl(fd, SIOCGIFINDEX, request);
    return request.readInt32LE(16);
  }
}

/** A `struct sockaddr_ll`: where a frame goes. */
function linkAddress(index: number, to: Mac): Buffer {
  const address = Buffer.alloc(20);
  address.writeUInt16LE(AF_PACKET, 0);
  address.writeUInt16BE(ETHERTYPE_IPV6, 2);
  address.writeInt32LE(index, 4);
  address.writeUInt8(6, 11);
  macToBytes(to).copy(address, 12);
  return address;
}
