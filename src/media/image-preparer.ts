import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { BootwireError } from "../errors.ts";
import type { Catalogue } from "./catalogue.ts";
import type { DigestIndex } from "./digest-index.ts";
import type { PreparedImage } from "./prepared-image.ts";

const run = promisify(execFile);

/** Longest that a conversion may take, in milliseconds. */
const CONVERSION_DEADLINE = 60 * 60 * 1000;

/** An image that a profile names. */
export interface ImageSource {
  /** The profile's name, for messages. */
  readonly name: string;
  /** Path in the media folder. */
  readonly image: string;
  /** SHA-256 (hex) that the file must have. */
  readonly sha256: string | undefined;
}

/** Whether a profile's image may be written onto disks now. */
export type ImageStatus =
  | { readonly kind: "ready"; readonly path: string; readonly image: PreparedImage }
  /** Being measured or converted: ask again. */
  | { readonly kind: "preparing"; readonly reason: string }
  /** Must not be written: missing, damaged, not convertible. */
  | { readonly kind: "broken"; readonly error: BootwireError };

type Job =
  | { readonly kind: "running"; readonly done: Promise<void>; readonly reason: string }
  | { readonly kind: "done"; readonly stamp: string; readonly status: ImageStatus };

/**
 * Makes disk images fit to be served: measures their SHA-256 (and compares it with what the config promises, before
 * any disk is touched) and converts qcow2 to raw once. Works in the background; a machine that asks meanwhile waits.
 */
export class ImagePreparer {
  readonly #catalogue: Catalogue;
  readonly #mediaFolder: () => string;
  readonly #digests: DigestIndex;
  readonly #abort = new AbortController();
  readonly #jobs = new Map<string, Job>();

  constructor(catalogue: Catalogue, mediaFolder: () => string, digests: DigestIndex) {
    this.#catalogue = catalogue;
    this.#mediaFolder = mediaFolder;
    this.#digests = digests;
  }

  /** How it stands with the image, starting the work that is still to be done. */
  async status(profile: ImageSource): Promise<ImageStatus> {
    const located = await this.#catalogue.locate(`media/${profile.image}`);
    if (located.kind !== "file") {
      const reason = located.kind === "missing" ? located.reason : `not a file of its own: ${profile.image}`;
      return broken(missingImage(profile, reason));
    }
    const { size, mtimeMs } = await stat(located.path);
    const key = `${located.path}\n${profile.sha256 ?? ""}`;
    const stamp = `${size} ${mtimeMs}`;
    const job = this.#jobs.get(key);
    if (job?.kind === "running") return { kind: "preparing", reason: job.reason };
    if (job?.kind === "done" && job.stamp === stamp) return job.status;
    const reason = `${profile.image} is being ${isQcow2(profile.image) ? "converted" : "measured"}`;
    const done = this.#prepare(profile, located.path).then((status) => {
      this.#jobs.set(key, { kind: "done", stamp, status });
    });
    this.#jobs.set(key, { kind: "running", done, reason });
    return { kind: "preparing", reason };
  }

  /** The converted form of a qcow2 image, when it is ready. */
  async convertedPath(image: string): Promise<string | undefined> {
    for (const job of this.#jobs.values()) {
      if (
        job.kind === "done" &&
        job.status.kind === "ready" &&
        job.status.path === this.#convertedName(image)
      ) {
        return job.status.path;
      }
    }
    return undefined;
  }

  /** Waits until nothing is under way any more. */
  async settled(): Promise<void> {
    await Promise.all([...this.#jobs.values()].map((job) => (job.kind === "running" ? job.done : undefined)));
  }

  /** Stops what is under way. */
  async close(): Promise<void> {
    this.#abort.abort();
    await this.settled();
  }

  async #prepare(profile: ImageSource, path: string): Promise<ImageStatus> {
    try {
      const sha256 = await this.#digests.sha256(path, this.#abort.signal);
      if (profile.sha256 !== undefined && profile.sha256 !== sha256) {
        return broken(wrongDigest(profile, profile.sha256, sha256));
      }
      if (!isQcow2(profile.image)) {
        const { size } = await stat(path);
        const rawSize = isRaw(profile.image) ? size : undefined;
        return { kind: "ready", path, image: { sha256, size, rawSize } };
      }
      const converted = await this.#convert(profile.image, path, sha256);
      const { size } = await stat(converted);
      const digest = await this.#digests.sha256(converted, this.#abort.signal);
      return { kind: "ready", path: converted, image: { sha256: digest, size, rawSize: size } };
    } catch (error) {
      if (error instanceof BootwireError) return broken(error);
      return broken(unreadable(profile, error));
    }
  }

  #convertedName(image: string): string {
    const name = createHash("sha256").update(image).digest("hex").slice(0, 12);
    return join(this.#mediaFolder(), ".converted", `${basename(image)}-${name}.raw`);
  }

  async #convert(image: string, source: string, digest: string): Promise<string> {
    const target = this.#convertedName(image);
    if (await this.#digests.madeFrom(target, digest)) return target;
    const partial = `${target}.partial`;
    await mkdir(join(this.#mediaFolder(), ".converted"), { recursive: true });
    try {
      await run("qemu-img", ["convert", "-f", "qcow2", "-O", "raw", source, partial], {
        timeout: CONVERSION_DEADLINE,
        signal: this.#abort.signal,
      });
      const handle = await open(partial, "r+");
      await handle.sync().finally(() => handle.close());
      await rename(partial, target);
    } catch (error) {
      await rm(partial, { force: true });
      throw notConvertible(image, error);
    }
    await this.#digests.noteMadeFrom(target, digest);
    return target;
  }
}

/** Whether the file ending says that the image is qcow2, which no installer can write as it is. */
export function isQcow2(image: string): boolean {
  return image.endsWith(".qcow2");
}

function isRaw(image: string): boolean {
  return !/\.(gz|xz|zst)$/.test(image);
}

function broken(error: BootwireError): ImageStatus {
  return { kind: "broken", error };
}

function missingImage(profile: ImageSource, reason: string): BootwireError {
  return new BootwireError(
    "BW_MEDIA_MISSING",
    `the image of profile ${profile.name} is not there: ${reason}`,
    `Put it at ${profile.image} in the media folder, or correct the profile's "image".`,
  );
}

function wrongDigest(profile: ImageSource, expected: string, actual: string): BootwireError {
  return new BootwireError(
    "BW_MEDIA_DIGEST",
    `${profile.image} has SHA-256 ${actual}, but profile ${profile.name} says ${expected}`,
    "Fetch the image again, or correct the profile's sha256. Nothing is installed from it until they agree.",
  );
}

function unreadable(profile: ImageSource, error: unknown): BootwireError {
  return new BootwireError(
    "BW_MEDIA_UNREADABLE",
    `${profile.image} of profile ${profile.name} cannot be read: ${error instanceof Error ? error.message : error}`,
    "Check the file, its rights and the disk that it lies on.",
    { cause: error },
  );
}

function notConvertible(image: string, error: unknown): BootwireError {
  const absent = error instanceof Error && "code" in error && error.code === "ENOENT";
  return new BootwireError(
    "BW_MEDIA_CONVERT",
    absent
      ? `${image} needs qemu-img, which is not installed`
      : `${image} could not be converted to raw: ${error}`,
    absent
      ? "Install it (Debian: apt install qemu-utils), or convert the image yourself and name the .raw file."
      : "Check the image with qemu-img check, and the free space of the media folder.",
    { cause: error },
  );
}
