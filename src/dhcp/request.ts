import { ANY, formatIpv4, type Ipv4 } from "../net/ipv4.ts";
import { isHolder, type Verdict } from "./allocator.ts";
import { bootFor, isServed, leaseFor, leaseTimeFor, reservationOf, UNKNOWN_HOST } from "./binding.ts";
import { Option } from "./codes.ts";
import type { Decision } from "./decision.ts";
import { addressIn, type Exchange, eventOf, isOurs, silence } from "./exchange.ts";
import type { Lease, ReasonCode } from "./ports.ts";
import { buildReply } from "./reply.ts";
import { type Scope, subnetOf } from "./subnet.ts";

/** RFC 2131 §4.3.2: which state the client is in follows from what it fills in. */
export function decideRequest(exchange: Exchange): Decision {
  const { packet } = exchange;
  const server = addressIn(packet.options.get(Option.serverId));
  const requested = addressIn(packet.options.get(Option.requestedAddress));
  if (!isServed(exchange)) return silence(exchange, "unknown-host", `no answer: ${UNKNOWN_HOST}`);
  if (server !== undefined) return selecting(exchange, server, requested);
  if (packet.ciaddr !== ANY) return renewing(exchange, packet.ciaddr);
  // Some clients (npm's dhcp) take an offer without naming the server, or even the address, as table 4 demands. That of a
  // client to whom we just offered an address can mean nothing else.
  const offer = exchange.table.offerTo(exchange.identity, exchange.arrival.now);
  if (offer && (requested ?? offer.address) === offer.address) {
    return selecting(exchange, exchange.serverId, offer.address);
  }
  if (requested !== undefined) return initReboot(exchange, requested);
  return silence(exchange, "wrong-address", "a REQUEST that names no address");
}

/** SELECTING: the client took an offer, ours or another's. */
function selecting(exchange: Exchange, server: Ipv4, requested: Ipv4 | undefined): Decision {
  const { table, identity, scope, arrival, packet } = exchange;
  if (!isOurs(exchange, server)) {
    const offer = table.offerTo(identity, arrival.now);
    return silence(exchange, "other-server", `the client chose the server ${formatIpv4(server)}`, {
      changes: offer ? [{ kind: "withdraw", identity }] : [],
      kind: "foreign-server",
      address: server,
      server,
    });
  }
  // RFC 2131 table 4 wants option 50 here; some clients fill ciaddr instead.
  const address = requested ?? (packet.ciaddr === ANY ? undefined : packet.ciaddr);
  if (address === undefined) return silence(exchange, "wrong-address", "a REQUEST that names no address");
  if (!scope) return nak(exchange, "no-subnet", "no subnet is configured for the client's wire", address);
  const verdict = table.verdict(address, identity, scope, arrival.now);
  // A free address is granted without an offer in memory too: we may have been started anew since.
  return verdict.free
    ? ack(exchange, scope, address, "selected our offer")
    : nak(exchange, "taken", explain(verdict, address), address);
}

/** INIT-REBOOT: the client remembers an address, and asks whether it is still right. */
function initReboot(exchange: Exchange, address: Ipv4): Decision {
  const { table, identity, scope, arrival, settings } = exchange;
  if (!scope) return silence(exchange, "no-subnet", "no subnet is configured for the client's wire");
  if (!subnetOf(scope, address))
    return refuse(exchange, "wrong-network", wrongNetwork(address, scope), address);
  const lease = table.leaseOf(identity);
  const reserved = reservationOf(exchange, scope);
  if (reserved !== undefined && reserved !== address && verdictOf(exchange, scope, reserved).free) {
    return nak(exchange, "wrong-address", `its reserved address is ${formatIpv4(reserved)}`, address);
  }
  const verdict = verdictOf(exchange, scope, address);
  if (lease?.address === address || reserved === address) {
    return verdict.free
      ? ack(exchange, scope, address, "the client's own address")
      : nak(exchange, "taken", explain(verdict, address), address);
  }
  // "If a network address is not correct" (§4.3.2): we know this client, and under another address.
  if (lease && lease.state === "bound" && lease.expiresAt > arrival.now) {
    return nak(exchange, "wrong-address", `its address is ${formatIpv4(lease.address)}`, address);
  }
  // §4.3.2: no record of this client: silence, unless nobody else could have given it the address.
  return settings.authoritative
    ? nak(exchange, "no-lease", "no lease of this client is known, and we are authoritative", address)
    : silence(exchange, "no-lease", "no lease of this client is known", { address });
}

/** RENEWING (a unicast to us) and REBINDING (a broadcast) look the same once they are here. */
function renewing(exchange: Exchange, address: Ipv4): Decision {
  const { scope, settings, table, identity } = exchange;
  if (!scope) return silence(exchange, "no-subnet", "no subnet is configured for the client's wire");
  if (!subnetOf(scope, address))
    return refuse(exchange, "wrong-network", wrongNetwork(address, scope), address);
  const verdict = verdictOf(exchange, scope, address);
  const lease = table.lease(address);
  const isOwn = lease !== undefined && lease.state !== "declined" && isHolder(lease, identity);
  const reserved = reservationOf(exchange, scope);
  if (reserved !== undefined && reserved !== address && verdictOf(exchange, scope, reserved).free) {
    return nak(exchange, "wrong-address", `its reserved address is ${formatIpv4(reserved)}`, address);
  }
  if (isOwn || reserved === address) {
    return verdict.free
      ? ack(exchange, scope, address, "extended")
      : nak(exchange, "taken", explain(verdict, address), address);
  }
  if (!verdict.free) return refuse(exchange, "taken", explain(verdict, address), address);
  // Nobody has it, and the client lives on it: taking it away would only break what works.
  return settings.authoritative
    ? ack(exchange, scope, address, "no lease is known, but the address is free and in use by this client")
    : silence(exchange, "no-lease", "no lease of this client is known", { address });
}

function verdictOf(exchange: Exchange, scope: Scope, address: Ipv4): Verdict {
  return exchange.table.verdict(address, exchange.identity, scope, exchange.arrival.now);
}

function ack(exchange: Exchange, scope: Scope, address: Ipv4, why: string): Decision {
  const subnet = subnetOf(scope, address);
  if (!subnet) return nak(exchange, "wrong-network", wrongNetwork(address, scope), address);
  const boot = bootFor(exchange);
  if (boot.kind === "silent") return silence(exchange, "advisor", `no answer: ${boot.reason}`, { address });
  const wanted = leaseTimeFor(exchange, subnet);
  const lease = leaseFor(exchange, address, "bound", exchange.arrival.now + wanted * 1000);
  const recent = recentLease(exchange, lease, wanted);
  const leaseTime = recent ? Math.min(wanted, secondsLeft(exchange, recent)) : wanted;
  const reply = buildReply(exchange, {
    type: "ack",
    yiaddr: address,
    ciaddr: exchange.packet.ciaddr,
    subnet,
    leaseTime,
    boot: boot.kind === "boot" ? boot.part : undefined,
  });
  return {
    reply,
    changes: recent ? [{ kind: "withdraw", identity: exchange.identity }] : [{ kind: "lease", lease }],
    ...(recent && { relies: recent }),
    event: eventOf(exchange, {
      kind: "ack",
      code: "ok",
      address,
      file: boot.kind === "boot" ? boot.part.advice.file : undefined,
      reason: `${why}; ${boot.reason}`,
    }),
    probe: undefined,
  };
}

/** A lease of which less than this has passed is confirmed for the rest of it. */
const RECENT = 1 / 4;

/**
 * The client's lease as it is stored, where it is young enough to be given again as it is. A machine that boots asks three or
 * four times within minutes (firmware, iPXE, installer, system): one write to the disk does for all of them. ISC dhcpd and
 * Kea do the same (`dhcp-cache-threshold`, `cache-threshold`).
 */
function recentLease(exchange: Exchange, wanted: Lease, seconds: number): Lease | undefined {
  const lease = exchange.table.lease(wanted.address);
  if (lease?.state !== "bound" || secondsLeft(exchange, lease) < seconds * (1 - RECENT)) return undefined;
  const isSame =
    lease.mac === wanted.mac && lease.clientId === wanted.clientId && lease.hostName === wanted.hostName;
  return isSame ? lease : undefined;
}

function secondsLeft(exchange: Exchange, lease: Lease): number {
  return Math.floor((lease.expiresAt - exchange.arrival.now) / 1000);
}

/** A NAK where we alone decide on the network, silence where another server may know better. */
function refuse(exchange: Exchange, code: ReasonCode, reason: string, address: Ipv4): Decision {
  return exchange.settings.authoritative
    ? nak(exchange, code, reason, address)
    : silence(exchange, code, `${reason}; not authoritative`, { address });
}

function nak(exchange: Exchange, code: ReasonCode, reason: string, address: Ipv4): Decision {
  return {
    reply: buildReply(exchange, { type: "nak", message: reason }),
    changes: [],
    event: eventOf(exchange, { kind: "nak", code, reason, address }),
    probe: undefined,
  };
}

function wrongNetwork(address: Ipv4, scope: Scope): string {
  return `${formatIpv4(address)} is not in ${scope.name}, where the client is`;
}

function explain(verdict: Exclude<Verdict, { free: true }>, address: Ipv4): string {
  const text = formatIpv4(address);
  switch (verdict.because) {
    case "other-network":
      return `${text} is not an address of the client's network`;
    case "reserved":
      return `${text} is reserved for another machine`;
    case "leased":
      return `${text} is leased to another client`;
    case "offered":
      return `${text} is offered to another client`;
    case "quarantined":
      return `${text} was found in use and is in quarantine`;
    case "not-in-pool":
      return `${text} is in no pool`;
    case "own":
      return `${text} is a server's or router's address`;
  }
}
