import type { HookEventKind } from "../config/hook-events.ts";
import type { StoredEvent } from "../machines/ports.ts";
import type { Mac } from "../net/mac.ts";

/** What a hook is told. */
export interface HookEvent {
  readonly event: HookEventKind;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly machine: string | undefined;
  readonly mac: Mac | undefined;
  readonly attempt: string | undefined;
  readonly address: string | undefined;
  /** One sentence for people. */
  readonly text: string;
  readonly data: Readonly<Record<string, string | number | boolean>> | undefined;
}

const KINDS: ReadonlyMap<string, HookEventKind> = new Map([
  ["attempt.began", "attempt.began"],
  ["attempt.started", "attempt.started"],
  ["attempt.done", "attempt.done"],
  ["attempt.failed", "attempt.failed"],
  ["attempt.cancelled", "attempt.cancelled"],
  ["machine.booted", "machine.booted"],
  ["machine.report", "machine.report"],
  ["machine.first-seen", "machine.first-seen"],
  ["machine.assumed", "machine.first-seen"],
  ["machine.stalled", "machine.stalled"],
]);

/** What hooks are told of a line of the timeline, or `undefined` where it is nothing to them. Pure. */
export function hookEventOf(line: StoredEvent): HookEvent | undefined {
  const kind = KINDS.get(line.kind);
  return kind && toldOf(kind, line);
}

/** A line of the timeline, told as an event of this kind. */
export function toldOf(event: HookEventKind, line: StoredEvent): HookEvent {
  const { at, machine, mac, attempt, text, data } = line;
  const address = data?.["address"];
  return {
    event,
    at,
    machine,
    mac,
    attempt,
    address: typeof address === "string" ? address : undefined,
    text,
    data,
  };
}

/** The body of a post. `id` is the same at each try. */
export function bodyOf(id: string, told: HookEvent): string {
  return JSON.stringify({
    id,
    event: told.event,
    at: new Date(told.at).toISOString(),
    machine: told.machine ?? null,
    mac: told.mac ?? null,
    attempt: told.attempt ?? null,
    address: told.address ?? null,
    text: told.text,
    data: told.data ?? null,
  });
}
