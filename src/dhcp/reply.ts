import { ANY, broadcastOf, formatIpv4, type Ipv4, netmask } from "../net/ipv4.ts";
import type { BootClient } from "./boot-client.ts";
import { ETHERNET, MessageType, Option } from "./codes.ts";
import type { Reply } from "./decision.ts";
import { type Destination, destinationOf } from "./destination.ts";
import type { Exchange } from "./exchange.ts";
import { BROADCAST_FLAG, type DhcpPacket } from "./packet.ts";
import type { BootAdvice } from "./ports.ts";
import { type BootRole, type BootShape, bootShape } from "./quirks.ts";
import type { Subnet } from "./subnet.ts";

/** What a reply says about booting. */
export interface BootPart {
  readonly client: BootClient;
  readonly advice: Extract<BootAdvice, { kind: "boot" }>;
  readonly role: BootRole;
}

export interface ReplyText {
  /** `undefined` for BOOTP. */
  readonly type: "offer" | "ack" | "nak" | undefined;
  readonly yiaddr?: Ipv4;
  readonly ciaddr?: Ipv4;
  /** Whose settings to hand out. */
  readonly subnet?: Subnet;
  /** Seconds. */
  readonly leaseTime?: number;
  readonly boot?: BootPart | undefined;
  /** Option 56. */
  readonly message?: string;
  /** Where it goes, if not where RFC 2131 §4.1 says. */
  readonly to?: Destination;
}

/** Ethernet's MTU without IP and UDP headers: we never send fragments. */
const LARGEST = 1472;
/** What every client takes: 576 octets of IP datagram (RFC 2131 §2, option 57). */
const SMALLEST = 548;
const HEADERS = 28;
/** A BOOTP message: 236 octets and 64 of vendor area. */
const BOOTP_SIZE = 300;

const TYPE_BYTES = {
  offer: Buffer.of(MessageType.offer),
  ack: Buffer.of(MessageType.ack),
  nak: Buffer.of(MessageType.nak),
} as const;

/** Builds a reply with the options that the client asked for first, in its order (RFC 2131 §4.3.1). */
export function buildReply(exchange: Exchange, text: ReplyText): Reply {
  const { packet: request, serverId } = exchange;
  const boot = text.boot;
  const shape = boot && bootShape(boot.client, boot.role);
  const options = new Map<number, Buffer>();
  if (text.type !== undefined) {
    options.set(Option.messageType, TYPE_BYTES[text.type]);
    options.set(Option.serverId, addressBytes(serverId));
  }
  if (text.leaseTime !== undefined) setTimes(options, text.leaseTime);
  if (text.message !== undefined) options.set(Option.message, Buffer.from(text.message));
  if (shape) setShape(options, shape);

  const offered = text.type === "nak" ? new Map<number, Buffer>() : offeredOptions(exchange, text, shape);
  inOrder(exchange, offered, options);
  echo(request, boot !== undefined, options);

  const isNak = text.type === "nak";
  const yiaddr = text.yiaddr ?? ANY;
  const { file = "", nextServer = ANY } = boot && shape?.carriesFile ? boot.advice : (boot?.advice ?? {});
  const packet: DhcpPacket = {
    op: 2,
    htype: ETHERNET,
    hlen: 6,
    hops: 0,
    xid: request.xid,
    secs: 0,
    // A NAK through a relay must reach a client that may be on the wrong network (RFC 2131 §4.3.2).
    flags: isNak && request.giaddr !== ANY ? request.flags | BROADCAST_FLAG : request.flags,
    ciaddr: text.ciaddr ?? ANY,
    yiaddr,
    siaddr: nextServer,
    giaddr: request.giaddr,
    chaddr: request.chaddr,
    sname: "",
    file: shape?.carriesFile && Buffer.byteLength(file) <= 127 ? file : "",
    options,
  };
  return {
    packet,
    maxSize: text.type === undefined ? BOOTP_SIZE : maxSizeOf(request),
    to: text.to ?? destinationOf(request, { yiaddr, isNak }, exchange.mac, exchange.settings.ports),
  };
}

/** Everything that we could tell this client, by number. */
function offeredOptions(
  exchange: Exchange,
  text: ReplyText,
  shape: BootShape | undefined,
): Map<number, Buffer> {
  const { subnet, boot } = text;
  const offered = new Map<number, Buffer>();
  if (subnet) {
    offered.set(Option.subnetMask, addressBytes(netmask(subnet.cidr.prefix)));
    if (subnet.router !== undefined) offered.set(Option.router, addressBytes(subnet.router));
    if (subnet.dns.length > 0) offered.set(Option.dns, Buffer.concat(subnet.dns.map(addressBytes)));
    if (subnet.domain !== undefined) offered.set(Option.domain, Buffer.from(subnet.domain));
    offered.set(Option.broadcastAddress, addressBytes(broadcastOf(subnet.cidr)));
    if (exchange.host && isHostName(exchange.host.name)) {
      offered.set(Option.hostName, Buffer.from(exchange.host.name));
    }
    const fqdn = answerFqdn(exchange.packet.options.get(Option.fqdn));
    if (fqdn) offered.set(Option.fqdn, fqdn);
    setAskedFor(exchange, offered);
    for (const [code, value] of subnet.options) offered.set(code, value);
    if (exchange.host) for (const [code, value] of exchange.host.options) offered.set(code, value);
  }
  if (exchange.settings.logServer && exchange.host && !offered.has(Option.logServer)) {
    offered.set(Option.logServer, addressBytes(exchange.serverId));
  }
  if (boot && shape?.carriesFile) {
    offered.set(Option.tftpServer, Buffer.from(formatIpv4(boot.advice.nextServer)));
    offered.set(Option.bootFile, Buffer.from(boot.advice.file));
    // What the admin said of the machine is closer to it than what follows from its installer.
    for (const [code, value] of boot.advice.options) {
      if (exchange.host?.options.has(code) !== true) offered.set(code, value);
    }
  }
  return offered;
}

/** What the user of the library has for this machine in particular, where the client asks for it. */
function setAskedFor({ host, packet, settings, serverId }: Exchange, into: Map<number, Buffer>): void {
  const asked = packet.options.get(Option.parameterList);
  const own = host && asked && settings.hosts.optionsFor?.(host, serverId);
  if (!own) return;
  for (const [code, value] of own) if (asked.includes(code)) into.set(code, value);
}

/**
 * Sent unasked only where a client would miss them: options that follow from a setting of everybody's wait to be asked
 * for, those that an admin or the advisor chose are sent in any case, since loaders read options (208–211, 250) that the
 * firmware before them did not ask for.
 */
const ONLY_WHEN_ASKED: ReadonlySet<number> = new Set([
  Option.hostName,
  Option.domain,
  Option.broadcastAddress,
  Option.logServer,
]);

function inOrder(exchange: Exchange, offered: Map<number, Buffer>, into: Map<number, Buffer>): void {
  // An admin who sets T1 or T2 means it.
  for (const code of [Option.renewalTime, Option.rebindingTime]) {
    const value = offered.get(code);
    if (value !== undefined && into.has(code)) into.set(code, value);
  }
  const asked = exchange.packet.options.get(Option.parameterList);
  if (asked) {
    for (const code of asked) {
      const value = offered.get(code);
      if (value !== undefined && !into.has(code)) into.set(code, value);
    }
  }
  for (const [code, value] of offered) {
    if (into.has(code) || (asked && ONLY_WHEN_ASKED.has(code))) continue;
    into.set(code, value);
  }
}

/** RFC 6842 (61), RFC 4578 §2.3 (97), RFC 3046 §2.2 (82). */
function echo(request: DhcpPacket, boots: boolean, into: Map<number, Buffer>): void {
  const clientId = request.options.get(Option.clientId);
  if (clientId) into.set(Option.clientId, clientId);
  const uuid = boots ? request.options.get(Option.uuid) : undefined;
  if (uuid) into.set(Option.uuid, uuid);
  const relay = request.options.get(Option.relayAgent);
  if (relay) into.set(Option.relayAgent, relay);
}

function setTimes(options: Map<number, Buffer>, leaseTime: number): void {
  options.set(Option.leaseTime, u32(leaseTime));
  options.set(Option.renewalTime, u32(Math.floor(leaseTime / 2)));
  options.set(Option.rebindingTime, u32(Math.floor((leaseTime * 7) / 8)));
}

function setShape(options: Map<number, Buffer>, shape: BootShape): void {
  if (shape.vendorClass !== undefined) options.set(Option.vendorClass, Buffer.from(shape.vendorClass));
  if (shape.vendorSpecific !== undefined) options.set(Option.vendorSpecific, shape.vendorSpecific);
  if (shape.ipxe !== undefined) options.set(Option.ipxe, shape.ipxe);
}

/** RFC 4702 §4: we update no DNS, and say so (N); what the client wanted (S) is overruled (O). */
function answerFqdn(asked: Buffer | undefined): Buffer | undefined {
  if (asked === undefined || asked.length < 3) return undefined;
  const flags = asked.readUInt8(0);
  const answer = Buffer.from(asked);
  answer[0] = (flags & 0b0100) | 0b1000 | ((flags & 0b0001) !== 0 ? 0b0010 : 0);
  answer[1] = 255;
  answer[2] = 255;
  return answer;
}

/** RFC 952 and 1123; what a client would refuse as its name is not sent. */
function isHostName(name: string): boolean {
  return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(name);
}

function maxSizeOf(request: DhcpPacket): number {
  const bytes = request.options.get(Option.maxMessageSize);
  if (bytes === undefined || bytes.length !== 2) return SMALLEST;
  return Math.min(LARGEST, Math.max(SMALLEST, bytes.readUInt16BE(0) - HEADERS));
}

function addressBytes(address: Ipv4): Buffer {
  return u32(address);
}

function u32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
