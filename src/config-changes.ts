import { isDeepStrictEqual } from "node:util";
import type { Config } from "./config/model.ts";

/** What belongs to sockets and folders that are open: a change of these waits for a restart. */
const AT_START = [
  "interfaces",
  "tftp",
  "http",
  "admin",
  "state",
] as const satisfies readonly (keyof Config)[];

/** What a new configuration changes, for people. */
export interface ConfigChanges {
  readonly changed: boolean;
  readonly notes: readonly string[];
}

/** Compares the configuration in force with a new one. Pure. */
export function configChanges(old: Config, next: Config): ConfigChanges {
  const notes: string[] = [];
  const names = (config: Config) => new Map(config.hosts.map((host) => [host.name, host]));
  const before = names(old);
  const after = names(next);
  const added = [...after.keys()].filter((name) => !before.has(name));
  const removed = [...before.keys()].filter((name) => !after.has(name));
  const changed = [...after].filter(
    ([name, host]) => before.has(name) && !isDeepStrictEqual(before.get(name), host),
  );
  if (added.length > 0) notes.push(`hosts added: ${added.join(", ")}`);
  if (removed.length > 0) notes.push(`hosts removed: ${removed.join(", ")}`);
  if (changed.length > 0) notes.push(`hosts changed: ${changed.map(([name]) => name).join(", ")}`);
  if (!isDeepStrictEqual(old.dhcp, next.dhcp)) {
    const waits = old.dhcp.mode !== next.dhcp.mode ? " (the mode is taken up at the next start)" : "";
    notes.push(`dhcp changed${waits}`);
  }
  for (const key of ["advertise", "media", "templates"] as const) {
    if (!isDeepStrictEqual(old[key], next[key])) notes.push(`${key} changed`);
  }
  for (const key of AT_START) {
    if (!isDeepStrictEqual(old[key], next[key])) notes.push(`${key} changed: taken up at the next start`);
  }
  return { changed: !isDeepStrictEqual(old, next), notes };
}
