import type { Mac } from "../net/mac.ts";

/** Milliseconds since the epoch. */
export type Instant = number;

/**
 * Where a machine is in its life (see README, "The life of a machine"). A machine of the config that was never seen is
 * `ready`; one that is not in the config has no record.
 */
export type MachineState =
  | { readonly kind: "ready" }
  | { readonly kind: "installing"; readonly attempt: string }
  | {
      readonly kind: "installed";
      readonly since: Instant;
      /** Whether a network boot has sent it to its own disk since. `install: always` re-arms after that. */
      readonly bootedFromDisk: boolean;
      /** Why it counts as installed: an attempt was done, an admin said so, or the state was lost and we must assume it. */
      readonly because: "done" | "admin" | "state-lost";
    }
  | { readonly kind: "failed"; readonly attempt: string; readonly reason: string; readonly since: Instant };

export interface MachineRecord {
  /** The config's name of it; the key. */
  readonly name: string;
  readonly mac: Mac;
  readonly state: MachineState;
  /** When its last network boot was answered: loaders that ask twice for one boot are known by this. */
  readonly lastBoot: Instant | undefined;
  readonly lastSeen: Instant | undefined;
}

/** One install of one machine. */
export interface Attempt {
  readonly id: string;
  /** Unguessable; every answer and callback of the attempt lives under it. It dies with the attempt. */
  readonly token: string;
  readonly machine: string;
  readonly profile: string;
  /** The firmware that asked for it: `Machines.networkBoot(host, firmware)` brings it in. */
  readonly firmware: "bios" | "uefi";
  readonly startedAt: Instant;
  /**
   * `running`: installing. `finishing`: the installer said done, the installed system has not yet called home; answers
   * are closed, the one call that is still taken is `booted`. Then it is over.
   */
  readonly phase: "running" | "finishing" | "succeeded" | "failed" | "cancelled";
  readonly endedAt: Instant | undefined;
  /** Network boots that got the installer in this attempt. */
  readonly boots: number;
  /** 0 to 100. */
  readonly percent: number | undefined;
  /** Attempts in a row since the machine was armed, this one included: what `onFailure: retry` is bounded by. */
  readonly tries: number;
  readonly failure: string | undefined;
  /**
   * Who said that it failed: the installer itself, or we, because it took too many boots or too long. An installer may
   * contradict a `timeout` (it was only slow), and nothing else.
   */
  readonly failedBy: "installer" | "limit" | "timeout" | undefined;
  /**
   * What it installs, as it was when it began; kept as long as it runs. Undefined: the configuration in force is what it is
   * served from (it began under a version that kept nothing).
   */
  readonly basis?: BasisRef | undefined;
}

/** Digests (SHA-256, hex) of the texts that an attempt is served from, see `Basis`. */
export interface BasisRef {
  readonly host: string;
  readonly templates: string;
}

/** What an attempt is served from: the machine's part of the configuration and the templates, by digest. */
export interface Basis {
  readonly ref: BasisRef;
  readonly texts: ReadonlyMap<string, string>;
}

/** A machine and its latest attempt, which may be over; both change together, in one transaction. */
export interface Life {
  readonly record: MachineRecord;
  readonly attempt: Attempt | undefined;
}

/** One line of a machine's timeline. */
export interface TimelineEvent {
  readonly at: Instant;
  /** The machine's MAC, known or not. */
  readonly mac: Mac | undefined;
  readonly machine: string | undefined;
  readonly attempt: string | undefined;
  /** `dhcp.offer`, `tftp.completed`, `http.script`, `attempt.began`, `attempt.progress`, `attempt.done`, `machine.booted`, … */
  readonly kind: string;
  /** One sentence for people. */
  readonly text: string;
  readonly data: Readonly<Record<string, string | number | boolean>> | undefined;
}
