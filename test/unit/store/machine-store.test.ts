import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Attempt, MachineRecord, TimelineEvent } from "../../../src/machines/model.ts";
import type { Background } from "../../../src/machines/ports.ts";
import { createState, openState, type State } from "../../../src/store/state.ts";
import { macOf } from "../machines/host-fixture.ts";

const NOTHING: Background = { events: [], seen: new Map() };
const retention = { eventsPerMachine: 50, strangerEvents: 80, attemptsPerMachine: 3 };
const parts = { now: () => 0, token: () => "token", retention };

let root: string;
let state: State;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "bootwire-store-"));
  state = await createState(join(root, "state"), parts);
});

afterEach(() => {
  state.close();
  rmSync(root, { recursive: true });
});

async function reopen(): Promise<void> {
  state.close();
  state = await openState(join(root, "state"), parts);
}

function record(n: number, more: Partial<MachineRecord> = {}): MachineRecord {
  return {
    name: `vm${n}`,
    mac: macOf(n),
    state: { kind: "ready" },
    lastBoot: undefined,
    lastSeen: undefined,
    ...more,
  };
}

function attempt(id: string, more: Partial<Attempt> = {}): Attempt {
  return {
    id,
    token: `token of ${id}`,
    machine: "vm1",
    profile: "trixie",
    firmware: "uefi",
    startedAt: 5,
    phase: "running",
    endedAt: undefined,
    boots: 1,
    percent: undefined,
    tries: 1,
    failure: undefined,
    failedBy: undefined,
    ...more,
  };
}

function save(machine: MachineRecord, attempts: readonly Attempt[] = [], log?: string): void {
  const last = attempts.at(-1);
  state.machines.save(
    [
      {
        record: machine,
        attempts,
        log: log !== undefined && last ? { attempt: last.id, text: log } : undefined,
      },
    ],
    NOTHING,
    { durable: true },
  );
}

function event(n: number | undefined, text: string): TimelineEvent {
  return {
    at: 1,
    mac: macOf(n ?? 99),
    machine: n === undefined ? undefined : `vm${n}`,
    attempt: undefined,
    kind: "dhcp.discover",
    text,
    data: undefined,
  };
}

function append(...events: TimelineEvent[]): readonly number[] {
  return state.machines.save([], { events, seen: new Map() }, { durable: false }).map((stored) => stored.id);
}

describe("machines and attempts", () => {
  test("come back as they were, with the latest attempt of each", async () => {
    const installing = record(1, { state: { kind: "installing", attempt: "a2" }, lastBoot: 7 });
    save(installing, [attempt("a1", { phase: "cancelled", endedAt: 6 }), attempt("a2", { startedAt: 6 })]);
    save(record(2));
    await reopen();
    expect(state.machines.life("vm1")).toEqual({
      record: installing,
      attempt: attempt("a2", { startedAt: 6 }),
    });
    expect(
      state.machines
        .lives()
        .map((life) => life.record.name)
        .sort(),
    ).toEqual(["vm1", "vm2"]);
    expect(state.machines.live().map((life) => life.record.name)).toEqual(["vm1"]);
    expect(state.machines.attemptByToken("token of a1")).toMatchObject({ id: "a1", phase: "cancelled" });
    expect(state.machines.attemptByToken("token of a9")).toBeUndefined();
    expect(state.machines.attempts("vm1", 10).map((each) => each.id)).toEqual(["a2", "a1"]);
  });

  test("are changed together or not at all", () => {
    save(record(1), [attempt("a1")]);
    const broken = [attempt("a2"), attempt("a3")];
    // The database itself refuses two live attempts of one machine.
    expect(() => save(record(1, { state: { kind: "installing", attempt: "a3" } }), broken)).toThrow(
      expect.objectContaining({ code: "BW_STATE_WRITE" }),
    );
    expect(state.machines.life("vm1")).toEqual({ record: record(1), attempt: attempt("a1") });
    expect(state.machines.attemptByToken("token of a2")).toBeUndefined();
  });

  test("keep the newest attempts with their logs, and no more", () => {
    for (let n = 1; n <= 6; n++) {
      const id = `a${n}`;
      save(record(1), [attempt(id)]);
      save(record(1), [attempt(id, { phase: "failed", endedAt: 9 })], `log of ${id}`);
    }
    expect(state.machines.attempts("vm1", 10).map((each) => each.id)).toEqual(["a6", "a5", "a4"]);
    expect(state.machines.log("a6")).toBe("log of a6");
    expect(state.machines.log("a1")).toBeUndefined();
    expect(state.machines.log("unheard of")).toBeUndefined();
  });

  test("keep a log when the attempt changes later", () => {
    save(record(1), [attempt("a1", { phase: "failed" })], "the log");
    save(record(1), [attempt("a1", { phase: "failed", endedAt: 10 })]);
    expect(state.machines.log("a1")).toBe("the log");
  });

  test("take a sign of life only forwards", async () => {
    save(record(1));
    const seen = (at: number) =>
      state.machines.save([], { events: [], seen: new Map([["vm1", at]]) }, { durable: false });
    seen(50);
    seen(40);
    await reopen();
    expect(state.machines.life("vm1")?.record.lastSeen).toBe(50);
  });
});

describe("the timeline", () => {
  test("keeps the newest events of each machine, whatever the others do", async () => {
    append(event(2, "the only one"));
    for (let n = 0; n < 1000; n++) append(event(1, `event ${n}`));
    for (let n = 0; n < 1000; n++) append(event(undefined, `stranger ${n}`));
    await reopen();
    const of1 = state.machines.events({ machine: "vm1", limit: 5000 });
    expect(of1).toHaveLength(50);
    expect(of1.at(-1)?.text).toBe("event 999");
    expect(state.machines.events({ machine: "vm2", limit: 5000 })).toHaveLength(1);
    const strangers = state.machines.events({ mac: macOf(99), limit: 5000 });
    expect(strangers).toHaveLength(80);
    expect(strangers.at(-1)?.text).toBe("stranger 999");
  });

  test("does not grow between restarts beyond a margin", () => {
    for (let n = 0; n < 5000; n++) append(event(1, `event ${n}`));
    expect(state.machines.events({ machine: "vm1", limit: 5000 }).length).toBeLessThan(50 + 256);
  });

  test("never gives an id twice, not even of events that are gone", async () => {
    const [first] = append(event(1, "one"));
    let highest = first ?? 0;
    for (let start = 0; start < 3; start++) {
      for (let n = 0; n < 300; n++) {
        const [id] = append(event(1, "more"));
        expect(id).toBeGreaterThan(highest);
        highest = id ?? highest;
      }
      await reopen();
    }
  });

  test("gives back what was put in, data and all", () => {
    const full: TimelineEvent = {
      at: 1_700_000_000_123,
      mac: macOf(1),
      machine: "vm1",
      attempt: "a1",
      kind: "attempt.progress",
      text: "40 %: writing – größer",
      data: { percent: 40, file: "x", ok: true },
    };
    append(full);
    expect(state.machines.events({ limit: 1 })).toMatchObject([full]);
  });

  test("finds a machine's events by its name, and by its MAC those from before it had one", () => {
    append({ ...event(1, "before"), machine: undefined }, event(1, "named"));
    append({ ...event(1, "another card"), mac: macOf(5) }, event(2, "another machine"));
    const found = state.machines.events({ machine: "vm1", mac: macOf(1), limit: 10 });
    expect(found.map((each) => each.text)).toEqual(["before", "named", "another card"]);
    const after = state.machines.events({ machine: "vm1", mac: macOf(1), after: found[0]?.id, limit: 1 });
    expect(after.map((each) => each.text)).toEqual(["named"]);
    expect(state.machines.events({ mac: macOf(1), limit: 10 }).map((each) => each.text)).toEqual(["before"]);
  });
});
