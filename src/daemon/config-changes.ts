import { isDeepStrictEqual } from "node:util";
import type { Config, TlsConfig, TlsPem } from "../config/model.ts";
import { isValidAt } from "../config/tls-files.ts";
import type { Templates } from "../templates/templates.ts";

/** What belongs to sockets and folders that are open: a change of these waits for a restart. */
const AT_START = [
  "interfaces",
  "tftp",
  "syslog",
  "http",
  "admin",
  "state",
] as const satisfies readonly (keyof Config)[];

/** What a new configuration changes, for people. */
export interface ConfigChanges {
  readonly changed: boolean;
  readonly notes: string[];
}

/** A configuration and its templates as they were read. */
export interface Written {
  readonly config: Config;
  readonly templates: Templates;
}

/**
 * Compares what was read before, and `open`, the settings that sockets and folders were opened with, with what was read
 * now. Pure.
 */
export function configChanges(before: Written & { readonly open: Config }, now: Written): ConfigChanges {
  const notes: string[] = [];
  const [old, next] = [before.config, now.config];
  notes.push(...hostNotes(old, next));
  const { mode } = next.dhcp;
  if (!isDeepStrictEqual({ ...old.dhcp, mode }, next.dhcp)) notes.push("dhcp changed");
  for (const key of ["advertise", "media", "templates", "hooks"] as const) {
    if (!isDeepStrictEqual(old[key], next[key])) notes.push(`${key} changed`);
  }
  const files = before.templates.toText() !== now.templates.toText();
  if (files && old.templates === next.templates) notes.push("files of templates changed");
  const renewed = old.admin.tls && next.admin.tls && !isDeepStrictEqual(old.admin.tls, next.admin.tls);
  if (renewed) notes.push(`certificate changed${until(next.admin.tls.pem)}`);
  const waiting: string[] = AT_START.filter(
    (key) => !isDeepStrictEqual(opened(before.open, key), opened(next, key)),
  );
  if (before.open.dhcp.mode !== mode) waiting.push("dhcp.mode");
  for (const key of waiting) notes.push(`${key} changed: taken up at the next start`);
  return { changed: files || !isDeepStrictEqual(old, next), notes };
}

/** A setting as far as it is fixed once something is open: another certificate can be shown, with TLS there already. */
function opened(config: Config, key: (typeof AT_START)[number]): unknown {
  return key === "admin" ? { ...config.admin, tls: config.admin.tls !== undefined } : config[key];
}

/** The certificate that is shown now, where it is valid and the next one is not. */
export function certificateToKeep(open: Config, next: Config, now: number): TlsConfig | undefined {
  const [old, fresh] = [open.admin.tls, next.admin.tls];
  if (!old?.pem || !fresh?.pem) return undefined;
  return isValidAt(old.pem, now) && !isValidAt(fresh.pem, now) ? old : undefined;
}

function until(pem: TlsPem | undefined): string {
  return pem === undefined ? "" : `: valid until ${new Date(pem.validTo).toISOString()}`;
}

/** A new configuration, but for what waits for a restart: machines are told of the ports that are open. */
export function withWhatIsOpen(next: Config, open: Config): Config {
  const { interfaces, tftp, http, state } = open;
  const admin = { ...open.admin, tls: open.admin.tls && (next.admin.tls ?? open.admin.tls) };
  return { ...next, interfaces, tftp, http, admin, state, dhcp: { ...next.dhcp, mode: open.dhcp.mode } };
}

function hostNotes(old: Config, next: Config): string[] {
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
  const unused = [...next.profiles].filter(([name, one]) => !isDeepStrictEqual(old.profiles.get(name), one));
  const gone = [...old.profiles.keys()].filter((name) => !next.profiles.has(name));
  const profiles = [...unused.map(([name]) => name), ...gone];
  if (profiles.length > 0) notes.push(`profiles changed: ${profiles.join(", ")}`);
  return notes;
}
