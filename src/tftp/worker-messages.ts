import type { LaneEvent, TransferSpec } from "./lane.ts";
import type { TftpLimits } from "./limits.ts";
import type { PortRange } from "./ports.ts";

/** What a worker is started with. */
export interface WorkerSetup {
  readonly limits: TftpLimits;
  readonly ports: PortRange | undefined;
  /** Our address → its request port, when all transfers are to use that. */
  readonly sharedPorts: ReadonlyMap<string, number> | undefined;
}

export type ToWorker =
  | { readonly kind: "begin"; readonly spec: TransferSpec }
  | { readonly kind: "again"; readonly id: number }
  | { readonly kind: "supersede"; readonly id: number }
  | { readonly kind: "close"; readonly grace: number };

export type FromWorker =
  /** `wakeup`: a descriptor that ends the worker's wait when it is written to. It outlives the worker. */
  | { readonly kind: "ready"; readonly description: string; readonly wakeup: number }
  /** The system lacks something: the worker is of no use. */
  | { readonly kind: "unable"; readonly reason: string }
  | { readonly kind: "lane"; readonly event: LaneEvent };
