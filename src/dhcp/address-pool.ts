import type { Ipv4 } from "../net/ipv4.ts";
import { ipv4 } from "../net/ipv4.ts";
import { FreeQueue } from "./free-queue.ts";

interface Range {
  readonly first: Ipv4;
  readonly last: Ipv4;
}

/** Below so many entries the queue is not looked through for superfluous ones. */
const SMALL = 1024;

/**
 * The order in which the addresses of one pool are given out: first those never used, in ascending order, then those
 * that have been free for longest. It proposes; whether an address may be had is the allocator's to say.
 *
 * An address that was ever taken has an entry in the queue with the time at which it is free, or an earlier one: that it was
 * taken for longer since is seen when the entry comes up. So a renewal costs nothing here.
 */
export class AddressPool {
  readonly #ranges: readonly Range[];
  #range = 0;
  /** Next never-used candidate in the current range. */
  #cursor: number;
  #queue = new FreeQueue();
  /** How long the queue may get until it is looked through. */
  #most = SMALL;

  constructor(ranges: readonly Range[]) {
    this.#ranges = ranges;
    this.#cursor = ranges[0]?.first ?? 0;
  }

  covers(address: Ipv4): boolean {
    return this.#ranges.some((range) => address >= range.first && address <= range.last);
  }

  /**
   * The address was taken, or is free earlier than was said before: at `freeAt` (`undefined`: at once, since an offer was
   * withdrawn). Need not be told when it is free later than that.
   */
  taken(address: Ipv4, freeAt: number | undefined): void {
    this.#queue.push(address, freeAt ?? Number.NEGATIVE_INFINITY);
  }

  /**
   * The next address that `usable` accepts. `freeAt` tells when an address is free (`undefined`: it never was taken).
   * Looking changes nothing but the order of search: the same question gets the same answer until something is taken.
   */
  next(
    now: number,
    freeAt: (address: Ipv4) => number | undefined,
    usable: (address: Ipv4) => boolean,
  ): Ipv4 | undefined {
    this.#compact(freeAt);
    return this.#nextFresh(freeAt, usable) ?? this.#nextFreed(now, freeAt, usable);
  }

  /** The cursor only ever moves over addresses that are taken or unusable, so each is looked at once. */
  #nextFresh(
    freeAt: (address: Ipv4) => number | undefined,
    usable: (address: Ipv4) => boolean,
  ): Ipv4 | undefined {
    for (;;) {
      const range = this.#ranges[this.#range];
      if (!range) return undefined;
      while (this.#cursor <= range.last) {
        const address = ipv4(this.#cursor);
        if (freeAt(address) === undefined && usable(address)) return address;
        this.#cursor += 1;
      }
      this.#range += 1;
      this.#cursor = this.#ranges[this.#range]?.first ?? 0;
    }
  }

  #nextFreed(
    now: number,
    freeAt: (address: Ipv4) => number | undefined,
    usable: (address: Ipv4) => boolean,
  ): Ipv4 | undefined {
    for (;;) {
      const top = this.#queue.peek();
      if (!top) return undefined;
      const truth = freeAt(top.address) ?? Number.NEGATIVE_INFINITY;
      if (truth === top.freeAt) {
        if (top.freeAt > now) return undefined;
        if (usable(top.address)) return top.address;
      }
      this.#queue.pop();
      if (truth > top.freeAt) this.#queue.push(top.address, truth);
    }
  }

  /** Entries that say nothing new pile up with offers that nobody takes: thrown out when they may be the most. */
  #compact(freeAt: (address: Ipv4) => number | undefined): void {
    if (this.#queue.size <= this.#most) return;
    const fresh = new FreeQueue();
    for (const address of new Set(this.#queue.addresses())) {
      fresh.push(address, freeAt(address) ?? Number.NEGATIVE_INFINITY);
    }
    this.#queue = fresh;
    this.#most = Math.max(SMALL, 2 * fresh.size);
  }
}
