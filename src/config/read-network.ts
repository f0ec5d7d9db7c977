import type { AddressRange } from "../net/ipv4.ts";
import {
  broadcastOf,
  type Cidr,
  formatCidr,
  formatIpv4,
  type Ipv4,
  type Ipv4WithPrefix,
  networkOf,
  parseIpv4,
  parseIpv4WithPrefix,
} from "../net/ipv4.ts";
import { type Mac, macToBytes, parseMac } from "../net/mac.ts";
import { fault, type Reading, read } from "./reading.ts";

/** A MAC that a network card can have: six octets, neither all zero nor a group address. */
export function readMac(text: string): Reading<Mac> {
  const mac = parseMac(text);
  if (!mac) {
    return fault(
      "BW_CONFIG_MAC",
      `“${text}” is not a MAC address`,
      "write six octets, like 52:54:00:12:34:56, 52-54-00-12-34-56 or 5254.0012.3456",
    );
  }
  const first = macToBytes(mac).readUInt8(0);
  if ((first & 1) === 1 || mac === "00:00:00:00:00:00") {
    return fault(
      "BW_CONFIG_MAC",
      `${mac} is ${mac === "00:00:00:00:00:00" ? "no address" : "a group address"}, which no network card has`,
      "copy the MAC from the machine's network card (Proxmox: Hardware → Network Device)",
    );
  }
  return read(mac);
}

/** One IPv4 address that one machine can have. */
export function readIpv4Address(text: string): Reading<Ipv4> {
  const address = parseIpv4(text);
  if (address === undefined) {
    const withPrefix = parseIpv4WithPrefix(text);
    return fault(
      "BW_CONFIG_ADDRESS",
      `“${text}” is not an IPv4 address`,
      withPrefix
        ? `leave the prefix away: ${formatIpv4(withPrefix.address)}`
        : "write four numbers of 0 to 255, without leading zeros, like 10.0.0.5",
    );
  }
  const first = address >>> 24;
  if (first === 0 || first === 127 || first >= 224) {
    return fault(
      "BW_CONFIG_ADDRESS",
      `${text} cannot be the address of a machine on a network`,
      "write a unicast address of your network, like 10.0.0.5",
    );
  }
  return read(address);
}

/** A network for machines to be in: host bits clear, prefix 1 to 30. */
export function readCidr(text: string): Reading<Cidr> {
  const parsed = parseIpv4WithPrefix(text);
  if (!parsed) {
    const bare = parseIpv4(text);
    return fault(
      "BW_CONFIG_CIDR",
      `“${text}” is not a network`,
      bare === undefined
        ? "write the network's first address and its prefix length, like 10.0.0.0/24"
        : `add the prefix length, like ${formatIpv4(networkOf(bare, 24))}/24`,
    );
  }
  const network = networkOf(parsed.address, parsed.prefix);
  const cidr = { network, prefix: parsed.prefix };
  if (network !== parsed.address) {
    return fault(
      "BW_CONFIG_CIDR",
      `${text} is an address inside of a network, not the network`,
      `write ${formatCidr(cidr)}`,
    );
  }
  if (parsed.prefix < 1 || parsed.prefix > 30) {
    return fault(
      "BW_CONFIG_CIDR",
      `${text} has no room for machines`,
      "use a prefix of /1 to /30, like 10.0.0.0/24",
    );
  }
  return read(cidr);
}

/** An address with the prefix of its network: `10.0.0.5/24`, not the network's first or last. */
export function readIpv4WithPrefix(text: string): Reading<Ipv4WithPrefix> {
  const parsed = parseIpv4WithPrefix(text);
  if (!parsed) {
    return fault(
      "BW_CONFIG_ADDRESS",
      `“${text}” is not an IPv4 address with a prefix length`,
      parseIpv4(text) === undefined ? "write it like 10.0.0.5/24" : `add the prefix length: ${text}/24`,
    );
  }
  const plain = readIpv4Address(formatIpv4(parsed.address));
  if (!plain.ok) return plain;
  if (parsed.prefix < 1 || parsed.prefix > 32) {
    return fault(
      "BW_CONFIG_ADDRESS",
      `${text}: the prefix length is out of bounds`,
      "use /1 to /32, like 10.0.0.5/24",
    );
  }
  const cidr = { network: networkOf(parsed.address, parsed.prefix), prefix: parsed.prefix };
  if (parsed.prefix <= 30 && (parsed.address === cidr.network || parsed.address === broadcastOf(cidr))) {
    return fault(
      "BW_CONFIG_ADDRESS",
      `${text} is the ${parsed.address === cidr.network ? "network's own" : "broadcast"} address of ${formatCidr(cidr)}`,
      "give the machine an address between the first and the last of its network",
    );
  }
  return read(parsed);
}

/** A pool's range: `10.0.0.100-10.0.0.199`, both included. */
export function readRange(text: string): Reading<AddressRange> {
  const [from = "", to = "", ...more] = text.split("-").map((part) => part.trim());
  const first = parseIpv4(from);
  const last = parseIpv4(to);
  if (first === undefined || last === undefined || more.length > 0) {
    return fault("BW_CONFIG_POOL", `“${text}” is not a range of addresses`, rangeHint(from, first, to));
  }
  if (first > last) {
    return fault(
      "BW_CONFIG_POOL",
      `the range ${text} ends before it begins`,
      `write ${formatIpv4(last)}-${formatIpv4(first)}`,
    );
  }
  return read({ first, last });
}

function rangeHint(from: string, first: Ipv4 | undefined, to: string): string {
  if (first !== undefined && /^\d{1,3}$/.test(to) && Number(to) <= 255) {
    return `write both ends in full: ${from}-${formatIpv4(networkOf(first, 24)).replace(/\d+$/, to)}`;
  }
  if (first !== undefined && to === "") return `write ${from}-${from} for a single address`;
  return "write the first and the last address, like 10.0.0.100-10.0.0.199";
}

/** Where to listen: `127.0.0.1:8081`, `[::1]:8081`, `localhost:8081`. */
export function readListen(text: string): Reading<{ readonly host: string; readonly port: number }> {
  const match = /^(?:\[([0-9a-f:.]+)\]|([A-Za-z0-9][A-Za-z0-9.-]*)):(\d{1,5})$/i.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  const numeric = host !== undefined && /^[\d.]+$/.test(host);
  if (host === undefined || port < 1 || port > 65_535 || (numeric && parseIpv4(host) === undefined)) {
    return fault(
      "BW_CONFIG_LISTEN",
      `“${text}” is not an address and port to listen on`,
      /^:?\d{1,5}$/.test(text)
        ? `write the address too: 127.0.0.1:${text.replace(":", "")}`
        : "write address and port, like 127.0.0.1:8081",
    );
  }
  return read({ host, port });
}
