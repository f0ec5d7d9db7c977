import { spawnSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { requireAll } from "../../support/require.ts";
import { folderWith } from "./temporary-folder.ts";

test("what is there is enough", () => {
  expect(requireAll({ commands: ["sh"], files: ["/proc/self", "package.json"] })).toEqual({ ok: true });
});

test("everything that is missing is named", () => {
  const needs = {
    commands: ["sh", "no-such-command"],
    packages: ["no-such-package"],
    files: ["/no/such/file"],
  };
  expect(requireAll(needs)).toEqual({
    ok: false,
    reason: "needs the command no-such-command, the Debian package no-such-package, the file /no/such/file",
  });
});

/** Runs vitest, with the reporter of this clone, on a test file of which one group cannot run. */
function runGroupThatCannotRun(env: Readonly<Record<string, string>>) {
  const folder = folderWith({
    "package.json": '{"type":"module"}',
    "vitest.config.ts": `
      import { SkipReporter } from ${JSON.stringify(resolve("test/support/skip-reporter.ts"))};
      export default { test: { reporters: ["default", new SkipReporter((text) => process.stdout.write(text))] } };`,
    "a.test.ts": `
      import { test } from "vitest";
      import { describeIf } from ${JSON.stringify(resolve("test/support/require.ts"))};
      describeIf({ commands: ["sh"] }, "possible", () => { test("runs", () => {}); });
      describeIf({ commands: ["no-such-command"] }, "impossible", () => { test("would run", () => {}); });`,
  });
  symlinkSync(resolve("node_modules"), `${folder}/node_modules`);
  const run = spawnSync(process.execPath, [resolve("node_modules/vitest/vitest.mjs"), "run"], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1", BOOTWIRE_REQUIRE_ALL: "", ...env },
  });
  return { status: run.status, text: run.stdout + run.stderr };
}

test("a group that cannot run here is skipped, and the end of the run says why", () => {
  const { status, text } = runGroupThatCannotRun({});
  expect(text).toContain("impossible [skipped: needs the command no-such-command] (1 test)");
  expect(text).toMatch(/Tests +1 passed \| 1 skipped/);
  expect(status).toBe(0);
});

test("with BOOTWIRE_REQUIRE_ALL=1 a group that cannot run here fails", () => {
  const { status, text } = runGroupThatCannotRun({ BOOTWIRE_REQUIRE_ALL: "1" });
  expect(text).toContain("impossible: needs the command no-such-command");
  expect(text).toMatch(/Tests +1 failed \| 1 passed/);
  expect(status).toBe(1);
});
