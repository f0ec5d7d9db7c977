import type {
  CallbackEvent,
  CallbackOutcome,
  CallbackRefusal,
  NoOutcome,
  Step,
  StepContext,
} from "./life.ts";
import { FINISHING_LIMIT } from "./life.ts";
import type { Attempt, Life, MachineRecord, TimelineEvent } from "./model.ts";
import { lineOf } from "./timeline-event.ts";

type CallbackStep = Step<CallbackOutcome>;

/**
 * A call home on the token of `life.attempt`, the machine's latest attempt; whoever holds an older token has been
 * refused before it comes to this.
 *
 * Calls may come twice (their answer was lost): what the attempt knows already is accepted and changes nothing.
 *
 * An attempt is over when it ended, with one exception: an attempt that *we* gave up by time-out still takes its
 * installer's verdict, `done` or `failed`, as long as nothing has happened to the machine since. A slow install that
 * succeeded after all must not be wiped again by `onFailure: retry`, and a late log is still the best diagnosis. Its
 * answers stay closed.
 */
export function callbackStep(life: Life, event: CallbackEvent, context: StepContext): CallbackStep {
  const { attempt } = life;
  if (!attempt) return refused(life, "BW_ATTEMPT_OVER", "the machine has no attempt");
  switch (attempt.phase) {
    case "running":
      return whileRunning(life, attempt, event, context);
    case "finishing":
      return whileFinishing(life, attempt, event, context);
    case "succeeded":
      // The end of a log that comes late is no mistake of the machine's, and of no more use.
      if (event.kind === "done" || event.kind === "booted" || event.kind === "log")
        return accepted(life, true);
      return over(life, attempt);
    case "failed":
      return afterFailure(life, attempt, event, context);
    case "cancelled":
      return over(life, attempt);
  }
}

function whileRunning(
  life: Life,
  attempt: Attempt,
  event: CallbackEvent,
  context: StepContext,
): CallbackStep {
  const { record } = life;
  const { now } = context;
  switch (event.kind) {
    case "started":
      return accepted(life, false, [
        lineOf(record, now, "attempt.started", "the installer has started", { attempt: attempt.id }),
      ]);
    case "progress":
      return progress(life, attempt, event, context);
    case "done":
      return done(life, attempt, context);
    case "failed":
      return {
        ...failAttempt(life, attempt, "installer", event.reason, context),
        log: event.log,
        outcome: { kind: "accepted", repeated: false },
      };
    case "booted": {
      // The installer's `done` never reached us, but the system that it installed is up: there is no better proof.
      const installed: MachineRecord = {
        ...record,
        state: { kind: "installed", since: now, bootedFromDisk: false, because: "done" },
      };
      return booted({ ...life, record: installed }, attempt, context);
    }
    case "log":
      return logged(life, event.text);
    case "report":
      return accepted(life, false, [reportLine(record, attempt, event, context)]);
  }
}

function whileFinishing(
  life: Life,
  attempt: Attempt,
  event: CallbackEvent,
  context: StepContext,
): CallbackStep {
  switch (event.kind) {
    case "done":
      return accepted(life, true);
    case "booted":
      return booted(life, attempt, context);
    case "log":
      return logged(life, event.text);
    case "report":
      return accepted(life, false, [reportLine(life.record, attempt, event, context)]);
    case "started":
    case "progress":
    case "failed": {
      const reason = `attempt ${attempt.id} is done: it takes no more "${event.kind}"`;
      return refused(life, "BW_ATTEMPT_FINISHING", reason);
    }
  }
}

function afterFailure(
  life: Life,
  attempt: Attempt,
  event: CallbackEvent,
  context: StepContext,
): CallbackStep {
  const { state } = life.record;
  const isLatestWord = state.kind === "failed" && state.attempt === attempt.id;
  if (event.kind === "failed" && attempt.failedBy === "installer") return accepted(life, true);
  // Some say first that they failed, and then why: a late log is still the best diagnosis.
  if (event.kind === "log" && isLatestWord) return logged(life, event.text);
  if (!isLatestWord || attempt.failedBy !== "timeout") return over(life, attempt);
  if (event.kind === "done") return done(life, attempt, context);
  if (event.kind !== "failed") return over(life, attempt);
  const failed = failAttempt(life, attempt, "installer", event.reason, context);
  return { ...failed, log: event.log, outcome: { kind: "accepted", repeated: false } };
}

function logged(life: Life, text: string): CallbackStep {
  return { ...accepted(life, false), log: text };
}

function progress(
  life: Life,
  attempt: Attempt,
  event: Extract<CallbackEvent, { kind: "progress" }>,
  context: StepContext,
): CallbackStep {
  const percent = event.percent ?? attempt.percent;
  if (percent === attempt.percent && event.text === undefined) return accepted(life, true);
  const next: Attempt = { ...attempt, percent };
  const told = [percent === undefined ? undefined : `${percent} %`, event.text];
  const text = told.filter((part) => part !== undefined).join(": ");
  const line = lineOf(life.record, context.now, "attempt.progress", text, {
    attempt: attempt.id,
    data: percent === undefined ? undefined : { percent },
  });
  return { ...accepted({ ...life, attempt: next }, false, [line]), changed: [next] };
}

function done(life: Life, attempt: Attempt, context: StepContext): CallbackStep {
  const { now } = context;
  const late = attempt.failedBy === "timeout" ? ", after the time-out" : "";
  const next: Attempt = {
    ...attempt,
    phase: "finishing",
    percent: 100,
    endedAt: undefined,
    failure: undefined,
    failedBy: undefined,
  };
  const record: MachineRecord = {
    ...life.record,
    state: { kind: "installed", since: now, bootedFromDisk: false, because: "done" },
  };
  const seconds = Math.max(0, Math.round((now - attempt.startedAt) / 1000));
  const line = lineOf(record, now, "attempt.done", `installed after ${seconds} s${late}`, {
    attempt: attempt.id,
    data: { seconds },
  });
  return { ...accepted({ record, attempt: next }, false, [line]), changed: [next] };
}

function booted(life: Life, attempt: Attempt, context: StepContext): CallbackStep {
  const { now } = context;
  const next: Attempt = { ...attempt, phase: "succeeded", endedAt: now, percent: 100 };
  const line = lineOf(life.record, now, "machine.booted", "the installed system has called home", {
    attempt: attempt.id,
  });
  return { ...accepted({ ...life, attempt: next }, false, [line]), changed: [next] };
}

function reportLine(
  record: MachineRecord,
  attempt: Attempt,
  event: Extract<CallbackEvent, { kind: "report" }>,
  context: StepContext,
): TimelineEvent {
  const users = event.users.join(", ");
  const data: Record<string, string> = {};
  if (event.hostname !== undefined) data["hostname"] = event.hostname;
  if (users !== "") data["users"] = users;
  const text = `the installed system is ${event.hostname ?? "without a name"}, users: ${users === "" ? "none" : users}`;
  return lineOf(record, context.now, "machine.report", text, { attempt: attempt.id, data });
}

/** Ends the attempt as failed; the machine waits for what `onFailure` says. */
export function failAttempt(
  life: Life,
  attempt: Attempt,
  by: NonNullable<Attempt["failedBy"]>,
  reason: string,
  context: StepContext,
): Step<NoOutcome> {
  const { now } = context;
  const next: Attempt = { ...attempt, phase: "failed", endedAt: now, failure: reason, failedBy: by };
  const record: MachineRecord = {
    ...life.record,
    state: { kind: "failed", attempt: attempt.id, reason, since: now },
  };
  const line = lineOf(record, now, "attempt.failed", `failed: ${reason}`, {
    attempt: attempt.id,
    data: { by },
  });
  return {
    life: { record, attempt: next },
    changed: [next],
    events: [line],
    log: undefined,
    outcome: { kind: "none" },
  };
}

/** Time went by: an attempt that has been running too long fails, one that is never heard of again is closed. */
export function tickStep(life: Life, context: StepContext): Step<NoOutcome> {
  const { record, attempt } = life;
  const { now, policy } = context;
  const nothing = { life, changed: [], events: [], log: undefined, outcome: { kind: "none" } } as const;
  if (attempt?.phase === "running") {
    // A machine that has left the config, or lost its profile, has no time-out of its own left: it gets a day.
    const timeout = policy.profile ? policy.profile.timeout * 1000 : FINISHING_LIMIT;
    if (now - attempt.startedAt < timeout) return nothing;
    return failAttempt(life, attempt, "timeout", `not done after ${Math.round(timeout / 1000)} s`, context);
  }
  if (attempt?.phase !== "finishing") return nothing;
  const doneAt = record.state.kind === "installed" ? record.state.since : attempt.startedAt;
  if (now - doneAt < FINISHING_LIMIT) return nothing;
  const next: Attempt = { ...attempt, phase: "succeeded", endedAt: now };
  const line = lineOf(record, now, "attempt.closed", "the installed system has not called home in a day", {
    attempt: attempt.id,
  });
  return { ...nothing, life: { record, attempt: next }, changed: [next], events: [line] };
}

function accepted(life: Life, repeated: boolean, events: readonly TimelineEvent[] = []): CallbackStep {
  return { life, changed: [], events, log: undefined, outcome: { kind: "accepted", repeated } };
}

function over(life: Life, attempt: Attempt): CallbackStep {
  return refused(life, "BW_ATTEMPT_OVER", `attempt ${attempt.id} is over (${attempt.phase})`);
}

function refused(life: Life, code: CallbackRefusal, reason: string): CallbackStep {
  return { life, changed: [], events: [], log: undefined, outcome: { kind: "refused", code, reason } };
}
