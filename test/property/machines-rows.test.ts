import fc from "fast-check";
import { expect, test } from "vitest";
import type { Attempt, MachineRecord, MachineState, TimelineEvent } from "../../src/machines/model.ts";
import {
  ATTEMPT_COLUMNS,
  decodeAttempt,
  decodeEvent,
  decodeMachine,
  EVENT_COLUMNS,
  encodeAttempt,
  encodeEvent,
  encodeMachine,
  MACHINE_COLUMNS,
} from "../../src/store/state-rows.ts";
import { macOf } from "../unit/machines/host-fixture.ts";

const mac = fc.integer({ min: 0, max: 0xffffff }).map(macOf);
const instant = fc.integer({ min: 0, max: 8_640_000_000_000_000 });
const text = fc.string({ maxLength: 40 });

function optional<T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(values, { nil: undefined });
}

const state: fc.Arbitrary<MachineState> = fc.oneof(
  fc.record({ kind: fc.constant("ready" as const) }),
  fc.record({ kind: fc.constant("installing" as const), attempt: text }),
  fc.record({
    kind: fc.constant("installed" as const),
    since: instant,
    bootedFromDisk: fc.boolean(),
    because: fc.constantFrom("done" as const, "admin" as const, "state-lost" as const),
  }),
  fc.record({ kind: fc.constant("failed" as const), attempt: text, reason: text, since: instant }),
);

const record: fc.Arbitrary<MachineRecord> = fc.record({
  name: text,
  mac,
  state,
  lastBoot: optional(instant),
  lastSeen: optional(instant),
});

const attempt: fc.Arbitrary<Attempt> = fc.record({
  id: text,
  token: text,
  machine: text,
  profile: text,
  firmware: fc.constantFrom("bios" as const, "uefi" as const),
  startedAt: instant,
  phase: fc.constantFrom(
    "running" as const,
    "finishing" as const,
    "succeeded" as const,
    "failed" as const,
    "cancelled" as const,
  ),
  endedAt: optional(instant),
  boots: fc.nat(),
  percent: optional(fc.integer({ min: 0, max: 100 })),
  tries: fc.nat(),
  failure: optional(text),
  failedBy: optional(fc.constantFrom("installer" as const, "limit" as const, "timeout" as const)),
});

const event: fc.Arbitrary<TimelineEvent> = fc.record({
  at: instant,
  mac: optional(mac),
  machine: optional(text),
  attempt: optional(text),
  kind: text,
  text,
  data: optional(
    fc.dictionary(
      text.filter((key) => key !== "__proto__"),
      fc.oneof(text, fc.integer(), fc.boolean()),
      { noNullPrototype: true },
    ),
  ),
});

/** A row as SQLite would give it back. */
function row(columns: readonly string[], values: readonly unknown[], more: object = {}): object {
  return { ...Object.fromEntries(columns.map((column, index) => [column, values[index]])), ...more };
}

test("machines, attempts and events come out of their rows as they went in", () => {
  fc.assert(
    fc.property(record, (each) => {
      expect(decodeMachine(row(MACHINE_COLUMNS, encodeMachine(each)))).toEqual(each);
    }),
  );
  fc.assert(
    fc.property(attempt, (each) => {
      const values = row(ATTEMPT_COLUMNS, encodeAttempt(each), { machine_name: each.machine });
      expect(decodeAttempt(values)).toEqual(each);
    }),
  );
  fc.assert(
    fc.property(event, (each) => {
      expect(decodeEvent(row(EVENT_COLUMNS, encodeEvent(each), { id: 7 }))).toEqual({ ...each, id: 7 });
    }),
  );
});
