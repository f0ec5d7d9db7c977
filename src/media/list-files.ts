import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

export interface ListedFile {
  /** Below the folder, with slashes. */
  readonly path: string;
  readonly size: number;
  readonly modifiedAt: number;
}

/** Files that are listed at most, and how deep they may lie. */
const MAX_FILES = 2000;
const MAX_DEPTH = 8;

/** The files of a folder, by path. Hidden ones and what cannot be read are left out; of too many, the rest. */
export async function listFiles(
  folder: string,
): Promise<{ readonly files: readonly ListedFile[]; readonly isCut: boolean }> {
  const files: ListedFile[] = [];
  const folders = [""];
  for (let relative = folders.shift(); relative !== undefined; relative = folders.shift()) {
    for (const name of (await namesIn(join(folder, relative))).toSorted()) {
      const path = relative === "" ? name : `${relative}/${name}`;
      // Follows symbolic links, as serving does.
      const found = await stat(join(folder, path)).catch(() => undefined);
      if (found?.isDirectory() && path.split("/").length < MAX_DEPTH) folders.push(path);
      if (!found?.isFile()) continue;
      if (files.length >= MAX_FILES) return { files, isCut: true };
      files.push({ path, size: found.size, modifiedAt: found.mtimeMs });
    }
  }
  return { files: files.toSorted((a, b) => (a.path < b.path ? -1 : 1)), isCut: false };
}

async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => !name.startsWith("."));
}
