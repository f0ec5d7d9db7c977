import { BootwireError } from "../errors.ts";
import type { SqlValue } from "./sqlite.ts";

/** What the lease worker is started with. */
export interface LeaseWorkerData {
  readonly path: string;
  /** Milliseconds that each sync is made to take longer, for benchmarks of slow disks. 0 in service. */
  readonly syncDelay: number;
}

/** To the worker. */
export type LeaseRequest =
  /** The leases of addresses above `after`, in order, as many as make a page. */
  | { readonly kind: "load"; readonly after: number }
  /** Values of the leases' columns, one lease after the other: goes from thread to thread at a third of the cost of objects. */
  | { readonly kind: "commit"; readonly values: readonly SqlValue[] }
  | { readonly kind: "close" };

/** From the worker: one for its start, then one for each request, in order. */
export type LeaseReply =
  | { readonly kind: "done" }
  /** Rows as the database has them; none: that was the last page. */
  | { readonly kind: "loaded"; readonly rows: readonly unknown[] }
  | { readonly kind: "failed"; readonly error: SentError };

/** An error as it goes from thread to thread: the class would not survive the journey. */
export interface SentError {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export function sendError(error: unknown): SentError {
  if (error instanceof BootwireError) {
    return { code: error.code, message: error.message, hint: error.hint };
  }
  return {
    code: "BW_STATE_WRITE",
    message: error instanceof Error ? error.message : String(error),
    hint: "This should not happen: please report it with the log.",
  };
}

export function receiveError(error: SentError): BootwireError {
  return new BootwireError(error.code, error.message, error.hint);
}
