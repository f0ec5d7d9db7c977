/** How much a client may ask: `burst` messages at once, and `perSecond` for as long as it likes. */
export interface RateLimit {
  readonly burst: number;
  readonly perSecond: number;
  /** Clients remembered at least, and twice as many at most; those heard longest ago are forgotten, and start anew. */
  readonly clients: number;
}

/**
 * A boot takes some ten messages within seconds (firmware, iPXE, installer), a client gone wild sends hundreds every second:
 * it gets no more than what costs us next to nothing.
 */
export const DEFAULT_RATE_LIMIT: RateLimit = { burst: 60, perSecond: 20, clients: 16_384 };

interface Bucket {
  tokens: number;
  at: number;
  /** Whether the refusal was told already. */
  told: boolean;
}

export type RateVerdict = "pass" | "refuse" | "refuse-first";

/** A token bucket per client, in a table that never grows beyond its bound. */
export class RateLimiter {
  readonly #limit: RateLimit;
  /** Two generations: when the young one is full it becomes the old one, and whoever is not heard again goes with that. */
  #young = new Map<number, Bucket>();
  #old = new Map<number, Bucket>();

  constructor(limit: RateLimit) {
    this.#limit = limit;
  }

  /**
   * `client`: its hardware address as a number; `now` in milliseconds. `refuse-first`: refused, for the first time since the
   * client was last let pass.
   */
  check(client: number, now: number): RateVerdict {
    const bucket = this.#bucket(client, now);
    const { burst, perSecond } = this.#limit;
    const passed = Math.max(0, now - bucket.at) / 1000;
    bucket.tokens = Math.min(burst, bucket.tokens + passed * perSecond);
    bucket.at = now;
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1;
      bucket.told = false;
      return "pass";
    }
    if (bucket.told) return "refuse";
    bucket.told = true;
    return "refuse-first";
  }

  #bucket(client: number, now: number): Bucket {
    const young = this.#young.get(client);
    if (young) return young;
    const bucket = this.#old.get(client) ?? { tokens: this.#limit.burst, at: now, told: false };
    if (this.#young.size >= this.#limit.clients) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(client, bucket);
    return bucket;
  }
}
