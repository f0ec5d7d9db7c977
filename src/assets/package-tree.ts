import { execFile } from "node:child_process";
import { readdir, readFile, realpath } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { promisify } from "node:util";
import { BootwireError } from "../errors.ts";
import { neededLibraries } from "./elf.ts";
import type { ModuleTree } from "./kernel-modules.ts";

const run = promisify(execFile);

/** Longest that unpacking one module may take, in milliseconds. */
const DEADLINE = 60 * 1000;

/** Folders that packages have their shared libraries in, before and after Debian moved everything below /usr. */
const LIBRARY_FOLDERS = ["lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu"];

/** The first of some paths that an unpacked package has. Throws BW_ASSETS_PACKAGE when it has none. */
export async function pickFile(
  root: string,
  candidates: readonly string[],
): Promise<{ readonly from: string; readonly bytes: Buffer }> {
  for (const from of candidates) {
    const bytes = await readInside(root, from);
    if (bytes) return { from, bytes };
  }
  throw unexpected(`${root} has none of ${candidates.join(", ")}`);
}

/** The one file of a folder whose name starts so: `vmlinuz-6.1.0-1-amd64`. Throws BW_ASSETS_PACKAGE. */
export async function pickByPrefix(
  root: string,
  folder: string,
  prefix: string,
): Promise<{ readonly from: string; readonly bytes: Buffer }> {
  const names = (await readdir(join(root, folder))).filter((name) => name.startsWith(prefix));
  const [name] = names;
  if (name === undefined || names.length > 1)
    throw unexpected(`${root}/${folder} has ${names.length} files ${prefix}*`);
  return pickFile(root, [`${folder}/${name}`]);
}

/** The modules of an unpacked kernel package. `busybox`: a program that can unpack xz. Throws BW_ASSETS_PACKAGE. */
export async function openModuleTree(
  root: string,
  busybox: string,
): Promise<ModuleTree & { readonly kernelVersion: string }> {
  for (const folder of ["lib/modules", "usr/lib/modules"]) {
    const [kernelVersion, ...others] = await readdir(join(root, folder)).catch(() => []);
    if (kernelVersion === undefined || others.length > 0) continue;
    const base = join(root, folder, kernelVersion);
    const paths: string[] = [];
    for (const entry of await readdir(base, { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && /\.ko(\.\w+)?$/.test(entry.name)) {
        paths.push(relative(base, join(entry.parentPath, entry.name)).split(sep).join("/"));
      }
    }
    const builtIn = await readFile(join(base, "modules.builtin"), "utf8");
    return {
      kernelVersion,
      paths,
      builtIn: builtIn.split("\n").filter((line) => line !== ""),
      read: (path) => readModule(join(base, path), busybox),
    };
  }
  throw unexpected(`${root} has no modules of one kernel`);
}

/** The shared libraries that programs need, with those that these need, out of unpacked packages. */
export async function collectLibraries(
  programs: Iterable<Buffer>,
  roots: readonly string[],
): Promise<ReadonlyMap<string, Buffer>> {
  const libraries = new Map<string, Buffer>();
  const queue = [...programs].flatMap(neededLibraries);
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    if (libraries.has(name)) continue;
    const library = await findLibrary(name, roots);
    libraries.set(name, library);
    queue.push(...neededLibraries(library));
  }
  return libraries;
}

async function findLibrary(name: string, roots: readonly string[]): Promise<Buffer> {
  for (const root of roots) {
    for (const folder of LIBRARY_FOLDERS) {
      const bytes = await readInside(root, `${folder}/${name}`);
      if (bytes) return bytes;
    }
  }
  throw unexpected(`no package has the library ${name}`);
}

/** A file of an unpacked package; a link in it that leads out of the package (to the host's files) counts as absent. */
async function readInside(root: string, path: string): Promise<Buffer | undefined> {
  try {
    const inside = await realpath(root);
    const target = await realpath(join(root, path));
    return target.startsWith(inside + sep) ? await readFile(target) : undefined;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

async function readModule(path: string, busybox: string): Promise<Buffer> {
  if (path.endsWith(".ko")) return readFile(path);
  if (!path.endsWith(".ko.xz")) throw unexpected(`${path} is compressed in a way that is not known`);
  const { stdout } = await run(busybox, ["unxz", "-c", path], {
    encoding: "buffer",
    timeout: DEADLINE,
    maxBuffer: 256 << 20,
  });
  return stdout;
}

function unexpected(message: string): BootwireError {
  return new BootwireError(
    "BW_ASSETS_PACKAGE",
    `a Debian package is not as expected: ${message}`,
    "Packages of Debian 12 and 13 are known to fit; adapt boot-assets/packages.yaml to others.",
  );
}
