import type { AdminEvent, AdminOutcome, NoOutcome, Step, StepContext } from "./life.ts";
import { isLive } from "./life.ts";
import type { Attempt, Life, MachineRecord } from "./model.ts";
import { lineOf } from "./timeline-event.ts";

/** An admin's order. */
export function adminStep(life: Life, event: AdminEvent, context: StepContext): Step<AdminOutcome> {
  switch (event.kind) {
    case "reinstall":
      return reinstall(life, context);
    case "local":
      return local(life, context);
    case "cancel":
      return end(life, context);
  }
}

/** Arms the machine; a live attempt is cancelled, so that its token dies and the next boot begins a fresh one. */
function reinstall(life: Life, context: StepContext): Step<AdminOutcome> {
  const { policy, now } = context;
  const { name, state } = life.record;
  if (!policy.profile) {
    return refused(life, {
      kind: "refused",
      code: "BW_MACHINE_NO_PROFILE",
      reason: `${name} has no profile, so there is nothing to install`,
      hint: "Give the host a profile in the config first.",
    });
  }
  if (policy.install === "never") {
    return refused(life, {
      kind: "refused",
      code: "BW_MACHINE_NEVER_INSTALLS",
      reason: `${name} says install: never`,
      hint: "Change the host to install: once in the config first.",
    });
  }
  const record: MachineRecord = { ...life.record, state: { kind: "ready" } };
  const text = "an admin said reinstall: the next network boot installs";
  const line = lineOf(record, now, "machine.armed", text);
  const cancelled = cancel(life, context, "an admin said reinstall", () => true);
  return {
    life: { record, attempt: cancelled.attempt },
    changed: cancelled.changed,
    events: [...cancelled.events, line],
    log: undefined,
    outcome: { kind: "accepted", repeated: state.kind === "ready" },
  };
}

/** Its own disk from now on. An attempt whose installer has said done may still be confirmed by the installed system. */
function local(life: Life, context: StepContext): Step<AdminOutcome> {
  const { now } = context;
  const { state } = life.record;
  const repeated = state.kind === "installed" && state.because === "admin";
  const record: MachineRecord = repeated
    ? life.record
    : {
        ...life.record,
        state: { kind: "installed", since: now, bootedFromDisk: false, because: "admin" },
      };
  const line = lineOf(record, now, "machine.kept", "an admin said local: its own disk from now on");
  const cancelled = cancel(life, context, "an admin said local", (attempt) => attempt.phase === "running");
  return {
    life: { record, attempt: cancelled.attempt },
    changed: cancelled.changed,
    events: [...cancelled.events, line],
    log: undefined,
    outcome: { kind: "accepted", repeated },
  };
}

/**
 * Ends the install. What is on the disk by then is neither the old system nor a new one, so the machine counts as
 * failed: it is held, or goes to its disk where `onFailure` says so, and never begins anew by itself.
 */
function end(life: Life, context: StepContext): Step<AdminOutcome> {
  const { record, attempt } = life;
  if (attempt?.phase !== "running") {
    return refused(life, {
      kind: "refused",
      code: "BW_MACHINE_NOT_INSTALLING",
      reason: `${record.name} is not being installed, so there is nothing to cancel`,
      hint: "To keep it from being installed at its next network boot, say local.",
    });
  }
  const reason = "an admin has cancelled it";
  const cancelled = cancel(life, context, "an admin said cancel", () => true);
  const state = { kind: "failed", attempt: attempt.id, reason, since: context.now } as const;
  return {
    life: { record: { ...record, state }, attempt: cancelled.attempt },
    changed: cancelled.changed,
    events: cancelled.events,
    log: undefined,
    outcome: { kind: "accepted", repeated: false },
  };
}

function cancel(
  life: Life,
  context: StepContext,
  reason: string,
  applies: (attempt: Attempt) => boolean,
): Pick<Step<AdminOutcome>, "changed" | "events"> & { readonly attempt: Attempt | undefined } {
  const { attempt, record } = life;
  if (!isLive(attempt) || !applies(attempt)) return { attempt, changed: [], events: [] };
  const next: Attempt = { ...attempt, phase: "cancelled", endedAt: context.now };
  const line = lineOf(record, context.now, "attempt.cancelled", `cancelled: ${reason}`, {
    attempt: attempt.id,
  });
  return { attempt: next, changed: [next], events: [line] };
}

function refused(life: Life, outcome: AdminOutcome): Step<AdminOutcome> {
  return { life, changed: [], events: [], log: undefined, outcome };
}

/**
 * The lost-state guard: a machine that nothing is known of counts as installed. What an admin has decided since, and
 * what came of it, stays as it is.
 */
export function guardStep(life: Life, context: StepContext): Step<NoOutcome> {
  const nothing = { life, changed: [], events: [], log: undefined, outcome: { kind: "none" } } as const;
  if (life.record.state.kind !== "ready") return nothing;
  const record: MachineRecord = {
    ...life.record,
    state: { kind: "installed", since: context.now, bootedFromDisk: false, because: "state-lost" },
  };
  const text =
    "nothing is known of it, because the state was lost: it counts as installed until an admin says reinstall";
  return {
    ...nothing,
    life: { ...life, record },
    events: [lineOf(record, context.now, "machine.assumed", text)],
  };
}
