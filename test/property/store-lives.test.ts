import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Attempt, Life, MachineRecord } from "../../src/machines/model.ts";
import { LifeReader } from "../../src/store/life-reader.ts";
import { loadSqlite } from "../../src/store/sqlite.ts";
import { createState, type State } from "../../src/store/state.ts";
import { macOf } from "../unit/machines/host-fixture.ts";

// What the store says of the machines is what stands in its file, whatever was written, refused or renamed before.

const NAMES = ["vm1", "vm2", "vm3"];

const machine = fc.integer({ min: 0, max: NAMES.length - 1 });
const actions = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant("save" as const),
      machine,
      /** Two live attempts are refused, and with them the record that came along. */
      attempts: fc.integer({ min: 0, max: 2 }),
      lastBoot: fc.integer({ min: 1, max: 1000 }),
      durable: fc.boolean(),
    }),
    fc.record({ kind: fc.constant("seen" as const), machine, at: fc.integer({ min: 1, max: 1000 }) }),
    fc.record({ kind: fc.constant("swap" as const), machine, other: machine }),
    fc.record({ kind: fc.constant("look" as const), machine }),
    fc.record({ kind: fc.constant("look at all" as const) }),
  ),
  { maxLength: 25 },
);

test("the store's lives are those of its file", async () => {
  const Sqlite = await loadSqlite();
  await fc.assert(
    fc.asyncProperty(actions, async (list) => {
      const root = mkdtempSync(join(tmpdir(), "bootwire-lives-"));
      const state = await createState(join(root, "state"), { now: () => 0, token: () => "token" });
      const file = new Sqlite(join(root, "state", "state.db"));
      const reader = new LifeReader(file);
      let ids = 0;
      try {
        for (const action of list) {
          switch (action.kind) {
            case "save": {
              const attempts = Array.from({ length: action.attempts }, () =>
                attempt(`a${++ids}`, NAMES[action.machine] ?? ""),
              );
              save(state, { ...record(action.machine), lastBoot: action.lastBoot }, attempts, action.durable);
              break;
            }
            case "seen":
              state.machines.save(
                [],
                { events: [], seen: new Map([[NAMES[action.machine] ?? "", action.at]]) },
                { durable: false },
              );
              break;
            case "swap":
              state.machines.reassign(
                [
                  { from: NAMES[action.machine] ?? "", to: action.other },
                  { from: NAMES[action.other] ?? "", to: action.machine },
                ]
                  .slice(0, action.machine === action.other ? 0 : 2)
                  .map(({ from, to }) => ({ from, name: NAMES[to] ?? "", mac: macOf(to) })),
                [],
              );
              break;
            case "look":
              expect(state.machines.life(NAMES[action.machine] ?? "")).toEqual(
                reader.byName(NAMES[action.machine] ?? ""),
              );
              break;
            case "look at all":
              expect(sorted(state.machines.lives())).toEqual(sorted(reader.all()));
          }
        }
        for (const name of NAMES) expect(state.machines.life(name)).toEqual(reader.byName(name));
        expect(sorted(state.machines.lives())).toEqual(sorted(reader.all()));
      } finally {
        file.close();
        state.close();
        rmSync(root, { recursive: true });
      }
    }),
    { numRuns: 60 },
  );
});

function save(state: State, written: MachineRecord, attempts: readonly Attempt[], isDurable: boolean): void {
  try {
    state.machines.save(
      [{ record: written, attempts, log: undefined }],
      { events: [], seen: new Map() },
      { durable: isDurable },
    );
  } catch (error) {
    expect(error).toMatchObject({ code: "BW_STATE_WRITE" });
  }
}

function record(n: number): MachineRecord {
  return {
    name: NAMES[n] ?? "",
    mac: macOf(n),
    state: { kind: "ready" },
    lastBoot: undefined,
    lastSeen: undefined,
  };
}

function attempt(id: string, of: string): Attempt {
  return {
    ...{ id, token: `token of ${id}`, machine: of, profile: "trixie", firmware: "uefi", startedAt: 5 },
    ...{ phase: "running", endedAt: undefined, boots: 1, percent: undefined, tries: 1 },
    ...{ failure: undefined, failedBy: undefined },
  };
}

function sorted(lives: readonly Life[]): Life[] {
  return [...lives].sort((a, b) => (a.record.name < b.record.name ? -1 : 1));
}
