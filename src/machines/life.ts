import type { HostConfig, InstallPolicy } from "../config/model.ts";
import type { OnFailure } from "../config/profile-base.ts";
import type { Attempt, BasisRef, Instant, Life, MachineRecord, TimelineEvent } from "./model.ts";

/** What the config says of one machine's installs. */
export interface LifePolicy {
  readonly install: InstallPolicy;
  /** `undefined`: a reservation without any boot. */
  readonly profile:
    | {
        readonly name: string;
        /** Network boots that one attempt may take; also the attempts that `onFailure: retry` may take in a row. */
        readonly limit: number;
        /** Seconds. */
        readonly timeout: number;
        readonly onFailure: OnFailure;
      }
    | undefined;
}

/** Where ids and tokens come from; injected, because the core has no randomness of its own. */
export interface Ids {
  /** Short and unique, for people and logs. */
  attemptId(): string;
  /** At least 128 bits that nobody can guess, safe in a URL. */
  token(): string;
}

/** Everything else that a step depends on. */
export interface StepContext {
  readonly policy: LifePolicy;
  readonly now: Instant;
  readonly ids: Ids;
  /** The state was lost: only machines that an admin has armed since may install. */
  readonly guarded: boolean;
}

/** A loader asks for its script: the network boot that counts. */
export interface BootEvent {
  readonly kind: "network-boot";
  readonly firmware: Attempt["firmware"];
  /** What an attempt that begins with this boot is served from, to its end. */
  readonly basis?: BasisRef | undefined;
}

/** What an installer, or the system that it installed, calls home with. */
export type CallbackEvent =
  | { readonly kind: "started" }
  | { readonly kind: "progress"; readonly percent: number | undefined; readonly text: string | undefined }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly reason: string; readonly log: string | undefined }
  /** The installed system runs: the attempt is over. */
  | { readonly kind: "booted" }
  /** A piece of its log, to be put behind what the attempt has already. */
  | { readonly kind: "log"; readonly text: string }
  /** What the installed system says of itself. */
  | { readonly kind: "report"; readonly hostname: string | undefined; readonly users: readonly string[] };

export type AdminEvent =
  /** Arm the machine again. */
  | { readonly kind: "reinstall" }
  /** Its own disk from now on. */
  | { readonly kind: "local" }
  /** End the install that is under way. */
  | { readonly kind: "cancel" };

export type QuietEvent =
  /** Time went by. */
  | { readonly kind: "tick" }
  /** The state was lost, and this machine turned up: it counts as installed. */
  | { readonly kind: "assume-installed" };

export type LifeEvent = BootEvent | CallbackEvent | AdminEvent | QuietEvent;

/** What a network boot gets, and why. `A` is `undefined` where nothing has begun: in a preview. */
export type BootOutcome<A = Attempt | undefined> =
  | {
      readonly kind: "install";
      readonly attempt: A;
      /** Whether the attempt begins with this boot. */
      readonly fresh: boolean;
      readonly reason: string;
    }
  | { readonly kind: "local"; readonly reason: string }
  | { readonly kind: "hold"; readonly reason: string };

export type CallbackOutcome =
  /** `repeated`: the attempt knew that already; nothing changed. */
  | { readonly kind: "accepted"; readonly repeated: boolean }
  | { readonly kind: "refused"; readonly code: CallbackRefusal; readonly reason: string };

/** `OVER`: the attempt has ended, its token is dead. `FINISHING`: the installer has said done, answers are closed. */
export type CallbackRefusal = "BW_ATTEMPT_OVER" | "BW_ATTEMPT_FINISHING";

export type AdminOutcome =
  | { readonly kind: "accepted"; readonly repeated: boolean }
  | {
      readonly kind: "refused";
      readonly code: "BW_MACHINE_NO_PROFILE" | "BW_MACHINE_NEVER_INSTALLS" | "BW_MACHINE_NOT_INSTALLING";
      readonly reason: string;
      readonly hint: string;
    };

/** What a step comes to. */
export interface Step<O> {
  readonly life: Life;
  /** Attempts that began, changed or ended, oldest first; the last one is `life.attempt` if that is among them. */
  readonly changed: readonly Attempt[];
  readonly events: readonly TimelineEvent[];
  /** A piece of the installer's log, to be kept with `life.attempt` behind what is there. */
  readonly log: string | undefined;
  readonly outcome: O;
}

/** Nobody waits for an answer. */
export interface NoOutcome {
  readonly kind: "none";
}

export type LifeOutcome = BootOutcome<Attempt> | CallbackOutcome | AdminOutcome | NoOutcome;

/** How long an installed system may take to call home before its attempt is closed without it. */
export const FINISHING_LIMIT = 24 * 60 * 60 * 1000;

/**
 * A loader that asks again within this time asks for the same boot: a TFTP request that was sent twice, a script that
 * was fetched twice. No machine gets through its firmware twice in ten seconds, and counting one boot as two would arm
 * an `install: always` machine again that has only just been installed.
 */
export const SAME_BOOT = 10 * 1000;

/** The part of a host's config that its life depends on. */
export function policyOf(host: HostConfig): LifePolicy {
  const { profile, install } = host;
  if (!profile) return { install, profile: undefined };
  return { install, profile: { name: profile.name, ...profile.attempts } };
}

/** A machine of the config that was never seen. */
export function newLife(host: Pick<HostConfig, "name" | "mac">): Life {
  const record: MachineRecord = {
    name: host.name,
    mac: host.mac,
    state: { kind: "ready" },
    lastBoot: undefined,
    lastSeen: undefined,
  };
  return { record, attempt: undefined };
}

/** Whether the attempt's token still opens something. */
export function isLive(attempt: Attempt | undefined): attempt is Attempt {
  return attempt?.phase === "running" || attempt?.phase === "finishing";
}
