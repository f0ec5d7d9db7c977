import { BROADCAST, type Ipv4 } from "../net/ipv4.ts";
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

/** The address to send to. A client without one is told by name to the kernel; where that cannot be done, everybody hears. */
export function reach(to: Destination, device: string, neighbours: Neighbours | undefined): Ipv4 {
  switch (to.kind) {
    case "unicast":
      return to.address;
    case "broadcast":
      return BROADCAST;
    case "hardware":
      return neighbours?.set(device, to.address, to.mac) === true ? to.address : BROADCAST;
  }
}
