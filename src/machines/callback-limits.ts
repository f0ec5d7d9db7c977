import type { CallbackEvent } from "./life.ts";

/** Longest text of a callback that is kept, in characters. */
const MAX_TEXT = 500;
/** Longest log of an attempt, in characters. */
const MAX_LOG = 64 * 1024;
const MAX_USERS = 100;

/** A callback as it may be stored: whoever sends it is a machine on the network, and its texts have no bounds. */
export function withinLimits(event: CallbackEvent): CallbackEvent {
  switch (event.kind) {
    case "started":
    case "done":
    case "booted":
      return event;
    case "progress":
      return { ...event, percent: percent(event.percent), text: short(event.text) };
    case "failed":
      return {
        ...event,
        reason: short(event.reason) ?? "the installer gave no reason",
        log: event.log === undefined ? undefined : logWithinLimits(undefined, event.log),
      };
    case "log":
      return { ...event, text: logWithinLimits(undefined, event.text) };
    case "report":
      return {
        ...event,
        hostname: short(event.hostname),
        users: event.users.slice(0, MAX_USERS).flatMap((user) => short(user) ?? []),
      };
  }
}

/** A log with another piece behind it. Of what is too long, the end is kept, where the error is. */
export function logWithinLimits(before: string | undefined, piece: string): string {
  const joint = before === undefined || before === "" || before.endsWith("\n") ? "" : "\n";
  // SQLite's bindings end a text at its first NUL.
  return `${before ?? ""}${joint}${piece}`.slice(-MAX_LOG).replaceAll("\u0000", "\ufffd");
}

function percent(value: number | undefined): number | undefined {
  if (value === undefined || !Number.isFinite(value)) return undefined;
  return Math.round(Math.min(100, Math.max(0, value)));
}

/** One line, without control characters: it goes to terminals and into logs. */
function short(text: string | undefined): string | undefined {
  const line = text?.replaceAll(/\p{Cc}+/gu, " ").trim();
  return line ? line.slice(0, MAX_TEXT) : undefined;
}
