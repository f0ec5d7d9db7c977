import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { describeIf } from "../../support/require.ts";
import { DAEMON_NEEDS } from "../daemon/daemon-lab.ts";

const SIMULATE = "dist/simulate/main.js";
/** Milliseconds: an idle machine takes five seconds. */
const DEADLINE = 240_000;

describeIf({ ...DAEMON_NEEDS, files: [...DAEMON_NEEDS.files, SIMULATE] }, "a fleet", () => {
  test("of 20 machines installs itself, and again after a reinstall, in order and without a failure", () => {
    const args = [SIMULATE, "--machines", "20", "--rounds", "2", "--together", "10"];
    const ended = spawnSync(process.execPath, args, { encoding: "utf8", timeout: DEADLINE });
    const rounds = ended.stdout.trimEnd().split("\n");
    expect(rounds, ended.stderr).toHaveLength(2);
    for (const round of rounds) {
      expect(round).toContain("20 installed, 0 failed");
      expect(round).toContain("in order and complete");
      expect(round).not.toContain("(0)");
    }
    expect(ended.status, ended.stderr).toBe(0);
  }, 300_000);
});
