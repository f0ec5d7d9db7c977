#!/usr/bin/env node
// `npm run demo`: builds what is needed, then shows a VM that installs itself. See src/demo/.
//
//   npm run demo -- --firmware uefi

import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { checkNode, prepare, prepareAssets, StepFailed, say } from "./lib/prepare.mjs";

const home = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const demo = join(home, "dist/demo/main.js");

try {
  checkNode(home);
  prepare(home);
  prepareAssets(home);
} catch (error) {
  if (!(error instanceof StepFailed)) throw error;
  say(error.message);
  process.exit(error.exitCode);
}

// From here on this process is the demo: signals reach it and its exit code is ours.
process.argv = [process.execPath, demo, ...process.argv.slice(2)];
await import(pathToFileURL(demo).href);
