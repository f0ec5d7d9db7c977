/** An IPv4 address as an unsigned 32-bit number in host order (10.0.0.1 is 0x0a000001). */
export type Ipv4 = number & { readonly __brand: "Ipv4" };

/** An IPv4 network: `network` has its host bits cleared, `prefix` is 0 to 32. */
export interface Cidr {
  readonly network: Ipv4;
  readonly prefix: number;
}

/** An address together with the prefix length of its network (`10.0.0.5/24`). */
export interface Ipv4WithPrefix {
  readonly address: Ipv4;
  readonly prefix: number;
}

function isIpv4(value: number): value is Ipv4 {
  return Number.isInteger(value) && value >= 0 && value <= 0xffffffff;
}

/** The address of an unsigned 32-bit number. Throws a RangeError outside 0 … 2³²−1. */
export function ipv4(value: number): Ipv4 {
  if (!isIpv4(value)) throw new RangeError(`not an IPv4 address: ${value}`);
  return value;
}

/** 0.0.0.0: "this host" in requests, "no address" in replies. */
export const ANY: Ipv4 = ipv4(0);
/** 255.255.255.255: the limited broadcast. */
export const BROADCAST: Ipv4 = ipv4(0xffffffff);

/** Reads strict dotted-quad notation (no leading zeros, four parts); anything else yields `undefined`. */
export function parseIpv4(text: string): Ipv4 | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part)) return undefined;
    const octet = Number(part);
    if (octet > 255) return undefined;
    value = value * 256 + octet;
  }
  return ipv4(value);
}

/** Dotted-quad notation. */
export function formatIpv4(address: Ipv4): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** The address that starts at `offset` in network byte order. Throws a RangeError when four octets are not there. */
export function readIpv4(bytes: Buffer, offset = 0): Ipv4 {
  return ipv4(bytes.readUInt32BE(offset));
}

/** The netmask of a prefix length as a number: 24 → 255.255.255.0. */
export function netmask(prefix: number): Ipv4 {
  return ipv4(prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0);
}

/** The prefix length of a netmask, or `undefined` when its ones are not contiguous. */
export function prefixOfNetmask(mask: Ipv4): number | undefined {
  for (let prefix = 0; prefix <= 32; prefix++) if (netmask(prefix) === mask) return prefix;
  return undefined;
}

/** Reads `10.0.0.0/24`; the host bits must be clear. */
export function parseCidr(text: string): Cidr | undefined {
  const parsed = parseIpv4WithPrefix(text);
  if (!parsed) return undefined;
  const network = networkOf(parsed.address, parsed.prefix);
  return network === parsed.address ? { network, prefix: parsed.prefix } : undefined;
}

/** Reads `10.0.0.5/24`: an address and its prefix length. */
export function parseIpv4WithPrefix(text: string): Ipv4WithPrefix | undefined {
  const match = /^([\d.]+)\/(\d{1,2})$/.exec(text);
  if (!match?.[1] || !match[2]) return undefined;
  const address = parseIpv4(match[1]);
  const prefix = Number(match[2]);
  if (address === undefined || prefix > 32) return undefined;
  return { address, prefix };
}

/** `10.0.0.0/24`. */
export function formatCidr(cidr: Cidr): string {
  return `${formatIpv4(cidr.network)}/${cidr.prefix}`;
}

/** The network part of an address. */
export function networkOf(address: Ipv4, prefix: number): Ipv4 {
  return ipv4((address & netmask(prefix)) >>> 0);
}

/** Whether the address lies in the network. */
export function contains(cidr: Cidr, address: Ipv4): boolean {
  return networkOf(address, cidr.prefix) === cidr.network;
}

/** The directed broadcast address of a network. */
export function broadcastOf(cidr: Cidr): Ipv4 {
  return ipv4((cidr.network | ~netmask(cidr.prefix)) >>> 0);
}

/** First and last address, both included. */
export interface AddressRange {
  readonly first: Ipv4;
  readonly last: Ipv4;
}
