import { appendFile, chmod, copyFile, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type CpioEntry, encodeCpio } from "../cpio/newc.ts";
import type { Templates } from "../templates/templates.ts";
import { gzipForInitrd } from "./base-initrd.ts";
import { BASE_INITRD_NAME } from "./fetch.ts";
import { type Asset, Assets, loadAssets } from "./load.ts";
import { hashFile } from "./manifest.ts";

/** Name of the image installer's initrd, below `assets/`. */
export const INITRD_NAME = "installer/initrd.gz";

/** Where the scripts are in the initrd; `init` itself is at its root. */
const SCRIPTS = "lib/bootwire";

/**
 * The assets as they are served: those of a folder, and the image installer's initrd, put together from the base initrd
 * and the scripts of `templates/image/`. `cache`: a folder that may be written, for the file. Throws like `loadAssets`.
 */
export async function prepareAssets(folder: string, templates: Templates, cache: string): Promise<Assets> {
  const assets = await loadAssets(folder);
  const base = assets.files.get(`assets/${BASE_INITRD_NAME}`);
  if (!base) return assets;
  const initrd = await assembleInitrd(base, templates, cache);
  return new Assets(new Map([...assets.files, [`assets/${INITRD_NAME}`, initrd]]));
}

async function assembleInitrd(base: Asset, templates: Templates, cache: string): Promise<Asset> {
  const scripts = scriptsInitrd(templates);
  const digest = (await hashFile(base.path)).update(scripts).digest("hex");
  const size = base.size + scripts.length;
  const path = join(cache, `installer-initrd-${digest.slice(0, 16)}.gz`);
  if (!(await hasSize(path, size))) {
    await mkdir(cache, { recursive: true });
    // Written aside and renamed, so that a file of this name is always whole.
    await copyFile(base.path, `${path}.partial`);
    await chmod(`${path}.partial`, 0o644);
    await appendFile(`${path}.partial`, scripts);
    await removeOlder(cache);
    await rename(`${path}.partial`, path);
  }
  return { path, sha256: digest, size, package: base.package, version: base.version };
}

/** Our own part of the initrd: every file of `templates/image/` that is no template, executable. Pure. */
export function scriptsInitrd(templates: Templates): Buffer {
  const entries: CpioEntry[] = [{ kind: "directory", path: SCRIPTS, permissions: 0o755 }];
  for (const name of templates.names("image/")) {
    if (name.endsWith(".hbs")) continue;
    const file = name.slice("image/".length);
    const path = file === "init" ? "init" : `${SCRIPTS}/${file}`;
    entries.push({ kind: "file", path, permissions: 0o755, data: Buffer.from(templates.source(name).text) });
  }
  return gzipForInitrd(encodeCpio(entries));
}

async function removeOlder(cache: string): Promise<void> {
  for (const name of await readdir(cache))
    if (/^installer-initrd-\w+\.gz$/.test(name)) await rm(join(cache, name));
}

async function hasSize(path: string, size: number): Promise<boolean> {
  try {
    return (await stat(path)).size === size;
  } catch {
    return false;
  }
}
