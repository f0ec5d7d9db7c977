import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, test } from "vitest";
import { findTool } from "../../src/demo/tools.ts";

/**
 * What a test cannot do without. Name the least that is needed: what is missing is told to whoever runs the tests.
 */
export interface Needs {
  /** Effective user id 0. */
  readonly root?: boolean;
  /** The right to make network namespaces; includes `root`. */
  readonly namespaces?: boolean;
  /** Programs that must be on the PATH (with /usr/sbin and /sbin), by name: `["qemu-system-x86_64", "ip"]`. */
  readonly commands?: readonly string[];
  /** Debian packages that must be installed, for what is no command: `["ovmf"]`. */
  readonly packages?: readonly string[];
  /** Files that must exist, absolute or relative to the working folder (the clone). */
  readonly files?: readonly string[];
}

/** Whether this machine has it all; `reason` names everything that is missing, in one line. */
export type Availability = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** With BOOTWIRE_REQUIRE_ALL=1 nothing may be skipped: what cannot run fails (CI runs so). */
export function everythingIsRequired(): boolean {
  return process.env["BOOTWIRE_REQUIRE_ALL"] === "1";
}

/** Looks whether this machine has what a test needs. */
export function requireAll(needs: Needs): Availability {
  const missing: string[] = [];
  const wantsRoot = needs.root === true || needs.namespaces === true;
  const isRoot = process.geteuid?.() === 0;
  if (wantsRoot && !isRoot) missing.push("root");
  if (needs.namespaces === true && isRoot && !canMakeNamespaces())
    missing.push("the right to make namespaces");
  for (const command of needs.commands ?? []) {
    if (findCommand(command) === undefined) missing.push(`the command ${command}`);
  }
  for (const name of needs.packages ?? []) {
    if (!isInstalled(name)) missing.push(`the Debian package ${name}`);
  }
  for (const file of needs.files ?? []) {
    if (!existsSync(file)) missing.push(`the file ${file}`);
  }
  return missing.length === 0 ? { ok: true } : { ok: false, reason: `needs ${missing.join(", ")}` };
}

/**
 * `describe` for tests that need something of the machine. Where it is missing, the group is skipped and its name says
 * why; with BOOTWIRE_REQUIRE_ALL=1 it fails instead.
 */
export function describeIf(needs: Needs, name: string, body: () => void): void {
  const availability = requireAll(needs);
  if (availability.ok) {
    describe(name, body);
  } else if (everythingIsRequired()) {
    describe(name, () => {
      test("has what it needs", () => {
        throw new Error(`${name}: ${availability.reason} (BOOTWIRE_REQUIRE_ALL=1: nothing may be skipped)`);
      });
    });
  } else {
    describe.skip(`${name} [skipped: ${availability.reason}]`, body);
  }
}

/** The absolute path of a program, or `undefined`. */
export function findCommand(command: string): string | undefined {
  return findTool(command);
}

function canMakeNamespaces(): boolean {
  return spawnSync("unshare", ["--net", "true"], { stdio: "ignore" }).status === 0;
}

function isInstalled(name: string): boolean {
  const query = spawnSync("dpkg-query", ["-W", "-f", "${Status}", name], { encoding: "utf8" });
  return query.status === 0 && query.stdout.includes("install ok installed");
}
