// What has to be there before anything of ours runs: packages, the build, the boot loaders. Plain Node, no packages:
// this is what brings them.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A step that did not work; `exitCode` is what the whole command should end with. */
export class StepFailed extends Error {
  constructor(message, exitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Throws a StepFailed when this Node is older than package.json's `engines` asks for. */
export function checkNode(home, version = process.versions.node) {
  const wanted = readJson(join(home, "package.json")).engines.node.replace(/^>=/, "");
  if (compareVersions(version, wanted) < 0) {
    throw new StepFailed(
      `Bootwire needs Node ${wanted} or newer, this is ${version} (${process.execPath}).\n` +
        "Debian 13 and Proxmox VE 9 have a newer one as the package nodejs; see also https://nodejs.org.",
      1,
    );
  }
}

/** Brings packages and build up to date, saying what it does; does nothing that is done already. */
export function prepare(home) {
  if (!isInstalled(home)) {
    say("installing packages (npm ci)");
    run(home, "npm", ["ci", "--no-audit", "--no-fund"]);
  }
  const sources = hashOfSources(home);
  if (!isBuilt(home, sources)) {
    say("building");
    // What was built of sources that are gone must not stay.
    rmSync(join(home, "dist"), { recursive: true, force: true });
    run(home, "npm", ["run", "--silent", "build"]);
    writeFileSync(stamp(home), sources);
  }
}

/** Brings the boot loaders that are not there yet. */
export function prepareAssets(home) {
  run(home, process.execPath, [join(home, "dist/assets/main.js"), "fetch"]);
}

/** Whether node_modules holds what package-lock.json names, as far as npm's own record of it says. */
export function isInstalled(home) {
  const record = join(home, "node_modules/.package-lock.json");
  if (!existsSync(record)) return false;
  const installed = readJson(record).packages ?? {};
  const wanted = readJson(join(home, "package-lock.json")).packages ?? {};
  return Object.entries(wanted).every(
    ([path, { version, optional, devOptional, peer }]) =>
      path === "" || optional || devOptional || peer || installed[path]?.version === version,
  );
}

function isBuilt(home, sources) {
  return existsSync(stamp(home)) && readFileSync(stamp(home), "utf8") === sources;
}

/** The file that says which sources dist/ was built from. */
function stamp(home) {
  return join(home, "dist/.built-from");
}

function hashOfSources(home) {
  const hash = createHash("sha256");
  const files = readdirSync(join(home, "src"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
  for (const file of [
    ...files,
    ...["tsconfig.json", "tsconfig.build.json", "package-lock.json"].map((name) => join(home, name)),
  ]) {
    hash.update(`${file}\0`).update(readFileSync(file)).update("\0");
  }
  return hash.digest("hex");
}

function run(home, command, args) {
  const { status, signal, error } = spawnSync(command, args, { cwd: home, stdio: "inherit" });
  const what = [command === process.execPath ? "node" : command, ...args].join(" ");
  if (error) throw new StepFailed(`${what}: ${error.message}`, 1);
  if (signal) throw new StepFailed(`${what} was ended by ${signal}`, 1);
  if (status !== 0) throw new StepFailed(`${what} failed (exit code ${status})`, status);
}

/** Tells the person at the terminal what goes on, on stderr: stdout belongs to the program that is started. */
export function say(text) {
  process.stderr.write(`bootwire: ${text}\n`);
}

function readJson(path) {
  return JSON.parse(readFileSync(path, "utf8"));
}

function compareVersions(a, b) {
  const [x, y] = [a, b].map((version) => version.split(".").map(Number));
  for (let i = 0; i < 3; i++) {
    if ((x[i] ?? 0) !== (y[i] ?? 0)) return (x[i] ?? 0) - (y[i] ?? 0);
  }
  return 0;
}
