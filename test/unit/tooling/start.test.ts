import { type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folderWith } from "./temporary-folder.ts";

// `npm start` in a clone in small: npm and the programs that the build makes are stand-ins that write down how they
// were called. What is under test is which of them run, in which order, and what becomes of signals and exit codes.

const npm = `#!/usr/bin/env node
const { appendFileSync, cpSync, mkdirSync, writeFileSync } = require("node:fs");
const args = process.argv.slice(2);
appendFileSync("calls", "npm " + args.join(" ") + "\\n");
if (process.env.FAIL === args[0]) process.exit(9);
if (args[0] === "ci") {
  mkdirSync("node_modules", { recursive: true });
  cpSync("package-lock.json", "node_modules/.package-lock.json");
}
if (args.includes("build")) cpSync("built", "dist", { recursive: true });
`;

const assets = `
import { appendFileSync } from "node:fs";
appendFileSync("calls", "assets " + process.argv.slice(2).join(" ") + "\\n");
if (process.env.FAIL === "assets") process.exit(8);
`;

const cli = `
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
const [command, ...args] = process.argv.slice(2);
appendFileSync("calls", ["bootwire", command, ...args].join(" ") + "\\n");
if (process.env.FAIL === command) process.exit(7);
if (command === "init") {
  writeFileSync("bootwire.yaml", "");
  mkdirSync("state");
}
if (command === "serve" && process.env.WAIT) {
  process.on("SIGTERM", () => {
    appendFileSync("calls", "stopped by SIGTERM\\n");
    process.exit(5);
  });
  setInterval(() => undefined, 1000);
  process.stdout.write("ready\\n");
}
`;

function freshClone(): string {
  const lock = {
    packages: { "": {}, "node_modules/x": { version: "1.0.0" }, "node_modules/y": { optional: true } },
  };
  const folder = folderWith({
    "package.json": '{"type":"module","engines":{"node":">=20.19.0"}}',
    "package-lock.json": JSON.stringify(lock),
    "tsconfig.json": "{}",
    "tsconfig.build.json": "{}",
    "src/a.ts": "export {};\n",
    "bin/npm": npm,
    "bin/package.json": '{"type":"commonjs"}',
    "built/cli/main.js": cli,
    "built/assets/main.js": assets,
  });
  chmodSync(join(folder, "bin/npm"), 0o755);
  cpSync("scripts", join(folder, "scripts"), { recursive: true });
  return folder;
}

const environment = (folder: string, extra: Readonly<Record<string, string>>) => ({
  cwd: folder,
  env: { ...process.env, PATH: `${join(folder, "bin")}:${process.env["PATH"]}`, ...extra },
});

function start(folder: string, extra: Readonly<Record<string, string>> = {}, args: readonly string[] = []) {
  const run: SpawnSyncReturns<string> = spawnSync(process.execPath, ["scripts/start.mjs", ...args], {
    ...environment(folder, extra),
    encoding: "utf8",
  });
  return { status: run.status, text: run.stdout + run.stderr };
}

/** How the stand-ins were called since the last look. */
function calls(folder: string): string[] {
  appendFileSync(join(folder, "calls"), "");
  const lines = readFileSync(join(folder, "calls"), "utf8").trim().split("\n");
  rmSync(join(folder, "calls"));
  return lines;
}

test("a fresh clone gets packages, a build, boot loaders, a starter config, and serves", () => {
  const folder = freshClone();
  expect(start(folder).status).toBe(0);
  expect(calls(folder)).toEqual([
    "npm ci --no-audit --no-fund",
    "npm run --silent build",
    "assets fetch",
    `bootwire init --config ${folder}/bootwire.yaml`,
    "bootwire serve",
  ]);
});

test("the second start does again only what has to be done again", () => {
  const folder = freshClone();
  start(folder);
  calls(folder);
  start(folder);
  expect(calls(folder)).toEqual(["assets fetch", "bootwire serve"]);

  writeFileSync(join(folder, "src/a.ts"), "export const changed = true;\n");
  start(folder);
  expect(calls(folder)).toEqual(["npm run --silent build", "assets fetch", "bootwire serve"]);

  writeFileSync(
    join(folder, "package-lock.json"),
    JSON.stringify({ packages: { "node_modules/x": { version: "2.0.0" } } }),
  );
  start(folder);
  expect(calls(folder).slice(0, 2)).toEqual(["npm ci --no-audit --no-fund", "npm run --silent build"]);
});

test("a config without state is no first run: nothing is initialised, nothing armed", () => {
  const folder = freshClone();
  start(folder);
  rmSync(join(folder, "state"), { recursive: true });
  calls(folder);
  expect(start(folder).status).toBe(0);
  expect(calls(folder)).toEqual(["assets fetch", "bootwire serve"]);
});

test("state without a config is no first run either", () => {
  const folder = freshClone();
  mkdirSync(join(folder, "state"));
  start(folder);
  expect(calls(folder).at(-1)).toBe("bootwire serve");
  expect(start(folder).status).toBe(0);
});

test("arguments reach serve, and --config says where the starter config goes", () => {
  const folder = freshClone();
  start(folder, {}, ["--config", "lab/b.yaml", "--log", "debug"]);
  expect(calls(folder).slice(-2)).toEqual([
    `bootwire init --config ${folder}/lab/b.yaml`,
    "bootwire serve --config lab/b.yaml --log debug",
  ]);
});

test.each([
  ["ci", 9, "npm ci --no-audit --no-fund failed"],
  ["run", 9, "npm run --silent build failed"],
  ["assets", 8, "main.js fetch failed"],
  ["init", 7, "bootwire init failed"],
])("where %s fails nothing is served, and its exit code comes through", (step, status, message) => {
  const folder = freshClone();
  const run = start(folder, { FAIL: step });
  expect(run.status).toBe(status);
  expect(run.text).toContain(message);
  expect(calls(folder)).not.toContain("bootwire serve");
});

test("the exit code of serve comes through", () => {
  expect(start(freshClone(), { FAIL: "serve" }).status).toBe(7);
});

test("a signal to npm start reaches serve, once", async () => {
  const folder = freshClone();
  const running = spawn(process.execPath, ["scripts/start.mjs"], {
    ...environment(folder, { WAIT: "1" }),
    stdio: ["ignore", "pipe", "ignore"],
  });
  const exited = once(running, "exit");
  for await (const text of running.stdout) if (String(text).includes("ready")) break;
  running.kill("SIGTERM");
  expect(await exited).toEqual([5, null]);
  expect(calls(folder).filter((line) => line.startsWith("stopped"))).toEqual(["stopped by SIGTERM"]);
});
