import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { makeBootLoaders, makeDisk } from "./image-disk.ts";
import { RECIPE } from "./image-recipe.ts";
import { makeRoot, removeBuildPackages } from "./image-root.ts";
import { madeOnce } from "./made-once.ts";
import { findTool, runTool } from "./tools.ts";

/** A disk image that is ready to be served. */
export interface CloudImage {
  /** Raw, packed with zstd. */
  readonly path: string;
  /** Hex, of the packed file. */
  readonly sha256: string;
  /** Bytes, packed. */
  readonly size: number;
}

const TOOLS: readonly (readonly [string, string])[] = [
  ["apt-get", "apt"],
  ["mmdebstrap", "mmdebstrap"],
  ["mke2fs", "e2fsprogs"],
  ["sfdisk", "fdisk"],
  ["mcopy", "mtools"],
  ["mformat", "mtools"],
  ["zstd", "zstd"],
];

/** What making the image needs of this machine and does not find: one line each. */
export function missingForCloudImage(): readonly string[] {
  return TOOLS.filter(([command]) => findTool(command) === undefined).map(
    ([command, debianPackage]) => `the command ${command} (Debian package ${debianPackage})`,
  );
}

/**
 * The demo's disk image, made when it is not in the cache yet (a minute or two, most of it downloads). Needs root.
 * `note` is told what is going on;
 * `signal` ends it early.
 */
export async function cloudImage(
  cache: string,
  note: (text: string) => void,
  signal?: AbortSignal,
): Promise<CloudImage> {
  const version = createHash("sha256").update(JSON.stringify(RECIPE)).digest("hex").slice(0, 16);
  const folder = await madeOnce(cache, `cloud-image-${version}`, async (work) => {
    note("making the disk image (once; it is kept for the next time)");
    await make(work, note, signal);
  });
  const path = join(folder, "image.raw.zst");
  const sha256 = (await readFile(join(folder, "sha256"), "utf8")).trim();
  return { path, sha256, size: (await stat(path)).size };
}

async function make(work: string, note: (text: string) => void, signal?: AbortSignal): Promise<void> {
  const root = join(work, "root");
  const raw = join(work, "image.raw");
  const ready = join(work, "ready");
  note("  Debian packages");
  await makeRoot(root, work, signal);
  signal?.throwIfAborted();
  note("  boot loaders, partitions, file system");
  const loaders = await makeBootLoaders(root);
  await removeBuildPackages(root);
  await rm(join(root, "tmp"), { recursive: true });
  await mkdir(join(root, "tmp"));
  await chmod(join(root, "tmp"), 0o1777);
  await makeDisk(raw, root, loaders);
  note("  packing");
  await mkdir(ready);
  const packed = join(ready, "image.raw.zst");
  await runTool("zstd", ["--quiet", "-T0", "-9", raw, "-o", packed], { deadline: 10 * 60_000 });
  const hash = createHash("sha256");
  await pipeline(createReadStream(packed), hash);
  await writeFile(join(ready, "sha256"), `${hash.digest("hex")}\n`);
}
