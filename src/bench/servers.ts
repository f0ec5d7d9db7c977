import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findTool } from "../demo/tools.ts";
import { CannotMeasure } from "./common.ts";
import { type Lab, type Running, SERVER_INTERFACE } from "./lab.ts";

/** The command line, as it was built beside this file. */
const CLI = fileURLToPath(new URL("../cli/main.js", import.meta.url));

/** What Node is started with wherever the daemon is: in `npm start`, the bin, the systemd unit and the image. */
export const NODE_FLAGS = ["--max-semi-space-size=2"] as const;

/** Whether a program is on the PATH or among the system's. */
export function isInstalled(command: string): boolean {
  return findTool(command) !== undefined;
}

/** Throws CannotMeasure unless this is root and every command (→ its Debian package) is there. */
export function needRootAnd(commands: Readonly<Record<string, string>>): void {
  if (process.geteuid?.() !== 0)
    throw new CannotMeasure("the benchmark makes network namespaces: run it as root");
  const missing = Object.keys(commands).filter((command) => !isInstalled(command));
  if (missing.length > 0) {
    const packages = missing.map((command) => commands[command]).join(" ");
    throw new CannotMeasure(`missing: ${missing.join(", ")} (apt-get install ${packages})`);
  }
}

/** Where a contestant keeps what it writes: empty at each start. */
export function emptyFolder(lab: Lab, name: string): string {
  const folder = join(lab.folder, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Bootwire as an admin would start it, on the lab's wire: `init`, then `serve`. `config` is YAML. */
export async function startBootwire(lab: Lab, folder: string, config: string): Promise<Running> {
  return serveBootwire(lab, initBootwire(lab, folder, config));
}

/** `init` alone; returns the config's path. */
export function initBootwire(lab: Lab, folder: string, config: string): string {
  const path = join(folder, "bootwire.yaml");
  writeFileSync(path, `interface: ${SERVER_INTERFACE}\n${config}`);
  lab.prepare(process.execPath, [CLI, "init", "--config", path]);
  return path;
}

/** `serve` alone. */
export function serveBootwire(lab: Lab, config: string): Promise<Running> {
  return lab.serve("bootwire", process.execPath, [...NODE_FLAGS, CLI, "serve", "--config", config]);
}
