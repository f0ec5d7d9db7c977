import type { Ipv4 } from "../net/ipv4.ts";
import { ipv4 } from "../net/ipv4.ts";
import { FreeQueue } from "./free-queue.ts";

interface Range {
  readonly first: Ipv4;
  readonly last: Ipv4;
}

/**
 * The order in which the addresses of one pool are given out: first those never used, in ascending order, then those
 * that have been free for longest. It proposes; whether an address may be had is the allocator's to say.
 */
export class AddressPool {
  readonly #ranges: readonly Range[];
  #range = 0;
  /** Next never-used candidate in the current range. */
  #cursor: number;
  #queue = new FreeQueue();
  #live = 0;

  constructor(ranges: readonly Range[]) {
    this.#ranges = ranges;
    this.#cursor = ranges[0]?.first ?? 0;
  }

  covers(address: Ipv4): boolean {
    return this.#ranges.some((range) => address >= range.first && address <= range.last);
  }

  /** The address was taken, or its end changed; free again at `freeAt` (`undefined`: an offer lapsed, free at once). */
  taken(address: Ipv4, freeAt: number | undefined): void {
    this.#queue.push(address, freeAt ?? Number.NEGATIVE_INFINITY);
    this.#live += 1;
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
    }
  }

  /** Entries that no longer tell the truth pile up with every renewal: thrown out when they are the most. */
  #compact(freeAt: (address: Ipv4) => number | undefined): void {
    if (this.#live < 1024 || this.#live < 4 * this.#span()) return;
    const fresh = new FreeQueue();
    const seen = new Set<Ipv4>();
    for (let top = this.#queue.peek(); top; top = this.#queue.peek()) {
      this.#queue.pop();
      if (seen.has(top.address) || (freeAt(top.address) ?? Number.NEGATIVE_INFINITY) !== top.freeAt) continue;
      seen.add(top.address);
      fresh.push(top.address, top.freeAt);
    }
    this.#queue = fresh;
    this.#live = fresh.size;
  }

  #span(): number {
    return this.#ranges.reduce((sum, range) => sum + (range.last - range.first + 1), 0);
  }
}
