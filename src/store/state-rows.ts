import type {
  Attempt,
  BasisRef,
  Life,
  MachineRecord,
  MachineState,
  TimelineEvent,
} from "../machines/model.ts";
import type { StoredEvent } from "../machines/ports.ts";
import { type Mac, parseMac } from "../net/mac.ts";
import { Row, unexpected } from "./row.ts";
import type { SqlValue } from "./sqlite.ts";

/** The columns of a machine's row, in the order of `encodeMachine`. */
export const MACHINE_COLUMNS = [
  "name",
  "mac",
  "state",
  "state_attempt",
  "since",
  "because",
  "booted_from_disk",
  "reason",
  "last_boot",
  "last_seen",
] as const;

/** The columns of an attempt's row, in the order of `encodeAttempt`, which leaves its machine to its writer. */
export const ATTEMPT_COLUMNS = [
  "id",
  "token",
  "profile",
  "firmware",
  "started_at",
  "phase",
  "ended_at",
  "boots",
  "percent",
  "tries",
  "failure",
  "failed_by",
  "host_basis",
  "templates_basis",
] as const;

export const EVENT_COLUMNS = ["at", "mac", "machine", "attempt", "kind", "text", "data"] as const;

export function encodeMachine(record: MachineRecord): SqlValue[] {
  const { state } = record;
  return [
    record.name,
    record.mac,
    state.kind,
    state.kind === "installing" || state.kind === "failed" ? state.attempt : null,
    state.kind === "installed" || state.kind === "failed" ? state.since : null,
    state.kind === "installed" ? state.because : null,
    state.kind === "installed" ? Number(state.bootedFromDisk) : null,
    state.kind === "failed" ? state.reason : null,
    record.lastBoot ?? null,
    record.lastSeen ?? null,
  ];
}

export function decodeMachine(values: unknown): MachineRecord {
  const row = new Row(values);
  return {
    name: row.text("name"),
    mac: macOf(row.text("mac")),
    state: decodeState(row),
    lastBoot: row.optionalInteger("last_boot"),
    lastSeen: row.optionalInteger("last_seen"),
  };
}

function decodeState(row: Row): MachineState {
  const kind = row.word("state", ["ready", "installing", "installed", "failed"]);
  switch (kind) {
    case "ready":
      return { kind };
    case "installing":
      return { kind, attempt: row.text("state_attempt") };
    case "installed":
      return {
        kind,
        since: row.integer("since"),
        bootedFromDisk: row.integer("booted_from_disk") === 1,
        because: row.word("because", ["done", "admin", "state-lost"]),
      };
    case "failed":
      return {
        kind,
        attempt: row.text("state_attempt"),
        reason: row.text("reason"),
        since: row.integer("since"),
      };
  }
}

export function encodeAttempt(attempt: Attempt): SqlValue[] {
  // There are secrets in it: it is not kept a moment longer than it is needed.
  const basis = attempt.phase === "running" ? attempt.basis : undefined;
  return [
    attempt.id,
    attempt.token,
    attempt.profile,
    attempt.firmware,
    attempt.startedAt,
    attempt.phase,
    attempt.endedAt ?? null,
    attempt.boots,
    attempt.percent ?? null,
    attempt.tries,
    attempt.failure ?? null,
    attempt.failedBy ?? null,
    basis?.host ?? null,
    basis?.templates ?? null,
  ];
}

/** Reads an attempt; the row carries its machine's name as `machine_name`. */
export function decodeAttempt(values: unknown): Attempt {
  const row = new Row(values);
  return {
    id: row.text("id"),
    token: row.text("token"),
    machine: row.text("machine_name"),
    profile: row.text("profile"),
    firmware: row.word("firmware", ["bios", "uefi"]),
    startedAt: row.integer("started_at"),
    phase: row.word("phase", ["running", "finishing", "succeeded", "failed", "cancelled"]),
    endedAt: row.optionalInteger("ended_at"),
    boots: row.integer("boots"),
    percent: row.optionalInteger("percent"),
    tries: row.integer("tries"),
    failure: row.optionalText("failure"),
    failedBy: row.optionalWord("failed_by", ["installer", "limit", "timeout"]),
    basis: decodeBasis(row),
  };
}

function decodeBasis(row: Row): BasisRef | undefined {
  const host = row.optionalText("host_basis");
  const templates = row.optionalText("templates_basis");
  return host === undefined || templates === undefined ? undefined : { host, templates };
}

/** A machine's row, and that of its latest attempt if it has one. */
export function decodeLife(machine: unknown, attempt: unknown): Life {
  return {
    record: decodeMachine(machine),
    attempt: attempt === undefined ? undefined : decodeAttempt(attempt),
  };
}

export function encodeEvent(event: TimelineEvent): SqlValue[] {
  return [
    event.at,
    event.mac ?? null,
    event.machine ?? null,
    event.attempt ?? null,
    event.kind,
    event.text,
    event.data === undefined ? null : JSON.stringify(event.data),
  ];
}

export function decodeEvent(values: unknown): StoredEvent {
  const row = new Row(values);
  const mac = row.optionalText("mac");
  return {
    id: row.integer("id"),
    at: row.integer("at"),
    mac: mac === undefined ? undefined : macOf(mac),
    machine: row.optionalText("machine"),
    attempt: row.optionalText("attempt"),
    kind: row.text("kind"),
    text: row.text("text"),
    data: decodeData(row.optionalText("data")),
  };
}

function decodeData(json: string | undefined): TimelineEvent["data"] {
  if (json === undefined) return undefined;
  const parsed: unknown = JSON.parse(json);
  if (typeof parsed !== "object" || parsed === null) throw unexpected("data", json);
  const data: Record<string, string | number | boolean> = {};
  for (const [key, value] of Object.entries(parsed)) {
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
      data[key] = value;
  }
  return data;
}

function macOf(text: string): Mac {
  const mac = parseMac(text);
  if (mac === undefined) throw unexpected("mac", text);
  return mac;
}
