import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { IsoError } from "../iso9660/source.ts";
import type { Catalogue } from "./catalogue.ts";
import { type RecognizedIso, recognizeIso } from "./recognize-iso.ts";

/** A file of the media folder. */
export interface MediaFile {
  /** Path in the media folder. */
  readonly path: string;
  readonly size: number;
  readonly modifiedAt: Date;
  readonly iso: RecognizedIso | undefined;
  /** Why an ISO cannot be read. */
  readonly damage: string | undefined;
}

/** Files that are listed, so that a whole unpacked mirror ends. */
const MAX_FILES = 2000;

/** The files of the media folder by path, without those in folders with a dot (what is being fetched or converted). */
export async function listMedia(catalogue: Catalogue, mediaFolder: string): Promise<readonly MediaFile[]> {
  const files: MediaFile[] = [];
  const folders = [""];
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    const entries = await readdir(join(mediaFolder, folder), { withFileTypes: true });
    for (const entry of entries) {
      if (entry.name.startsWith(".") || files.length >= MAX_FILES) continue;
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile()) files.push(await describeMedia(catalogue, mediaFolder, path));
    }
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** What one file is. Rejects with the file system's error when it is not there. */
export async function describeMedia(
  catalogue: Catalogue,
  mediaFolder: string,
  path: string,
): Promise<MediaFile> {
  const { size, mtime } = await stat(join(mediaFolder, path));
  const file = { path, size, modifiedAt: mtime };
  try {
    const iso = await catalogue.iso(path);
    return { ...file, iso: iso && (await recognizeIso(iso.reader, size)), damage: undefined };
  } catch (error) {
    if (!(error instanceof IsoError)) throw error;
    return { ...file, iso: undefined, damage: error.message };
  }
}
