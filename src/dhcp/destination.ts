import { ANY, BROADCAST, type Ipv4 } from "../net/ipv4.ts";
import type { Mac } from "../net/mac.ts";
import type { DhcpPorts } from "./codes.ts";
import { BROADCAST_FLAG, type DhcpPacket } from "./packet.ts";

/** Where a reply goes. */
export type Destination =
  /** An address that answers ARP by itself: a relay, or a client that has its address already. */
  | { readonly kind: "unicast"; readonly address: Ipv4; readonly port: number }
  /** The limited broadcast, on the wire that the request came from. */
  | { readonly kind: "broadcast"; readonly port: number }
  /** A client that does not have its address yet: the frame must go to its hardware address. */
  | { readonly kind: "hardware"; readonly address: Ipv4; readonly mac: Mac; readonly port: number };

/**
 * RFC 2131 §4.1, in its order: the relay; for a NAK the broadcast; the client's own address; the broadcast, if the client
 * wants it; else the new address at the client's hardware address.
 */
export function destinationOf(
  request: Pick<DhcpPacket, "giaddr" | "ciaddr" | "flags">,
  reply: { readonly yiaddr: Ipv4; readonly isNak: boolean },
  mac: Mac,
  ports: DhcpPorts,
): Destination {
  if (request.giaddr !== ANY) return { kind: "unicast", address: request.giaddr, port: ports.server };
  if (reply.isNak) return { kind: "broadcast", port: ports.client };
  if (request.ciaddr !== ANY) return { kind: "unicast", address: request.ciaddr, port: ports.client };
  if ((request.flags & BROADCAST_FLAG) !== 0) return { kind: "broadcast", port: ports.client };
  // A ProxyDHCP offer gives no address: there is nothing else to send it to.
  if (reply.yiaddr === ANY) return { kind: "broadcast", port: ports.client };
  return { kind: "hardware", address: reply.yiaddr, mac, port: ports.client };
}

/**
 * A boot server's reply goes back to where the request came from: PXE clients open a port for it (PXE 2.1 §2.4.4), and
 * have their address by then.
 */
export function bootServerDestination(
  request: Pick<DhcpPacket, "giaddr" | "ciaddr">,
  source: { readonly address: Ipv4; readonly port: number },
  ports: DhcpPorts,
): Destination {
  if (request.giaddr !== ANY) return { kind: "unicast", address: request.giaddr, port: ports.server };
  if (request.ciaddr !== ANY) return { kind: "unicast", address: request.ciaddr, port: source.port };
  if (source.address !== ANY && source.address !== BROADCAST) {
    return { kind: "unicast", address: source.address, port: source.port };
  }
  return { kind: "broadcast", port: ports.client };
}
