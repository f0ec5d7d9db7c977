import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";

/**
 * A folder of the cache, made when it is not there yet. `make` gets a folder to work in, which is removed at the end, and
 * leaves what is to be kept in its subfolder `ready`: it appears in the cache whole or not at all.
 */
export async function madeOnce(
  cache: string,
  name: string,
  make: (work: string) => Promise<void>,
): Promise<string> {
  const folder = join(cache, name);
  if (existsSync(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, "making-"));
  try {
    await make(work);
    await rename(join(work, "ready"), folder).catch((error: unknown) => {
      // Somebody else was first, and may be using theirs already.
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return folder;
}
