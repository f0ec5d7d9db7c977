import { Tally, type TftpCounters } from "./counters.ts";
import type { RefusalCause, TftpEvent, TftpObserver } from "./source.ts";

/** Refusals that the observer is told of: so many at once, and so many a second. A flood is counted, not told. */
const REFUSALS_AT_ONCE = 200;
const REFUSALS_PER_SECOND = 20;

/** What became of a request that was refused. */
export interface Refusal {
  readonly filename: string | undefined;
  readonly client: { readonly address: string; readonly port: number };
  readonly code: number;
  readonly cause: RefusalCause;
  readonly reason: string;
}

/** Counts what happens, and tells the observer. */
export class Reporter {
  readonly #observer: TftpObserver;
  readonly #now: () => number;
  readonly #tally = new Tally();
  #refusalsLeft = REFUSALS_AT_ONCE;
  #refilledAt: number;

  /** `now`: milliseconds of a steady clock. */
  constructor(observer: TftpObserver, now: () => number) {
    this.#observer = observer;
    this.#now = now;
    this.#refilledAt = now();
  }

  /** A request came. */
  request(): void {
    this.#tally.request();
  }

  refused({ filename, client, code, cause, reason }: Refusal): void {
    const { address, port } = client;
    this.tell({ kind: "refused", filename, client: { address, port }, code, cause, reason });
  }

  tell(event: TftpEvent): void {
    this.#tally.note(event);
    if (event.kind === "refused" && !this.#mayTellRefusal()) return;
    try {
      this.#observer.onEvent(event);
    } catch {
      // Nothing that happens in a log may stop a boot: an observer that throws is its own problem.
    }
  }

  counters(running: number): TftpCounters {
    return this.#tally.read(running);
  }

  #mayTellRefusal(): boolean {
    const now = this.#now();
    const earned = ((now - this.#refilledAt) * REFUSALS_PER_SECOND) / 1000;
    this.#refusalsLeft = Math.min(REFUSALS_AT_ONCE, this.#refusalsLeft + earned);
    this.#refilledAt = now;
    if (this.#refusalsLeft < 1) return false;
    this.#refusalsLeft--;
    return true;
  }
}
