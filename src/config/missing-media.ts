import { stat } from "node:fs/promises";
import path from "node:path";
import type { Config } from "./model.ts";
import { mediaOf } from "./profiles/registry.ts";

/** A file that a profile names, and that is not in the media folder. */
export interface MissingMedia {
  readonly profile: string;
  /** The profile's key that names it. */
  readonly key: string;
  /** Path below the media folder. */
  readonly file: string;
}

/** Looks for the files of all profiles. What is inside of an ISO is for others to look at; a tree may be a folder. */
export async function missingMedia(config: Config): Promise<readonly MissingMedia[]> {
  const missing: MissingMedia[] = [];
  for (const [profile, settings] of config.profiles) {
    for (const { key, path: file } of mediaOf(settings)) {
      const onDisk = file.replace(/(\.iso)\/.*$/i, "$1");
      const found = await stat(path.join(config.media, onDisk)).catch(() => undefined);
      if (found?.isFile() || (found?.isDirectory() && (key === "tree" || key === "iso"))) continue;
      missing.push({ profile, key, file });
    }
  }
  return missing;
}
