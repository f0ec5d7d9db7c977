import type { NetworkInterface } from "../net/interfaces.ts";
import { BROADCAST, type Ipv4, networkOf } from "../net/ipv4.ts";
import type { Neighbours } from "../net/neighbours.ts";
import type { Reply } from "./decision.ts";
import type { Destination } from "./destination.ts";
import { encode } from "./packet.ts";

/** A reply as it goes on the wire. */
export interface Letter {
  readonly bytes: Buffer;
  readonly to: Destination;
}

/** Writes a reply, by way of `scratch`; keeps nothing of the request that its options may be views of. */
export function writeLetter({ packet, maxSize, to }: Reply, scratch: Buffer): Letter {
  return { bytes: Buffer.from(encode(packet, { maxSize, into: scratch }).bytes), to };
}

/** The part of an interface that says what can be reached on it. */
type Wire = Pick<NetworkInterface, "name" | "addresses">;

/** Whether an address is in one of the interface's own networks. */
export function isOnLink({ addresses }: Pick<Wire, "addresses">, address: Ipv4): boolean {
  return addresses.some((own) => networkOf(address, own.prefix) === networkOf(own.address, own.prefix));
}

/**
 * The address to send to. A client without one is told by name to the kernel; where that cannot be done, everybody hears: so
 * also in a network of the same wire that we have no address in, since what is for there would leave by the router.
 */
export function reach(to: Destination, wire: Wire, neighbours: Neighbours | undefined): Ipv4 {
  switch (to.kind) {
    case "unicast":
      return to.address;
    case "broadcast":
      return BROADCAST;
    case "hardware": {
      const isReachable =
        isOnLink(wire, to.address) && neighbours?.set(wire.name, to.address, to.mac) === true;
      return isReachable ? to.address : BROADCAST;
    }
  }
}
