import { RecentMap } from "../net/recent-map.ts";

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

export type RateVerdict = "pass" | "refuse" | "refuse-first";

/**
 * A token bucket per client, in a table that never grows beyond its bound. Of a bucket one number is kept, the time at which
 * it will be full again (the generic cell rate algorithm of ITU-T I.371).
 */
export class RateLimiter {
  readonly #limit: RateLimit;
  /** Times are counted from the first message on: as small numbers they take no memory of their own. */
  #start: number | undefined;
  readonly #fullAt: RecentMap<number, number>;
  /** Clients whose refusal was told, with what their bucket was then: it changes when they are let pass. */
  readonly #told: RecentMap<number, number>;

  constructor(limit: RateLimit) {
    this.#limit = limit;
    this.#fullAt = new RecentMap(limit.clients);
    this.#told = new RecentMap(limit.clients);
  }

  /**
   * `client`: its hardware address as a number; `now` in milliseconds. `refuse-first`: refused, for the first time since the
   * client was last let pass.
   */
  check(client: number, now: number): RateVerdict {
    this.#start ??= now;
    return this.#check(client, now - this.#start);
  }

  #check(client: number, now: number): RateVerdict {
    const { burst, perSecond } = this.#limit;
    const interval = 1000 / perSecond;
    const before = this.#fullAt.get(client) ?? now;
    // No bucket takes longer than that to fill, unless the clock was set back.
    const fullAt = Math.min(before, now + burst * interval);
    if (fullAt - now <= (burst - 1) * interval) {
      this.#fullAt.set(client, Math.max(fullAt, now) + interval);
      return "pass";
    }
    if (fullAt !== before) this.#fullAt.set(client, fullAt);
    if (this.#told.get(client) === fullAt) return "refuse";
    this.#told.set(client, fullAt);
    return "refuse-first";
  }
}
