import type { BootEvent, BootOutcome, Step, StepContext } from "./life.ts";
import { isLive, SAME_BOOT } from "./life.ts";
import { failAttempt } from "./life-callback.ts";
import type { Attempt, Life, MachineState, TimelineEvent } from "./model.ts";
import { lineOf } from "./timeline-event.ts";

type Profile = NonNullable<StepContext["policy"]["profile"]>;
type BootStep = Step<BootOutcome<Attempt>>;

/** A network boot: what it gets, and what that makes of the machine. */
export function bootStep(life: Life, event: BootEvent, context: StepContext): BootStep {
  const { profile, install } = context.policy;
  const { name, state } = life.record;
  if (!profile) return local(life, context, `${name} has no profile: nothing to install`);
  if (install === "never") return local(life, context, `${name} says install: never`);

  switch (state.kind) {
    case "ready":
      return begin(life, event, context, profile, 1, "it is armed");
    case "installing":
      return goOn(life, event, context, profile);
    case "installed":
      return afterInstall(life, state, event, context, profile);
    case "failed":
      return afterFailure(life, state, event, context, profile);
  }
}

/** The same attempt again, as long as it may go on; a reboot in the middle of an install is normal. */
function goOn(life: Life, event: BootEvent, context: StepContext, profile: Profile): BootStep {
  const { record, attempt } = life;
  // Only a database edited by hand says `installing` without an attempt; the machine was armed then, and still is.
  if (attempt?.phase !== "running") return begin(life, event, context, profile, 1, "its attempt is gone");

  // It installs what it began with, whatever the config says by now; only where that was not kept, it has to begin anew.
  if (attempt.profile !== profile.name && attempt.basis === undefined) {
    const reason = `its profile changed from ${attempt.profile} to ${profile.name} in the middle of the install`;
    return begin(life, event, context, profile, 1, reason);
  }

  const sameBoot = isSameBoot(life, context);
  const over = overdue(attempt, context, profile, sameBoot);
  if (over) {
    const failed = failAttempt(life, attempt, over.by, over.reason, context);
    // The failed machine is at its network boot right now: what it gets is what `onFailure` says.
    const next = bootStep(failed.life, event, context);
    return {
      ...next,
      changed: [...failed.changed, ...next.changed],
      events: [...failed.events, ...next.events],
    };
  }

  if (sameBoot) return { ...unchanged(life), outcome: install(attempt, false, "the same boot asked again") };

  const boots = attempt.boots + 1;
  const reason = `attempt ${attempt.id} goes on: boot ${boots} of ${profile.limit}`;
  const next: Attempt = { ...attempt, boots, firmware: event.firmware };
  return {
    life: { record: { ...record, lastBoot: context.now }, attempt: next },
    changed: [next],
    events: [lineOf(record, context.now, "attempt.continued", reason, { attempt: next.id, data: { boots } })],
    log: undefined,
    outcome: install(next, false, reason),
  };
}

function overdue(
  attempt: Attempt,
  context: StepContext,
  profile: Profile,
  sameBoot: boolean,
): { readonly by: "limit" | "timeout"; readonly reason: string } | undefined {
  if (context.now - attempt.startedAt >= profile.timeout * 1000) {
    return { by: "timeout", reason: `not done after ${profile.timeout} s` };
  }
  if (!sameBoot && attempt.boots >= profile.limit) {
    return { by: "limit", reason: `not done after ${attempt.boots} network boots` };
  }
  return undefined;
}

function afterInstall(
  life: Life,
  state: Extract<MachineState, { kind: "installed" }>,
  event: BootEvent,
  context: StepContext,
  profile: Profile,
): BootStep {
  const { record } = life;
  const { now, policy, guarded } = context;
  // An admin's `local` and a lost state are decisions for the disk; only a finished install makes `always` arm again.
  const rearms = policy.install === "always" && state.because === "done" && !guarded;
  if (rearms && state.bootedFromDisk && !isSameBoot(life, context)) {
    return begin(life, event, context, profile, 1, "install: always, and it has booted from its disk since");
  }

  // To the minute; seconds and their thousandths tell nobody anything.
  const since = `${new Date(state.since).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  const reasons = {
    done: `installed since ${since}`,
    admin: `an admin said so at ${since}: its own disk until the next reinstall`,
    "state-lost": "the state was lost: its own disk until an admin says reinstall",
  } as const;
  const step = local(life, context, reasons[state.because]);
  if (state.bootedFromDisk) return step;
  const next: MachineState = { ...state, bootedFromDisk: true };
  return { ...step, life: { ...life, record: { ...record, state: next, lastBoot: now } } };
}

function afterFailure(
  life: Life,
  state: Extract<MachineState, { kind: "failed" }>,
  event: BootEvent,
  context: StepContext,
  profile: Profile,
): BootStep {
  const failure = `attempt ${state.attempt} failed: ${state.reason}`;
  switch (profile.onFailure) {
    case "local":
      return local(life, context, `${failure}; onFailure: local`);
    case "hold":
      return hold(life, context, failure);
    case "retry": {
      // An admin who ends an install does not want the next one to begin by itself.
      if (life.attempt?.phase === "cancelled") return hold(life, context, failure);
      // Without a bound, an install that always fails would wipe and write the disk for ever.
      const tries = life.attempt?.tries ?? 1;
      if (tries >= profile.limit)
        return hold(life, context, `${failure}; ${tries} attempts in a row have failed`);
      return begin(life, event, context, profile, tries + 1, `${failure}; onFailure: retry`);
    }
  }
}

function begin(
  life: Life,
  event: BootEvent,
  context: StepContext,
  profile: Profile,
  tries: number,
  reason: string,
): BootStep {
  const { now, ids } = context;
  const attempt: Attempt = {
    id: ids.attemptId(),
    token: ids.token(),
    machine: life.record.name,
    profile: profile.name,
    firmware: event.firmware,
    startedAt: now,
    phase: "running",
    endedAt: undefined,
    boots: 1,
    percent: undefined,
    tries,
    failure: undefined,
    failedBy: undefined,
    basis: event.basis,
  };
  const record = {
    ...life.record,
    state: { kind: "installing", attempt: attempt.id },
    lastBoot: now,
  } as const;
  const text = `attempt ${attempt.id} begins with profile ${profile.name}: ${reason}`;
  const superseded = supersede(life, context, reason);
  return {
    life: { record, attempt },
    changed: [...superseded.changed, attempt],
    events: [
      ...superseded.events,
      lineOf(record, now, "attempt.began", text, {
        attempt: attempt.id,
        data: { profile: profile.name, firmware: event.firmware, tries },
      }),
    ],
    log: undefined,
    outcome: install(attempt, true, reason),
  };
}

/** A machine has one live attempt at most: the one before ends where the next begins. */
function supersede(
  life: Life,
  context: StepContext,
  reason: string,
): { readonly changed: readonly Attempt[]; readonly events: readonly TimelineEvent[] } {
  const { attempt, record } = life;
  if (!isLive(attempt)) return { changed: [], events: [] };
  // What said `done` has succeeded, though the system that it installed never called home.
  const phase = attempt.phase === "finishing" ? "succeeded" : "cancelled";
  const ended: Attempt = { ...attempt, phase, endedAt: context.now };
  const text = `${phase === "succeeded" ? "closed" : "cancelled"}: the next attempt begins (${reason})`;
  const kind = phase === "succeeded" ? "attempt.closed" : "attempt.cancelled";
  return { changed: [ended], events: [lineOf(record, context.now, kind, text, { attempt: attempt.id })] };
}

function install(attempt: Attempt, fresh: boolean, reason: string): BootOutcome<Attempt> {
  return { kind: "install", attempt, fresh, reason };
}

function local(life: Life, context: StepContext, reason: string): BootStep {
  const line = lineOf(life.record, context.now, "machine.local", `boots from its own disk: ${reason}`);
  return { ...unchanged(life), events: [line], outcome: { kind: "local", reason } };
}

function hold(life: Life, context: StepContext, reason: string): BootStep {
  const line = lineOf(life.record, context.now, "machine.hold", `is held: ${reason}`);
  return { ...unchanged(life), events: [line], outcome: { kind: "hold", reason } };
}

function unchanged(life: Life): Omit<BootStep, "outcome"> {
  return { life, changed: [], events: [], log: undefined };
}

function isSameBoot(life: Life, context: StepContext): boolean {
  const { lastBoot } = life.record;
  if (lastBoot === undefined) return false;
  const elapsed = context.now - lastBoot;
  // A clock that was set back makes `elapsed` negative: then it is not the same boot as far as we can tell.
  return elapsed >= 0 && elapsed < SAME_BOOT;
}
