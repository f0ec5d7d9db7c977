import { createHash } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { copyFile, mkdir, open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { BootwireError } from "../errors.ts";
import { type DownloadOptions, download } from "./download.ts";

export interface AddOptions {
  /** File, or HTTP(S) URL. */
  readonly source: string;
  readonly mediaFolder: string;
  /** Name in the media folder; left out, the source's. */
  readonly name: string | undefined;
  /** What the file must have, in hex. */
  readonly sha256: string | undefined;
  readonly onProgress: DownloadOptions["onProgress"];
  /** Told once the file is here and is being measured. */
  readonly onVerify: () => void;
  readonly pause: DownloadOptions["pause"];
  readonly signal?: AbortSignal | undefined;
}

export interface AddedMedia {
  /** Path in the media folder. */
  readonly path: string;
  readonly sha256: string;
  /** Whether it was there already, unchanged. */
  readonly present: boolean;
}

/** Folder in the media folder for what is not whole yet. */
const PARTIAL = ".partial";

/**
 * Brings a file into the media folder: fetched or copied aside, measured, compared with what it should be, and put in
 * place in one step, so that nobody is ever served a half. Rejects with BW_MEDIA_DIGEST, BW_MEDIA_EXISTS,
 * BW_MEDIA_DOWNLOAD, BW_MEDIA_NAME or BW_MEDIA_MISSING.
 */
export async function addMedia(options: AddOptions): Promise<AddedMedia> {
  await mkdir(options.mediaFolder, { recursive: true });
  const url = /^https?:\/\//i.test(options.source) ? new URL(options.source) : undefined;
  const inside = url || options.name !== undefined ? undefined : await insideOf(options);
  if (inside !== undefined) {
    const digest = await measured(join(options.mediaFolder, inside), options);
    return { path: inside, sha256: digest, present: true };
  }
  const name = nameFor(options, url);
  const target = join(options.mediaFolder, name);
  if (await exists(target)) {
    if (options.sha256 === undefined) throw alreadyThere(name);
    return { path: name, sha256: await measured(target, options), present: true };
  }
  const partial = join(options.mediaFolder, PARTIAL, name);
  if (url) {
    const { onProgress, pause, signal } = options;
    await download({ url, partial, onProgress, pause, signal });
  } else await copyAside(options.source, partial);
  let sha256: string;
  try {
    sha256 = await measured(partial, options);
  } catch (error) {
    // What has the wrong content is of no use to the next try.
    if (error instanceof BootwireError) await rm(partial, { force: true });
    throw error;
  }
  await mkdir(dirname(target), { recursive: true });
  await rename(partial, target);
  return { path: name, sha256, present: false };
}

/** Where in the media folder a source lies that is in there already. */
async function insideOf({ source, mediaFolder }: AddOptions): Promise<string | undefined> {
  if (!(await exists(source))) throw noSuchFile(source);
  const root = await realpath(mediaFolder);
  const path = await realpath(source);
  return path.startsWith(root + sep) ? relative(root, path) : undefined;
}

function nameFor({ name, source }: AddOptions, url: URL | undefined): string {
  const wanted = name ?? (url ? decodeURIComponent(basename(url.pathname)) : basename(resolve(source)));
  const parts = wanted.split("/");
  // Loaders read names in scripts of their own, where blanks and quotes mean something.
  if (!parts.every((part) => /^[A-Za-z0-9_][A-Za-z0-9._~-]*$/.test(part))) {
    throw new BootwireError(
      "BW_MEDIA_NAME",
      `${JSON.stringify(wanted)} is no name that every loader can ask for`,
      "Give another one with --name: letters, digits, dots and hyphens.",
    );
  }
  return wanted;
}

async function copyAside(source: string, partial: string): Promise<void> {
  if (!(await exists(source))) throw noSuchFile(source);
  await mkdir(dirname(partial), { recursive: true });
  // No second copy where the file system can share the blocks.
  await copyFile(source, partial, constants.COPYFILE_FICLONE);
  const handle = await open(partial, "r+");
  await handle.sync().finally(() => handle.close());
}

async function measured(path: string, { sha256, onVerify, signal }: AddOptions): Promise<string> {
  onVerify();
  const hash = createHash("sha256");
  const stream = createReadStream(path, { highWaterMark: 1 << 20, ...(signal && { signal }) });
  for await (const chunk of stream) hash.update(chunk);
  const digest = hash.digest("hex");
  if (sha256 !== undefined && digest !== sha256.toLowerCase()) {
    throw new BootwireError(
      "BW_MEDIA_DIGEST",
      `${basename(path)} has SHA-256 ${digest}, and should have ${sha256.toLowerCase()}`,
      "Compare the digest with the one that the makers publish; the file was not put into the media folder.",
    );
  }
  return digest;
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR"))
      return false;
    throw error;
  }
}

function alreadyThere(name: string): BootwireError {
  return new BootwireError(
    "BW_MEDIA_EXISTS",
    `${name} is in the media folder already`,
    "Say with --sha256 what it should be, to have it compared; or give the new one another name with --name.",
  );
}

function noSuchFile(source: string): BootwireError {
  return new BootwireError(
    "BW_MEDIA_MISSING",
    `there is no file ${source}`,
    "Name a file, or an address that begins with http:// or https://.",
  );
}
