import type { Ipv4 } from "../net/ipv4.ts";

/**
 * Addresses by the time at which they are free again, earliest first. Entries are never updated in place: a changed
 * address is pushed again, and whoever reads skips entries that no longer say the truth. A binary heap: every operation
 * takes O(log n).
 */
export class FreeQueue {
  #times: number[] = [];
  #addresses: Ipv4[] = [];

  get size(): number {
    return this.#times.length;
  }

  /** In no order, and as often as they were pushed. */
  addresses(): Iterable<Ipv4> {
    return this.#addresses;
  }

  push(address: Ipv4, freeAt: number): void {
    const times = this.#times;
    const addresses = this.#addresses;
    let at = times.length;
    times.push(freeAt);
    addresses.push(address);
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      const parentTime = times[parent];
      const parentAddress = addresses[parent];
      if (parentTime === undefined || parentAddress === undefined || parentTime <= freeAt) break;
      times[at] = parentTime;
      addresses[at] = parentAddress;
      at = parent;
    }
    times[at] = freeAt;
    addresses[at] = address;
  }

  peek(): { readonly address: Ipv4; readonly freeAt: number } | undefined {
    const freeAt = this.#times[0];
    const address = this.#addresses[0];
    return freeAt === undefined || address === undefined ? undefined : { address, freeAt };
  }

  pop(): void {
    const freeAt = this.#times.pop();
    const address = this.#addresses.pop();
    if (freeAt === undefined || address === undefined || this.#times.length === 0) return;
    this.#sink(freeAt, address);
  }

  #sink(freeAt: number, address: Ipv4): void {
    const times = this.#times;
    const addresses = this.#addresses;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      let childTime = times[child];
      if (childTime === undefined) break;
      const rightTime = times[child + 1];
      if (rightTime !== undefined && rightTime < childTime) {
        child += 1;
        childTime = rightTime;
      }
      const childAddress = addresses[child];
      if (childAddress === undefined || childTime >= freeAt) break;
      times[at] = childTime;
      addresses[at] = childAddress;
      at = child;
    }
    times[at] = freeAt;
    addresses[at] = address;
  }
}
