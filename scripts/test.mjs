#!/usr/bin/env node
// `npm test`: everything, the VM tests too, where this machine can run them; the end of the run names what was skipped
// and why. With BOOTWIRE_REQUIRE_ALL=1 nothing may be skipped. Arguments go to vitest:
//
//   npm test -- --project unit
//   npm test -- test/e2e -t OVMF

import { spawn } from "node:child_process";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { checkNode, prepare, prepareAssets, StepFailed, say } from "./lib/prepare.mjs";

const home = resolve(dirname(fileURLToPath(import.meta.url)), "..");

try {
  checkNode(home);
  prepare(home);
} catch (error) {
  if (!(error instanceof StepFailed)) throw error;
  say(error.message);
  process.exit(error.exitCode);
}
try {
  prepareAssets(home);
} catch (error) {
  if (!(error instanceof StepFailed)) throw error;
  // The tests that need the boot loaders say so themselves.
  say(`${error.message}: going on without boot loaders`);
}

const vitest = spawn(
  process.execPath,
  [join(home, "node_modules/vitest/vitest.mjs"), "run", ...process.argv.slice(2)],
  {
    cwd: home,
    stdio: "inherit",
  },
);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => vitest.kill(signal));
vitest.on("exit", (code, signal) => {
  process.exitCode = code ?? (signal === "SIGINT" ? 130 : 1);
});
