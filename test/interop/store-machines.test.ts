import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createState, openState } from "../../src/store/state.ts";
import { Witness } from "./store-support.ts";

const parts = { now: () => 0, token: () => "admin" };
let root: string;
let folder: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "bootwire-machines-"));
  folder = join(root, "state");
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

/** What the child says of each answer that it gave. */
interface Answer {
  readonly machine: string;
  readonly state: string;
  readonly attempt?: string;
  readonly token?: string;
  readonly phase?: string;
  readonly log?: string;
}

describe("kill -9", () => {
  test("at any moment loses nothing of a machine's life that was answered for, and leaves no lock behind", async () => {
    (await createState(folder, parts)).close();
    for (let round = 0; round < 8; round++) {
      const writer = new Witness("./store-machine-writer.mjs", [folder]);
      await writer.said(15 + round * 23);
      await writer.kill();
      const answers = writer.lines.map((line): Answer => JSON.parse(line));

      const state = await openState(folder, parts);
      expect(state.machines.guardedSince()).toBeUndefined();
      const latest = new Map(answers.map((answer) => [answer.machine, answer]));
      const lastOfAll = answers.at(-1);
      for (const answer of answers) {
        if (answer.token === undefined) continue;
        const attempt = state.machines.attemptByToken(answer.token);
        // Old attempts are pruned; of those that are there, none is younger than it was said to be.
        if (attempt && answer.phase !== "running") expect(attempt.phase).not.toBe("running");
      }
      for (const [machine, answer] of latest) {
        const life = state.machines.life(machine);
        // The very last step may have been stored without having been said.
        if (answer === lastOfAll || machine === nextAfter(lastOfAll?.machine)) continue;
        expect(life?.record.state.kind).toBe(answer.state);
        expect(life?.attempt).toMatchObject({ id: answer.attempt, phase: answer.phase });
      }
      // A life and its attempt are never of two minds.
      for (const life of state.machines.lives()) {
        const isInstalling = life.record.state.kind === "installing";
        expect(life.attempt?.phase === "running").toBe(isInstalling);
      }
      for (const answer of answers.slice(-20)) {
        if (answer.log !== undefined && answer.attempt !== undefined)
          expect(state.machines.log(answer.attempt)).toBe(answer.log);
      }
      state.close();
    }
  });
});

/** The machine that the child turns to after this one. */
function nextAfter(machine: string | undefined): string {
  return `vm${(Number(machine?.slice(2) ?? -1) + 1) % 5}`;
}

describe("two daemons", () => {
  test("cannot share a state folder; the second one is told who the first one is", async () => {
    (await createState(folder, parts)).close();
    const writer = new Witness("./store-machine-writer.mjs", [folder]);
    await writer.said(1);
    await expect(openState(folder, parts)).rejects.toMatchObject({
      code: "BW_STATE_IN_USE",
      message: expect.stringContaining(`process ${writer.child.pid}`),
    });
    await writer.kill();
    (await openState(folder, parts)).close();
  });
});

describe("a state folder that was removed", () => {
  test("under a running daemon: its next start is guarded", async () => {
    (await createState(folder, parts)).close();
    const writer = new Witness("./store-machine-writer.mjs", [folder]);
    await writer.said(5);
    rmSync(folder, { recursive: true });
    await writer.said(10);
    await writer.kill();
    const state = await openState(folder, parts);
    expect(state.wasMissing).toBe(true);
    expect(state.machines.guardedSince()).toBeDefined();
    state.close();
  });
});
