import { constants, readv } from "node:fs";
import { open, stat } from "node:fs/promises";
import { versionOf } from "./file-content.ts";
import { type LaidOutFile, laidOutBytes, laidOutGeometry } from "./laid-out.ts";
import { lastBlockOf, packetSize, writeHeaders } from "./layout.ts";
import { DATA_HEADER } from "./packet.ts";

/** Tiny blocks would make a small file a large one in memory. */
const MAX_BLOCKS = 16_384;

/**
 * The small files that many ask for (boot loaders, small kernels): read once, laid out once a block size, shared by all
 * transfers in all threads. Each request looks whether the file has changed; a transfer keeps what it began with.
 */
export class HotFiles {
  readonly #ceiling: number;
  readonly #fileLimit: number;
  /** Least recently used first. */
  readonly #files = new Map<string, Promise<LaidOutFile | undefined>>();
  readonly #bytes = new Map<string, number>();
  #total = 0;

  /** `ceiling`: octets in all; `fileLimit`: larger files are not kept. */
  constructor(options: { readonly ceiling: number; readonly fileLimit: number }) {
    this.#ceiling = options.ceiling;
    this.#fileLimit = options.fileLimit;
  }

  /** Octets in memory. */
  get total(): number {
    return this.#total;
  }

  /**
   * The file, laid out as `choose` says once its size is known; undefined for one that is too large, not a file, or not
   * readable (whoever opens it then finds out why).
   */
  async get(
    path: string,
    choose: (size: number) => { readonly blockSize: number; readonly rollover: 0 | 1 },
  ): Promise<LaidOutFile | undefined> {
    const stats = await stat(path, { bigint: true }).catch(() => undefined);
    if (!stats?.isFile() || stats.size > this.#fileLimit || stats.size === 0n) return undefined;
    const size = Number(stats.size);
    const version = versionOf(stats);
    const { blockSize, rollover } = choose(size);
    if (lastBlockOf(size, blockSize) > MAX_BLOCKS) return undefined;
    const key = `${version}/${blockSize}/${rollover}`;
    const known = this.#files.get(key);
    this.#files.delete(key);
    const file = known ?? this.#load(path, version, size, blockSize, rollover).catch(() => undefined);
    this.#files.set(key, file);
    if (known === undefined) {
      const bytes = laidOutBytes(size, laidOutGeometry({ size, blockSize, rollover }));
      this.#bytes.set(key, bytes);
      this.#total += bytes;
      this.#shrink(key);
    }
    const ready = await file;
    // What could not be read as a whole in one version is tried again at the next request.
    if (!ready && this.#files.get(key) === file) this.#drop(key);
    return ready;
  }

  #shrink(spared: string): void {
    for (const key of this.#files.keys()) {
      if (this.#total <= this.#ceiling) return;
      if (key !== spared) this.#drop(key);
    }
  }

  #drop(key: string): void {
    this.#files.delete(key);
    this.#total -= this.#bytes.get(key) ?? 0;
    this.#bytes.delete(key);
  }

  async #load(
    path: string,
    version: string,
    size: number,
    blockSize: number,
    rollover: 0 | 1,
  ): Promise<LaidOutFile | undefined> {
    const geometry = laidOutGeometry({ size, blockSize, rollover });
    const memory = new SharedArrayBuffer(laidOutBytes(size, geometry));
    const bytes = Buffer.from(memory);
    const views: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += packetSize(geometry)) {
      views.push(bytes.subarray(at + DATA_HEADER, at + packetSize(geometry)));
    }
    // A pipe must not block the open.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      let position = 0;
      // The kernel takes 1024 views at a time.
      for (let first = 0; first < views.length; first += 1024) {
        const some = views.slice(first, first + 1024);
        const wanted = some.reduce((sum, view) => sum + view.length, 0);
        if ((await readAll(handle.fd, some, position)) < wanted) return undefined;
        position += wanted;
      }
      if (versionOf(await handle.stat({ bigint: true })) !== version) return undefined;
    } finally {
      await handle.close();
    }
    writeHeaders(bytes, 0, geometry);
    return { kind: "laid-out", memory, size, blockSize, rollover };
  }
}

function readAll(fd: number, views: readonly Buffer[], position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    readv(fd, views, position, (error, count) => (error ? reject(error) : resolve(count)));
  });
}
