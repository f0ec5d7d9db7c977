import type { BigIntStats } from "node:fs";

/** What tells one version of a file's bytes from another: it changes when the file is replaced or written to. */
export type FileStamp = string;

export function stampOf(stats: BigIntStats): FileStamp {
  return `${stats.dev.toString(36)}-${stats.ino.toString(36)}-${stats.size.toString(36)}-${stats.mtimeNs.toString(36)}`;
}

/** The file is no longer the one that was looked at. */
export class FileChanged extends Error {
  constructor(path: string) {
    super(`${path} changed while it was read`);
    this.name = "FileChanged";
  }
}
