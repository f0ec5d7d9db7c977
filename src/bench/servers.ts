import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Lab, type Running, SERVER_INTERFACE } from "./lab.ts";

/** The command line, as it was built beside this file. */
const CLI = fileURLToPath(new URL("../cli/main.js", import.meta.url));

/** Where a contestant keeps what it writes: empty at each start. */
export function emptyFolder(lab: Lab, name: string): string {
  const folder = join(lab.folder, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Bootwire as an admin would start it, on the lab's wire: `init`, then `serve`. `config` is YAML. */
export async function startBootwire(lab: Lab, folder: string, config: string): Promise<Running> {
  const path = join(folder, "bootwire.yaml");
  writeFileSync(path, `interface: ${SERVER_INTERFACE}\n${config}`);
  lab.prepare(process.execPath, [CLI, "init", "--config", path]);
  return lab.serve("bootwire", process.execPath, [CLI, "serve", "--config", path]);
}
