import { ANY, formatIpv4 } from "../net/ipv4.ts";
import { isHolder } from "./allocator.ts";
import { bootFor, isServed, leaseFor, reservationOf, UNKNOWN_HOST } from "./binding.ts";
import { Option } from "./codes.ts";
import type { Decision } from "./decision.ts";
import { addressIn, type Exchange, eventOf, isOurs, silence } from "./exchange.ts";
import type { ReasonCode } from "./ports.ts";
import { buildReply } from "./reply.ts";
import { subnetOf } from "./subnet.ts";

/** RFC 2131 §4.3.3: the client found its new address in use. It is kept back for a while, from everybody. */
export function decideDecline(exchange: Exchange): Decision {
  const { packet, table, identity, arrival, settings } = exchange;
  const server = addressIn(packet.options.get(Option.serverId));
  if (server !== undefined && !isOurs(exchange, server)) return notOurs(exchange, "DECLINE");
  const address = addressIn(packet.options.get(Option.requestedAddress));
  if (address === undefined) return silence(exchange, "wrong-address", "a DECLINE that names no address");
  const lease = table.lease(address);
  const offer = table.offerTo(identity, arrival.now);
  const isOwn =
    (lease !== undefined && lease.state === "bound" && isHolder(lease, identity)) ||
    offer?.address === address;
  // Otherwise anybody could take away anybody's address.
  if (!isOwn)
    return silence(exchange, "not-ours", `${formatIpv4(address)} is not this client's`, { address });
  const until = arrival.now + settings.quarantine;
  return {
    reply: undefined,
    changes: [{ kind: "lease", lease: leaseFor(exchange, address, "declined", until) }],
    event: eventOf(exchange, {
      kind: "decline",
      code: "in-use",
      address,
      reason: "the client found the address in use; it is in quarantine",
    }),
    probe: undefined,
  };
}

/** RFC 2131 §4.3.4. The lease is kept as the client's last one, so that it finds its address again. */
export function decideRelease(exchange: Exchange): Decision {
  const { packet, table, identity, arrival } = exchange;
  const server = addressIn(packet.options.get(Option.serverId));
  if (server !== undefined && !isOurs(exchange, server)) return notOurs(exchange, "RELEASE");
  const address = packet.ciaddr;
  const lease = table.lease(address);
  if (lease?.state !== "bound" || !isHolder(lease, identity)) {
    return silence(exchange, "not-ours", `${formatIpv4(address)} is not this client's`);
  }
  return {
    reply: undefined,
    changes: [
      {
        kind: "lease",
        lease: { ...leaseFor(exchange, address, "released", arrival.now), hostName: lease.hostName },
      },
    ],
    event: eventOf(exchange, { kind: "release", code: "ok", address, reason: "given back by the client" }),
    probe: undefined,
  };
}

/** RFC 2131 §4.3.5: the client has its address from elsewhere and wants the rest: no address, no times. */
export function decideInform(exchange: Exchange): Decision {
  const { packet, arrival, scope } = exchange;
  if (!isServed(exchange)) return silence(exchange, "unknown-host", `no answer: ${UNKNOWN_HOST}`);
  // Some clients leave ciaddr out; then the sender's address is it.
  const address = packet.ciaddr === ANY ? arrival.source.address : packet.ciaddr;
  if (address === ANY) return silence(exchange, "wrong-address", "an INFORM that names no address");
  const subnet = scope && subnetOf(scope, address);
  if (!subnet) return silence(exchange, "no-subnet", `no subnet is configured for ${formatIpv4(address)}`);
  const boot = bootFor(exchange);
  if (boot.kind === "silent") return silence(exchange, "advisor", `no answer: ${boot.reason}`);
  const { client: port, server: relayPort } = exchange.settings.ports;
  return {
    reply: buildReply(exchange, {
      type: "ack",
      ciaddr: packet.ciaddr,
      subnet,
      boot: boot.kind === "boot" ? boot.part : undefined,
      to:
        packet.giaddr === ANY
          ? { kind: "unicast", address, port }
          : { kind: "unicast", address: packet.giaddr, port: relayPort },
    }),
    changes: [],
    event: eventOf(exchange, {
      kind: "inform",
      code: "ok",
      address,
      file: boot.kind === "boot" ? boot.part.advice.file : undefined,
      reason: `configuration only; ${boot.reason}`,
    }),
    probe: undefined,
  };
}

/**
 * BOOTP (RFC 951, RFC 1534 §2): an address for ever, so only one that is reserved. No lease is stored: the reservation
 * itself keeps everybody else away.
 */
export function decideBootp(exchange: Exchange): Decision {
  const { scope, table, identity, arrival } = exchange;
  if (!isServed(exchange)) return silence(exchange, "unknown-host", `no answer to BOOTP: ${UNKNOWN_HOST}`);
  if (!scope) return silence(exchange, "no-subnet", "no subnet is configured for the client's wire");
  const address = reservationOf(exchange, scope);
  const subnet = address === undefined ? undefined : subnetOf(scope, address);
  if (address === undefined || !subnet) {
    return silence(
      exchange,
      "bootp-without-reservation",
      "BOOTP has no leases: it is answered with a reserved address only",
    );
  }
  const verdict = table.verdict(address, identity, scope, arrival.now);
  if (!verdict.free) {
    return silence(exchange, "taken", `${formatIpv4(address)} is still ${verdict.because}`, { address });
  }
  const boot = bootFor(exchange);
  if (boot.kind === "silent") return silence(exchange, "advisor", `no answer: ${boot.reason}`);
  return {
    reply: buildReply(exchange, {
      type: undefined,
      yiaddr: address,
      ciaddr: exchange.packet.ciaddr,
      subnet,
      boot: boot.kind === "boot" ? boot.part : undefined,
    }),
    changes: [],
    event: eventOf(exchange, {
      kind: "offer",
      code: "ok",
      address,
      file: boot.kind === "boot" ? boot.part.advice.file : undefined,
      reason: `BOOTP, reserved address; ${boot.reason}`,
    }),
    probe: undefined,
  };
}

function notOurs(exchange: Exchange, what: string): Decision {
  const code: ReasonCode = "other-server";
  return silence(exchange, code, `a ${what} to another server`);
}
