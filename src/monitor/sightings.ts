import type { Firmware } from "../boot/client.ts";
import type { Mac } from "../net/mac.ts";

/** What a machine has shown of itself since the daemon started. */
export interface Sighting {
  readonly firmware: Firmware | undefined;
  readonly address: string | undefined;
  /** Option 93. */
  readonly arch: number | undefined;
  /** Option 60. */
  readonly vendorClass: string | undefined;
  /** Option 77. */
  readonly userClass: string | undefined;
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly count: number;
}

/** One look at a machine; what it does not show this time is kept from before. */
export type Look = Partial<Omit<Sighting, "firstSeen" | "lastSeen" | "count">>;

/** Who was seen, the one that was seen longest ago first. Bounded: that one goes first, too. */
export class Sightings {
  readonly #byMac = new Map<Mac, Sighting>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  note(mac: Mac, look: Look, now: number): void {
    const before = this.#byMac.get(mac);
    // Taken out and put in again, so that it comes last.
    this.#byMac.delete(mac);
    this.#byMac.set(mac, {
      firmware: look.firmware ?? before?.firmware,
      address: look.address ?? before?.address,
      arch: look.arch ?? before?.arch,
      vendorClass: look.vendorClass ?? before?.vendorClass,
      userClass: look.userClass ?? before?.userClass,
      firstSeen: before?.firstSeen ?? now,
      lastSeen: now,
      count: (before?.count ?? 0) + 1,
    });
    for (const oldest of this.#byMac.keys()) {
      if (this.#byMac.size <= this.#limit) break;
      this.#byMac.delete(oldest);
    }
  }

  get(mac: Mac): Sighting | undefined {
    return this.#byMac.get(mac);
  }

  /** The latest first. */
  list(): readonly (readonly [Mac, Sighting])[] {
    return [...this.#byMac].reverse();
  }
}
