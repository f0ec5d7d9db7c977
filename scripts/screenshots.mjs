#!/usr/bin/env node
// `npm run screenshots`: the documents' pictures of the dashboard, docs/images/, taken anew by the dashboard's test. All
// others that it takes are in artifacts/screenshots/.

import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const home = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const taken = join(home, "artifacts/screenshots");
const images = join(home, "docs/images");

/** The documents' names, and those of the test. */
const PICTURES = {
  "dashboard.png": "machines-installing.png",
  "dashboard-machine-dark.png": "web-1-dark.png",
  "dashboard-phone.png": "phone-machines.png",
};
/** What a clone should carry of one, in bytes. */
const LARGEST = 150 * 1024;

rmSync(taken, { recursive: true, force: true });
const test = [join(home, "scripts/test.mjs"), "--project", "interop", "test/interop/dashboard"];
const { status } = spawnSync(process.execPath, test, { cwd: home, stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);
mkdirSync(images, { recursive: true });
for (const [name, source] of Object.entries(PICTURES)) {
  copyFileSync(join(taken, source), join(images, name));
  const { size } = statSync(join(images, name));
  console.log(`docs/images/${name}: ${Math.ceil(size / 1024)} KiB`);
  if (size > LARGEST) process.exitCode = 1;
}
