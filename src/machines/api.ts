import type { HostConfig } from "../config/model.ts";
import type { BootOutcome, CallbackRefusal, Ids } from "./life.ts";
import type { Attempt, Instant, MachineRecord } from "./model.ts";
import type { MachineStore } from "./ports.ts";
import type { Schedule } from "./shell.ts";

export interface MachinesParts {
  readonly store: MachineStore;
  /** The machines of the configuration in force; `reconcile` brings newer ones. */
  readonly hosts: readonly HostConfig[];
  readonly now: () => Instant;
  readonly ids: Ids;
  readonly schedule: Schedule;
  /** The background could not be stored (it is tried again), or a listener threw (it was taken off). */
  readonly onError: (error: unknown) => void;
}

/** A machine as the faces show it. */
export interface MachineStatus {
  /** Undefined: it is not in the config any more. */
  readonly host: HostConfig | undefined;
  readonly record: MachineRecord;
  /** The latest attempt, over or not. */
  readonly attempt: Attempt | undefined;
}

/** A machine of the config, and what its next network boot gets. */
export interface MachineOutlook extends MachineStatus {
  readonly host: HostConfig;
  readonly next: BootOutcome<undefined>;
}

export type CallbackResult =
  | {
      readonly ok: true;
      readonly machine: string;
      readonly attempt: Attempt;
      /** The attempt knew that already. */
      readonly repeated: boolean;
    }
  | { readonly ok: false; readonly code: "BW_ATTEMPT_UNKNOWN" | CallbackRefusal; readonly reason: string };

/** What an admin's lifting of the guard meant for the machines of the config, by name. */
export interface GuardLifted {
  /** Nothing is known of them: their next network boot installs. Empty with `keep`. */
  readonly armed: readonly string[];
  /** They count as installed. */
  readonly kept: readonly string[];
}
