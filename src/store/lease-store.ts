import { Worker } from "node:worker_threads";
import type { Lease, LeaseStore } from "../dhcp/ports.ts";
import { BootwireError } from "../errors.ts";
import { LeaseCalls } from "./lease-calls.ts";
import { decodeLease, encodeLease } from "./lease-format.ts";
import type { LeaseWorkerData } from "./lease-messages.ts";

export interface LeaseStoreOptions {
  /**
   * The worker's thread ended by itself, which it never should: from then on every commit is refused, and so no ACK
   * leaves. Whoever supervises the daemon should start it again.
   */
  readonly onBroken: (error: Error) => void;
  /** Milliseconds that each sync is made to take longer, for benchmarks of slow disks. */
  readonly syncDelay?: number | undefined;
}

/** Megabytes for the worker's short-lived objects: a batch is all that it has at once. */
const WORKER_YOUNG = 3;

/** How many transactions (and syncs) were made for how many leases. */
export interface LeaseStoreStats {
  readonly transactions: number;
  readonly leases: number;
}

/** What goes to the disk together, and who waits for it. */
interface Group {
  readonly leases: Lease[];
  readonly waiters: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[];
}

/**
 * Leases on stable storage, one sync for as many as there are. One group is in flight in the worker; what arrives
 * meanwhile gathers, and goes as one transaction when that is done. Idle, a lease waits for nothing but its own sync.
 */
export class SqliteLeaseStore implements LeaseStore {
  readonly #calls: LeaseCalls;
  #gathering: Group = { leases: [], waiters: [] };
  /** The groups in flight, one after the other, until there is nothing left; `undefined` when idle. */
  #draining: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #transactions = 0;
  #leases = 0;

  private constructor(calls: LeaseCalls) {
    this.#calls = calls;
  }

  /**
   * Opens `path`, making it if it is missing. Rejects with a BootwireError where it is damaged, of a newer version, or
   * cannot be written. Whoever calls this holds the state folder's lock.
   */
  static async open(path: string, options: LeaseStoreOptions): Promise<SqliteLeaseStore> {
    const workerData: LeaseWorkerData = { path, syncDelay: options.syncDelay ?? 0 };
    const worker = new Worker(new URL("./lease-worker.js", import.meta.url), {
      workerData,
      resourceLimits: { maxYoungGenerationSizeMb: WORKER_YOUNG },
    });
    let isOpen = false;
    const calls = new LeaseCalls(worker, (error) => {
      if (isOpen) options.onBroken(error);
    });
    try {
      await calls.started();
    } catch (error) {
      await calls.abandon();
      throw error;
    }
    isOpen = true;
    return new SqliteLeaseStore(calls);
  }

  /** Every lease that is stored. */
  async load(): Promise<readonly Lease[]> {
    const leases: Lease[] = [];
    for (;;) {
      const after = leases.at(-1)?.address ?? -1;
      const reply = await this.#calls.call({ kind: "load", after });
      if (reply.kind !== "loaded" || reply.rows.length === 0) return leases;
      for (const row of reply.rows) leases.push(decodeLease(row));
    }
  }

  /** Resolves when the whole batch is on stable storage; rejects when nothing of it is. */
  commit(batch: readonly Lease[]): Promise<void> {
    if (this.#closing !== undefined) return Promise.reject(closedError());
    if (batch.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      for (const lease of batch) this.#gathering.leases.push(lease);
      this.#gathering.waiters.push({ resolve, reject });
      this.#draining ??= this.#drain();
    });
  }

  stats(): LeaseStoreStats {
    return { transactions: this.#transactions, leases: this.#leases };
  }

  /** Stores what was handed over before, and ends the worker. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#draining;
    await this.#calls.close();
  }

  async #drain(): Promise<void> {
    while (this.#gathering.leases.length > 0) {
      const group = this.#gathering;
      this.#gathering = { leases: [], waiters: [] };
      try {
        await this.#calls.call({ kind: "commit", values: group.leases.flatMap(encodeLease) });
        this.#transactions += 1;
        this.#leases += group.leases.length;
        for (const waiter of group.waiters) waiter.resolve();
      } catch (error) {
        // Nothing of the group is stored; whoever waits sends no ACK, and its client will ask again.
        for (const waiter of group.waiters) waiter.reject(error);
      }
    }
    this.#draining = undefined;
  }
}

function closedError(): BootwireError {
  return new BootwireError("BW_LEASES_CLOSED", "the lease store is closed", "Bootwire is shutting down.");
}
