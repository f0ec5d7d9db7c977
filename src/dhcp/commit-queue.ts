import type { Lease, LeaseStore } from "./ports.ts";

/** Work that waits for leases to be stored. */
interface Entry {
  readonly lease: Lease;
  readonly done: (error: unknown) => void;
}

export interface CommitQueueOptions {
  readonly store: LeaseStore;
  /** Calls back at the end of this turn of the event loop: what arrived in it makes up one batch. */
  readonly endOfTurn: (callback: () => void) => void;
  /** Entries that may wait. */
  readonly limit: number;
}

/**
 * Group commit: one batch is on its way to the disk while the next one gathers. However slow the disk, each batch takes
 * all that came in the meantime, so the rate holds; and nothing waits in the event loop.
 */
export class CommitQueue {
  readonly #options: CommitQueueOptions;
  #gathering: Entry[] = [];
  #inFlight: Promise<void> | undefined;
  #scheduled = false;
  #waiting = 0;

  constructor(options: CommitQueueOptions) {
    this.#options = options;
  }

  /**
   * `done` is called when the lease is on stable storage (with `undefined`), or could not be put there (with the error).
   * `false`: too much is waiting already; nothing was taken.
   */
  add(lease: Lease, done: (error: unknown) => void): boolean {
    if (this.#waiting >= this.#options.limit) return false;
    this.#waiting += 1;
    this.#gathering.push({ lease, done });
    this.#schedule();
    return true;
  }

  /** Resolves when nothing waits any more. */
  async flush(): Promise<void> {
    while (this.#gathering.length > 0 || this.#inFlight !== undefined) {
      this.#startBatch();
      await this.#inFlight;
    }
  }

  #schedule(): void {
    if (this.#scheduled || this.#inFlight !== undefined) return;
    this.#scheduled = true;
    this.#options.endOfTurn(() => {
      this.#scheduled = false;
      this.#startBatch();
    });
  }

  #startBatch(): void {
    if (this.#inFlight !== undefined || this.#gathering.length === 0) return;
    const entries = this.#gathering;
    this.#gathering = [];
    this.#inFlight = this.#run(entries);
  }

  async #run(entries: readonly Entry[]): Promise<void> {
    let failure: unknown;
    try {
      await this.#options.store.commit(lastOfEach(entries));
    } catch (error) {
      failure = error ?? new Error("the lease store failed");
    }
    this.#inFlight = undefined;
    // The next batch goes off before this one's ACKs are sent: the disk need not wait for the network.
    this.#startBatch();
    for (const entry of entries) {
      this.#waiting -= 1;
      entry.done(failure);
    }
  }
}

/** Of several states of one address only the last is worth storing. */
function lastOfEach(entries: readonly Entry[]): Lease[] {
  const last = new Map<number, Lease>();
  for (const { lease } of entries) last.set(lease.address, lease);
  return [...last.values()];
}
