import type { Ipv4 } from "../net/ipv4.ts";
import type { BootClient } from "./boot-client.ts";
import { Option } from "./codes.ts";
import { bootQuery, type Exchange } from "./exchange.ts";
import type { BootAdvice, Lease } from "./ports.ts";
import type { BootPart } from "./reply.ts";
import type { Scope, Subnet } from "./subnet.ts";
import { subnetOf } from "./subnet.ts";

/** No client gets less, in seconds: below, it would do nothing but renew. */
const SHORTEST_LEASE = 60;

/** What the advisor says to a full server's client, put so that the reply can be built from it. */
export type Boot =
  | { readonly kind: "boot"; readonly part: BootPart; readonly reason: string }
  | { readonly kind: "none"; readonly reason: string }
  | { readonly kind: "silent"; readonly reason: string };

/** Whether a client that we do not know is served at all. */
export function isServed(exchange: Exchange): boolean {
  return exchange.host !== undefined || exchange.settings.unknownHosts !== "ignore";
}

export const UNKNOWN_HOST = "unknown host and unknownHosts=ignore";

/** Asks the advisor where there is something to ask: for clients that boot, and that may. */
export function bootFor(exchange: Exchange): Boot {
  const { client, host, settings } = exchange;
  if (!client) return { kind: "none", reason: "asks for an address only" };
  if (!host && settings.unknownHosts === "lease") {
    return { kind: "none", reason: "unknown host and unknownHosts=lease" };
  }
  return toBoot(client, settings.boot.advise(bootQuery(exchange, client)));
}

function toBoot(client: BootClient, advice: BootAdvice): Boot {
  return advice.kind === "boot"
    ? { kind: "boot", part: { client, advice, role: "server" }, reason: advice.reason }
    : { kind: advice.kind, reason: advice.reason };
}

/** The address that is reserved for the client on its wire. */
export function reservationOf(exchange: Exchange, scope: Scope): Ipv4 | undefined {
  const address = exchange.host?.address;
  return address !== undefined && subnetOf(scope, address) ? address : undefined;
}

/** Seconds: what the client asks for (51) if that is less than what its subnet gives. */
export function leaseTimeFor(exchange: Exchange, subnet: Subnet): number {
  const asked = exchange.packet.options.get(Option.leaseTime);
  if (asked === undefined || asked.length !== 4) return subnet.leaseTime;
  return Math.min(subnet.leaseTime, Math.max(SHORTEST_LEASE, asked.readUInt32BE(0)));
}

/** The lease of this client as it is to be stored. */
export function leaseFor(exchange: Exchange, address: Ipv4, state: Lease["state"], expiresAt: number): Lease {
  return {
    address,
    mac: exchange.mac,
    clientId: exchange.identity.clientId,
    hostName: hostNameIn(exchange),
    state,
    expiresAt,
    updatedAt: exchange.arrival.now,
  };
}

/** The client's own name: option 12, or the name part of 81 where it is plain text. */
function hostNameIn(exchange: Exchange): string | undefined {
  const { options } = exchange.packet;
  const plain = printable(options.get(Option.hostName));
  if (plain !== undefined) return plain;
  const fqdn = options.get(Option.fqdn);
  if (fqdn === undefined || fqdn.length < 4) return undefined;
  // RFC 4702 §2.1: bit E says that the name is in DNS wire format.
  return (fqdn.readUInt8(0) & 0b0100) === 0 ? printable(fqdn.subarray(3)) : wireName(fqdn.subarray(3));
}

function printable(bytes: Buffer | undefined): string | undefined {
  const text = bytes?.toString("latin1").replace(/\0.*$/s, "");
  return text !== undefined && /^[\x21-\x7e]{1,255}$/.test(text) ? text : undefined;
}

function wireName(bytes: Buffer): string | undefined {
  const labels: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const length = bytes.readUInt8(at);
    if (length === 0) break;
    if (length > 63 || at + 1 + length > bytes.length) return undefined;
    labels.push(bytes.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return printable(Buffer.from(labels.join("."), "latin1"));
}
