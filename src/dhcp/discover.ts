import { formatIpv4, type Ipv4 } from "../net/ipv4.ts";
import { bootFor, isServed, leaseTimeFor, reservationOf, UNKNOWN_HOST } from "./binding.ts";
import { Option } from "./codes.ts";
import type { Decision } from "./decision.ts";
import { addressIn, type Exchange, eventOf, silence } from "./exchange.ts";
import { buildReply } from "./reply.ts";
import { type Scope, subnetOf } from "./subnet.ts";

/** RFC 2131 §4.3.1. */
export function decideDiscover(exchange: Exchange): Decision {
  if (!isServed(exchange)) return silence(exchange, "unknown-host", `no offer: ${UNKNOWN_HOST}`);
  const { scope, arrival } = exchange;
  if (!scope)
    return silence(exchange, "no-subnet", "no offer: no subnet is configured for the client's wire");
  const boot = bootFor(exchange);
  if (boot.kind === "silent") return silence(exchange, "advisor", `no offer: ${boot.reason}`);

  const choice = chooseAddress(exchange, scope);
  const subnet = choice && subnetOf(scope, choice.address);
  if (!choice || !subnet) {
    return silence(exchange, "pool-exhausted", `no offer: no free address left in ${scope.name}`, {
      kind: "pool-exhausted",
    });
  }
  const { address } = choice;
  const reply = buildReply(exchange, {
    type: "offer",
    yiaddr: address,
    subnet,
    leaseTime: leaseTimeFor(exchange, subnet),
    boot: boot.kind === "boot" ? boot.part : undefined,
  });
  const until = arrival.now + exchange.settings.offerHold;
  return {
    reply,
    changes: [{ kind: "offer", offer: { address, identity: exchange.identity, until } }],
    event: eventOf(exchange, {
      kind: "offer",
      code: "ok",
      address,
      file: boot.kind === "boot" ? boot.part.advice.file : undefined,
      reason: `${choice.why}; ${boot.reason}`,
    }),
    probe: choice.isNew ? address : undefined,
  };
}

interface Choice {
  readonly address: Ipv4;
  readonly why: string;
  /** Whether the client did not have it until now: somebody else may sit on it, unknown to us. */
  readonly isNew: boolean;
}

/**
 * The order of RFC 2131 §4.3.1: the client's current or past address, the one that it asks for, any free one; and before
 * all of them the one that is reserved for it.
 */
function chooseAddress(exchange: Exchange, scope: Scope): Choice | undefined {
  const { table, identity, arrival, packet } = exchange;
  const { now } = arrival;
  const isFree = (address: Ipv4) => table.verdict(address, identity, scope, now).free;
  const lease = table.leaseOf(identity);
  const holds = (address: Ipv4) =>
    lease?.address === address && lease.state === "bound" && lease.expiresAt > now;

  const reserved = reservationOf(exchange, scope);
  if (reserved !== undefined && isFree(reserved)) {
    return { address: reserved, why: "reserved address", isNew: !holds(reserved) };
  }
  const instead =
    reserved === undefined ? "" : ` (the reserved ${formatIpv4(reserved)} is taken or in quarantine)`;
  if (lease && isFree(lease.address)) {
    const current = holds(lease.address);
    return {
      address: lease.address,
      why: `${current ? "current" : "past"} address${instead}`,
      // Another MAC with the same identifier may be a new network card, or a clone of a machine that is running.
      isNew: !current || lease.mac !== identity.mac,
    };
  }
  const offer = table.offerTo(identity, now);
  if (offer && isFree(offer.address)) {
    return { address: offer.address, why: `address offered before${instead}`, isNew: false };
  }
  const asked = addressIn(packet.options.get(Option.requestedAddress));
  if (asked !== undefined && isFree(asked)) {
    return { address: asked, why: `address that the client asked for${instead}`, isNew: true };
  }
  const picked = table.pick(identity, scope, now);
  return picked === undefined
    ? undefined
    : { address: picked, why: `free address of the pool${instead}`, isNew: true };
}
