/** How many lines a source may send. */
export interface QuotaLimits {
  /** Lines at once. */
  readonly burst: number;
  /** Lines a second, on average. */
  readonly perSecond: number;
  /** Lines in an hour; the timeline is kept for more than these. */
  readonly perHour: number;
  /** Sources that are known at a time; the one that was quiet for longest is forgotten. */
  readonly sources: number;
}

/** An installer in good health stays below; a machine that says the same in a loop does not drown its own timeline. */
export const QUOTA: QuotaLimits = { burst: 100, perSecond: 10, perHour: 500, sources: 4096 };

const HOUR = 3_600_000;

interface Account {
  tokens: number;
  /** When `tokens` was right. */
  at: number;
  hour: number;
  inHour: number;
  isOver: boolean;
}

export type Verdict =
  | "pass"
  /** The first one too many: worth a line that says so. */
  | "first-over"
  | "over";

/** Counts lines by source. Knows no clock; its memory is bounded. */
export class Quota {
  readonly #limits: QuotaLimits;
  readonly #accounts = new Map<string, Account>();

  constructor(limits: QuotaLimits = QUOTA) {
    this.#limits = limits;
  }

  /** Whether one more line of this source may pass; `now` in milliseconds. */
  take(source: string, now: number): Verdict {
    const { burst, perSecond, perHour } = this.#limits;
    const account = this.#account(source, now);
    const elapsed = Math.max(0, now - account.at);
    account.tokens = Math.min(burst, account.tokens + (elapsed / 1000) * perSecond);
    account.at = now;
    const hour = Math.floor(now / HOUR);
    if (hour !== account.hour) {
      account.hour = hour;
      account.inHour = 0;
    }
    if (account.tokens >= 1 && account.inHour < perHour) {
      account.tokens -= 1;
      account.inHour += 1;
      account.isOver = false;
      return "pass";
    }
    if (account.isOver) return "over";
    account.isOver = true;
    return "first-over";
  }

  #account(source: string, now: number): Account {
    const known = this.#accounts.get(source);
    const account = known ?? {
      tokens: this.#limits.burst,
      at: now,
      hour: Math.floor(now / HOUR),
      inHour: 0,
      isOver: false,
    };
    if (known) this.#accounts.delete(source);
    this.#accounts.set(source, account);
    for (const oldest of this.#accounts.keys()) {
      if (this.#accounts.size <= this.#limits.sources) break;
      this.#accounts.delete(oldest);
    }
    return account;
  }
}
