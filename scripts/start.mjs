#!/usr/bin/env node
// `npm start`: from a fresh clone to a running daemon. Arguments go to `bootwire serve`:
//
//   npm start -- --config /etc/bootwire.yaml
//
// A first run is one without a config *and* without state; only then is a starter config written and state made. A
// config without state may mean that the state was lost: then the daemon says so, and installs nothing.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { checkNode, prepare, prepareAssets, StepFailed, say } from "./lib/prepare.mjs";

const home = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const cli = join(home, "dist/cli/main.js");
const args = process.argv.slice(2);

try {
  checkNode(home);
  prepare(home);
  prepareAssets(home);
  const config = configOf(args);
  if (!existsSync(config) && !existsSync(join(dirname(config), "state"))) {
    const { status } = spawnSync(process.execPath, [cli, "init", "--config", config], { stdio: "inherit" });
    if (status !== 0) throw new StepFailed(`bootwire init failed (exit code ${status})`, status ?? 1);
  }
} catch (error) {
  if (!(error instanceof StepFailed)) throw error;
  say(error.message);
  process.exit(error.exitCode);
}

// From here on this process is `bootwire serve`: signals reach it and its exit code is ours, with nothing in between.
process.argv = [process.execPath, cli, "serve", ...args];
await import(pathToFileURL(cli).href);

/** The config file that `serve` will read with these arguments. */
function configOf(args) {
  const at = args.findIndex((arg) => arg === "--config" || arg === "-c");
  const named =
    at >= 0 ? args[at + 1] : args.find((arg) => arg.startsWith("--config="))?.slice("--config=".length);
  return resolve(named ?? "bootwire.yaml");
}
