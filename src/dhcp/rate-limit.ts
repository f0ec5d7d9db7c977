/** How much a client may ask: `burst` messages at once, and `perSecond` for as long as it likes. */
export interface RateLimit {
  readonly burst: number;
  readonly perSecond: number;
  /** Clients remembered. Beyond it the one heard longest ago is forgotten, and starts anew. */
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
  /** In the order of last use: a Map keeps the order of insertion. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(limit: RateLimit) {
    this.#limit = limit;
  }

  /** `now` in milliseconds. `refuse-first`: refused, for the first time since the client was last let pass. */
  check(client: string, now: number): RateVerdict {
    const { burst, perSecond, clients } = this.#limit;
    let bucket = this.#buckets.get(client);
    if (bucket) {
      this.#buckets.delete(client);
      const passed = Math.max(0, now - bucket.at) / 1000;
      bucket.tokens = Math.min(burst, bucket.tokens + passed * perSecond);
      bucket.at = now;
    } else {
      bucket = { tokens: burst, at: now, told: false };
      if (this.#buckets.size >= clients) {
        const [oldest] = this.#buckets.keys();
        if (oldest !== undefined) this.#buckets.delete(oldest);
      }
    }
    this.#buckets.set(client, bucket);
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1;
      bucket.told = false;
      return "pass";
    }
    if (bucket.told) return "refuse";
    bucket.told = true;
    return "refuse-first";
  }
}
