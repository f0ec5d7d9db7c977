import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { findCommand } from "../../support/require.ts";

const CACHE = resolve(".cache/test-packages");

/**
 * A program of a Debian package that starts a service when it is installed, and that on every network card: so it is not
 * installed but unpacked, once. Returns where it is to be (for `files` of a test's needs: it is not there if apt cannot
 * bring it). An installed one is preferred.
 */
export function unpackedProgram(packageName: string, program: string): string {
  const installed = findCommand(program.slice(program.lastIndexOf("/") + 1));
  if (installed !== undefined) return installed;
  const home = join(CACHE, packageName);
  const path = join(home, program);
  if (!existsSync(path)) unpack(packageName, home);
  return path;
}

function unpack(packageName: string, home: string): void {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, "unpacking-"));
  try {
    spawnSync("apt-get", ["download", "-q", packageName], { cwd: folder, timeout: 60_000 });
    const file = readdirSync(folder).find((name) => name.endsWith(".deb"));
    if (file === undefined) return;
    spawnSync("dpkg-deb", ["--extract", join(folder, file), join(folder, "root")], { timeout: 60_000 });
    rmSync(home, { recursive: true, force: true });
    if (existsSync(join(folder, "root"))) renameSync(join(folder, "root"), home);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
