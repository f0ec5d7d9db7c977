/**
 * A map that never grows beyond a bound: it remembers at least `limit` entries and at most twice as many, and forgets those
 * that were set longest ago. Two generations: when the young one is full it becomes the old one, and the old one is dropped
 * as a whole. (Taking out the oldest key of one `Map` for each that comes makes it search through the places of all that were
 * taken out before.)
 */
export class RecentMap<K, V> {
  readonly #limit: number;
  #young = new Map<K, V>();
  #old: ReadonlyMap<K, V> = new Map();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: K): V | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  set(key: K, value: V): void {
    if (this.#young.size >= this.#limit && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }
}
