import type { Ipv4 } from "../net/ipv4.ts";
import type { Mac } from "../net/mac.ts";
import type { TableChange } from "./allocator.ts";
import type { Lease } from "./ports.ts";

export interface Conflict {
  readonly address: Ipv4;
  /** Who was to be offered it. */
  readonly client: Mac;
  /** Who answered for it on the wire, where that is known. */
  readonly holder: Mac | undefined;
  /** What our table says of it. */
  readonly lease: Lease | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Milliseconds. */
  readonly quarantine: number;
}

export interface ConflictOutcome {
  readonly change: TableChange;
  /** For the event. */
  readonly reason: string;
}

/** What to make of somebody who answers for an address that was about to be offered. */
export function judgeConflict(conflict: Conflict): ConflictOutcome {
  const { address, client, holder, lease, now, quarantine } = conflict;
  if (lease?.state === "bound" && holder !== undefined && lease.mac === holder) {
    if (lease.expiresAt > now) {
      // The client's identifier (61) is that of a machine that is up and running: a clone of it, with the same machine-id.
      return {
        change: { kind: "clone", mac: client },
        reason: `${holder} has this address and the same client identifier (61): ${client} is a clone of it, and will be known by its MAC`,
      };
    }
    return {
      change: { kind: "lease", lease: { ...lease, expiresAt: now + quarantine, updatedAt: now } },
      reason: `${holder} still uses it, although its lease ran out; left to it for now`,
    };
  }
  return {
    change: {
      kind: "lease",
      lease: {
        address,
        mac: holder ?? client,
        clientId: undefined,
        hostName: undefined,
        state: "declined",
        expiresAt: now + quarantine,
        updatedAt: now,
      },
    },
    reason: `${holder ?? "somebody"} answers for it on the wire; in quarantine`,
  };
}
