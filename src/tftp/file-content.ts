import type { BigIntStats } from "node:fs";
import { constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import type { ReadableContent } from "./content.ts";
import { type Disk, poolDisk, Turns } from "./disk.ts";
import type { Geometry } from "./layout.ts";
import type { Extent } from "./source.ts";

/** Milliseconds after which a file that is being read is looked at again: has it changed? */
const RECHECK = 250;

/** Calls to the file system that have not come back yet. */
interface Busy {
  count: number;
}

/** Reads what the system has in memory (see `NativeSockets.readCached`). */
export type ReadCached = (fd: number, views: readonly Buffer[], position: number) => number;

/** What all files of one table share. */
interface Shared {
  readonly now: () => number;
  readonly busy: Busy;
  /** Undefined where there is no such thing. */
  readonly readCached: ReadCached | undefined;
  readonly disk: Disk;
  /** By the device. */
  readonly turns: Turns;
}

/** A file (or parts of one) that is open for reading, in the version that it had when it was opened. */
export class FileContent implements ReadableContent {
  readonly key: string;
  readonly size: number;
  readonly shared = true;
  readonly #handle: FileHandle;
  readonly #stamp: string;
  readonly #device: string;
  readonly #extents: readonly Extent[];
  readonly #shared: Shared;
  readonly #onClose: () => void;
  #users = 1;
  #checkedAt: number;
  /** Reads that have ended, and how many of them had when the file was last seen unchanged. */
  #reads = 0;
  #verifiedReads = 0;

  constructor(
    handle: FileHandle,
    stats: BigIntStats,
    key: string,
    extents: readonly Extent[],
    shared: Shared,
    onClose: () => void,
  ) {
    this.key = key;
    this.size = extents.reduce((sum, extent) => sum + extent.length, 0);
    this.#handle = handle;
    this.#stamp = stampOf(stats);
    this.#device = String(stats.dev);
    this.#extents = extents;
    this.#shared = shared;
    this.#onClose = onClose;
    this.#checkedAt = shared.now();
  }

  /** One more user; each calls `release` once. */
  share(): this {
    this.#users++;
    return this;
  }

  release(): void {
    this.#users--;
    if (this.#users > 0) return;
    this.#onClose();
    // Nothing was written: a close that fails loses nothing.
    this.#handle.close().catch(() => undefined);
  }

  fill(views: readonly Buffer[], piece: number, geometry: Geometry): Promise<number> {
    return this.fillFrom(views, geometry.blockSize, piece * geometry.blocksPerPiece * geometry.blockSize);
  }

  fillNow(views: readonly Buffer[], piece: number, geometry: Geometry): number | undefined {
    return this.fillFromNow(views, geometry.blockSize, piece * geometry.blocksPerPiece * geometry.blockSize);
  }

  /** As `fillFrom`, of what the system has in memory; undefined when that is not enough. */
  fillFromNow(views: readonly Buffer[], viewSize: number, start: number): number | undefined {
    const { readCached, now } = this.#shared;
    const [only, more] = this.#extents;
    if (!readCached || !only || more || now() - this.#checkedAt >= RECHECK) return undefined;
    const wanted = Math.min(views.length * viewSize, Math.max(0, this.size - start));
    if (wanted > 0 && readCached(this.#handle.fd, views, only.offset + start) < wanted) return undefined;
    this.#reads++;
    return wanted;
  }

  /** Fills views of that size with the octets from `start` on; resolves with how many there were. */
  async fillFrom(views: readonly Buffer[], viewSize: number, start: number): Promise<number> {
    this.share();
    try {
      const wanted = Math.min(views.length * viewSize, Math.max(0, this.size - start));
      await this.#read(views, viewSize, start, wanted);
      if (this.#shared.now() - this.#checkedAt >= RECHECK) await this.verify();
      return wanted;
    } finally {
      this.release();
    }
  }

  /** Reads up to `target.length` octets from `position` of the content on; resolves with their number. */
  async read(target: Buffer, position: number): Promise<number> {
    const wanted = Math.min(target.length, Math.max(0, this.size - position));
    if (wanted === 0) return 0;
    this.share();
    try {
      await this.#read([target], target.length, position, wanted);
      return wanted;
    } finally {
      this.release();
    }
  }

  /** Fills the first `wanted` octets of the views, each `viewSize` long, from the extents. */
  async #read(views: readonly Buffer[], viewSize: number, position: number, wanted: number): Promise<void> {
    let done = 0;
    let extentStart = 0;
    for (const extent of this.#extents) {
      const extentEnd = extentStart + extent.length;
      while (done < wanted && position + done < extentEnd) {
        const length = Math.min(wanted - done, extentEnd - position - done);
        const at = extent.offset + position + done - extentStart;
        const slices = sliceViews(views, viewSize, done, length);
        const { disk, turns } = this.#shared;
        const got = await turns.run(this.#device, () => disk.read(this.#handle.fd, slices, at));
        this.#reads++;
        if (got === 0) throw new Error("the file became shorter while it was read");
        done += got;
      }
      if (done >= wanted) return;
      extentStart = extentEnd;
    }
  }

  get verified(): boolean {
    return this.#verifiedReads === this.#reads;
  }

  /** A file that was written to while it was read must not arrive as a mixture. */
  async verify(): Promise<void> {
    const reads = this.#reads;
    this.#checkedAt = this.#shared.now();
    this.share();
    this.#shared.busy.count++;
    try {
      const stats = await this.#handle.stat({ bigint: true });
      if (stampOf(stats) !== this.#stamp) throw new Error("the file changed while it was read");
      this.#verifiedReads = Math.max(this.#verifiedReads, reads);
    } finally {
      this.#shared.busy.count--;
      this.release();
    }
  }
}

/** The parts of the views that hold the octets from `from` on, `length` of them. */
function sliceViews(
  views: readonly Buffer[],
  viewSize: number,
  from: number,
  length: number,
): readonly Buffer[] {
  if (from === 0 && length === views.length * viewSize) return views;
  const parts: Buffer[] = [];
  for (let at = from; at < from + length; ) {
    const within = at % viewSize;
    const take = Math.min(viewSize - within, from + length - at);
    const view = views[Math.floor(at / viewSize)];
    if (!view) break;
    parts.push(view.subarray(within, within + take));
    at += take;
  }
  return parts;
}

/** What a write changes. (The change time would move by a rename over the file as well, which leaves its octets alone.) */
function stampOf(stats: BigIntStats): string {
  return `${stats.size}:${stats.mtimeNs}`;
}

/** What tells one version of a file from another. */
export function versionOf(stats: BigIntStats): string {
  return `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;
}

/** The files that are open, one handle for all transfers of one version. */
export class FileTable {
  readonly #open = new Map<string, FileContent>();
  readonly #shared: Shared;

  /** `now`: milliseconds of any steady clock; `reads`: of one device at a time. */
  constructor(
    now: () => number,
    options: {
      readonly readCached?: ReadCached | undefined;
      readonly disk?: Disk | undefined;
      readonly reads?: number;
    } = {},
  ) {
    const { readCached, disk = poolDisk, reads = Number.POSITIVE_INFINITY } = options;
    this.#shared = { now, busy: { count: 0 }, readCached, disk, turns: new Turns(reads) };
  }

  /** Looks at files that have not come back yet (reads apart). */
  get busy(): number {
    return this.#shared.busy.count;
  }

  /**
   * Opens a regular file; anything else (a folder, a pipe, a device) is an error. Extents beyond its end are an error
   * too. The content must be released.
   */
  async open(path: string, extents?: readonly Extent[]): Promise<FileContent> {
    const suffix = extents ? extents.map((extent) => `${extent.offset}+${extent.length}`).join(",") : "";
    const shared = this.#open.get(keyOf(await stat(path, { bigint: true }), suffix));
    if (shared) return shared.share();
    // A pipe must not block the open.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await handle.stat({ bigint: true });
      if (!stats.isFile()) throw new Error("not a regular file");
      const size = Number(stats.size);
      const parts = extents ?? [{ offset: 0, length: size }];
      if (parts.some(({ offset, length }) => offset < 0 || length < 0 || offset + length > size)) {
        throw new Error("the file is shorter than what should be in it");
      }
      const key = keyOf(stats, suffix);
      const other = this.#open.get(key);
      if (other) {
        await handle.close();
        return other.share();
      }
      const content = new FileContent(handle, stats, key, parts, this.#shared, () => {
        this.#open.delete(key);
      });
      this.#open.set(key, content);
      return content;
    } catch (error) {
      await handle.close().catch(() => undefined);
      throw error;
    }
  }
}

function keyOf(stats: BigIntStats, suffix: string): string {
  return `${versionOf(stats)}/${suffix}`;
}
