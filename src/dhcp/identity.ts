import { type Mac, macAt } from "../net/mac.ts";
import { ETHERNET, Option } from "./codes.ts";
import type { DhcpPacket } from "./packet.ts";

/** Whom a binding belongs to. */
export interface Identity {
  readonly mac: Mac;
  /** Hex of option 61, when the client is known by it. */
  readonly clientId: string | undefined;
}

/** The Ethernet address of the sender, `undefined` for other hardware. */
export function senderMac(packet: DhcpPacket): Mac | undefined {
  if (packet.htype !== ETHERNET || packet.hlen !== 6) return undefined;
  return macAt(packet.chaddr, 0);
}

/**
 * Who is asking (RFC 2131 §4.2: by its client identifier when it sends one, else by its hardware address).
 *
 * A machine that we know is always known by its MAC. On its way from the firmware to the installed system it speaks with
 * three or four different identifiers (none, type and MAC, a UUID, a DUID), and would use up an address for each.
 * (`byMac`; also for clones, whose identifier is another machine's.) For the same reason an identifier that only repeats the hardware address counts as none.
 */
export function identify(packet: DhcpPacket, mac: Mac, byMac: boolean): Identity {
  const raw = packet.options.get(Option.clientId);
  if (byMac || raw === undefined || raw.length < 2) return { mac, clientId: undefined };
  if (raw.length === 7 && raw[0] === ETHERNET && raw.compare(packet.chaddr, 0, 6, 1, 7) === 0) {
    return { mac, clientId: undefined };
  }
  return { mac, clientId: raw.toString("hex") };
}
