/** Something that waits to be posted. */
export interface Waiting<T> {
  readonly what: T;
  /** Milliseconds. */
  readonly since: number;
}

export interface QueueLimits {
  /** Events that wait; beyond, the oldest is given up. */
  readonly length: number;
  /** Milliseconds after which an event that could not be posted is given up. */
  readonly age: number;
  /** Milliseconds until the second try; doubled with each failure in a row. */
  readonly firstWait: number;
  readonly longestWait: number;
}

export const QUEUE_LIMITS: QueueLimits = {
  length: 1000,
  age: 15 * 60_000,
  firstWait: 1000,
  longestWait: 60_000,
};

/** What to do now. */
export type Next<T> =
  | { readonly kind: "post"; readonly waiting: Waiting<T> }
  | { readonly kind: "wait"; readonly until: number }
  | { readonly kind: "idle" };

/** What became of a post. */
export type Outcome =
  | { readonly kind: "delivered" }
  /** May go better another time. */
  | { readonly kind: "failed"; readonly reason: string }
  /** The receiver has it, and does not want it: there is no use in trying again. */
  | { readonly kind: "refused"; readonly reason: string };

/** What an admin is to be told: once when events begin to be lost, once when they arrive again. */
export type News =
  | { readonly kind: "dead"; readonly reason: string }
  | { readonly kind: "recovered"; readonly lost: number };

/**
 * What waits for one receiver, in order: one post at a time, tried again with growing pauses. Knows no clock and sends
 * nothing: `next` says what to do, `ended` takes what became of it.
 */
export class HookQueue<T> {
  readonly #limits: QueueLimits;
  readonly #waiting: Waiting<T>[] = [];
  #failures = 0;
  #notBefore = Number.NEGATIVE_INFINITY;
  #lost = 0;
  #isDead = false;
  #lastReason = "";

  constructor(limits: QueueLimits = QUEUE_LIMITS) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** Takes an event. */
  push(what: T, now: number): News | undefined {
    this.#waiting.push({ what, since: now });
    if (this.#waiting.length <= this.#limits.length) return undefined;
    this.#waiting.shift();
    return this.#lose(1, `more than ${this.#limits.length} events wait`);
  }

  /** What to do now, and what there is to be told. */
  next(now: number): { readonly next: Next<T>; readonly news: News | undefined } {
    let old = 0;
    for (let first = this.#waiting[0]; first && now - first.since > this.#limits.age; ) {
      this.#waiting.shift();
      old += 1;
      first = this.#waiting[0];
    }
    const news = old === 0 ? undefined : this.#lose(old, this.#lastReason);
    const [waiting] = this.#waiting;
    if (!waiting) return { next: { kind: "idle" }, news };
    if (now < this.#notBefore) return { next: { kind: "wait", until: this.#notBefore }, news };
    return { next: { kind: "post", waiting }, news };
  }

  /** A post has ended. */
  ended(waiting: Waiting<T>, outcome: Outcome, now: number): News | undefined {
    switch (outcome.kind) {
      case "delivered": {
        this.#remove(waiting);
        this.#failures = 0;
        this.#notBefore = now;
        if (!this.#isDead) return undefined;
        const lost = this.#lost;
        this.#isDead = false;
        this.#lost = 0;
        return { kind: "recovered", lost };
      }
      case "refused":
        this.#remove(waiting);
        return this.#lose(1, outcome.reason);
      case "failed": {
        const { firstWait, longestWait } = this.#limits;
        this.#lastReason = outcome.reason;
        this.#notBefore = now + Math.min(longestWait, firstWait * 2 ** Math.min(this.#failures, 20));
        this.#failures += 1;
        return undefined;
      }
    }
  }

  /** It may have been given up while it was under way. */
  #remove(waiting: Waiting<T>): void {
    if (this.#waiting[0] === waiting) this.#waiting.shift();
  }

  #lose(count: number, reason: string): News | undefined {
    this.#lost += count;
    if (this.#isDead) return undefined;
    this.#isDead = true;
    return { kind: "dead", reason };
  }
}
