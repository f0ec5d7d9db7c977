import { ANY, contains, type Ipv4, readIpv4 } from "../net/ipv4.ts";
import type { Mac } from "../net/mac.ts";
import { type BootClient, bootClient, readEncapsulated } from "./boot-client.ts";
import { Option, RelayOption } from "./codes.ts";
import type { Arrival, Decision, EngineSettings, LeaseTable } from "./decision.ts";
import { type Identity, identify } from "./identity.ts";
import type { DhcpPacket } from "./packet.ts";
import type { BootQuery, DhcpEvent, KnownHost, ReasonCode } from "./ports.ts";
import type { Scope } from "./subnet.ts";

/** One message with everything that decisions about it need, looked up once. */
export interface Exchange {
  readonly packet: DhcpPacket;
  readonly arrival: Arrival;
  readonly settings: EngineSettings;
  readonly table: LeaseTable;
  readonly mac: Mac;
  readonly host: KnownHost | undefined;
  readonly identity: Identity;
  readonly client: BootClient | undefined;
  /** Where the client sits; `undefined` when no subnet is configured for that wire. */
  readonly scope: Scope | undefined;
  /** How we call ourselves in option 54, and what the client reaches us at. */
  readonly serverId: Ipv4;
}

export function openExchange(
  packet: DhcpPacket,
  mac: Mac,
  arrival: Arrival,
  settings: EngineSettings,
  table: LeaseTable,
): Exchange {
  const host = settings.hosts.find(mac);
  const scope = scopeOf(packet, arrival, settings);
  return {
    packet,
    arrival,
    settings,
    table,
    mac,
    host,
    identity: identify(packet, mac, host !== undefined || table.isClone(mac)),
    client: bootClient(packet),
    scope,
    serverId: serverIdOf(packet, arrival, scope),
  };
}

/**
 * The client's wire: the relay's link selection (RFC 3527), the client's subnet selection (RFC 3011), the relay's own
 * address, or else the wire that we heard it on.
 */
function scopeOf(packet: DhcpPacket, arrival: Arrival, settings: EngineSettings): Scope | undefined {
  const link = addressIn(relayOption(packet, RelayOption.linkSelection));
  if (link !== undefined) return settings.scopes.at(link);
  if (packet.giaddr !== ANY) return settings.scopes.at(packet.giaddr);
  const selected = addressIn(packet.options.get(Option.subnetSelection));
  if (selected !== undefined) return settings.scopes.at(selected);
  const direct = settings.scopes.ofAddresses(arrival.interface.addresses.map((own) => own.address));
  if (packet.ciaddr === ANY || direct?.subnets.some((subnet) => contains(subnet.cidr, packet.ciaddr))) {
    return direct;
  }
  // A client behind a relay renews by a unicast that the relay does not touch (RFC 2131 §4.3.2, RENEWING). Its network is
  // none of those that we sit on ourselves; one that is would mean that the client was moved.
  const remote = settings.scopes.at(packet.ciaddr);
  const attached = remote?.subnets.some((subnet) =>
    [...settings.own].some((address) => contains(subnet.cidr, address)),
  );
  return remote && !attached ? remote : direct;
}

function serverIdOf(packet: DhcpPacket, arrival: Arrival, scope: Scope | undefined): Ipv4 {
  // RFC 5107: the relay wants to see renewals too.
  const override = addressIn(relayOption(packet, RelayOption.serverIdOverride));
  if (override !== undefined) return override;
  const near = arrival.interface.addresses.find((own) =>
    scope?.subnets.some((subnet) => contains(subnet.cidr, own.address)),
  );
  return near?.address ?? arrival.interface.address;
}

function relayOption(packet: DhcpPacket, code: number): Buffer | undefined {
  const relay = packet.options.get(Option.relayAgent);
  return relay === undefined ? undefined : readEncapsulated(relay).get(code);
}

/** The address that an option carries, if it is one and not 0.0.0.0. */
export function addressIn(bytes: Buffer | undefined): Ipv4 | undefined {
  if (bytes === undefined || bytes.length !== 4) return undefined;
  const address = readIpv4(bytes);
  return address === ANY ? undefined : address;
}

/** Whether the server that a client names is we. */
export function isOurs(exchange: Exchange, serverId: Ipv4): boolean {
  return serverId === exchange.serverId || exchange.settings.own.has(serverId);
}

/** Who is asking to boot; the question for the advisor. */
export function bootQuery(exchange: Exchange, client: BootClient): BootQuery {
  return {
    mac: exchange.mac,
    arch: client.arch,
    vendorClass: client.vendorClass,
    userClass: client.userClass,
    ipxe: client.ipxe,
    uuid: client.uuid,
    server: exchange.serverId,
    kind: client.kind,
  };
}

/** What an event says besides who it is about. */
export interface EventText {
  readonly kind: DhcpEvent["kind"];
  readonly code: ReasonCode;
  readonly reason: string;
  readonly address?: Ipv4 | undefined;
  readonly server?: Ipv4 | undefined;
  readonly file?: string | undefined;
}

export function eventOf(exchange: Exchange, text: EventText): DhcpEvent {
  return {
    kind: text.kind,
    mac: exchange.mac,
    address: text.address,
    interface: exchange.arrival.interface.name,
    arch: exchange.client?.arch,
    userClass: exchange.client?.userClass,
    vendorClass: exchange.client?.vendorClass,
    file: text.file,
    ...(text.server !== undefined && { server: text.server }),
    reason: text.reason,
    code: text.code,
  };
}

/** A decision to say nothing. */
export function silence(
  exchange: Exchange,
  code: ReasonCode,
  reason: string,
  rest: Partial<Pick<Decision, "changes">> & {
    readonly kind?: DhcpEvent["kind"];
    readonly address?: Ipv4;
    readonly server?: Ipv4 | undefined;
  } = {},
): Decision {
  const { changes = [], kind = "silent", address, server } = rest;
  return {
    reply: undefined,
    changes,
    event: eventOf(exchange, { kind, code, reason, address, server }),
    probe: undefined,
  };
}
