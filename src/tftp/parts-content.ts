import type { ReadableContent } from "./content.ts";
import type { FileContent, FileTable } from "./file-content.ts";
import type { Geometry } from "./layout.ts";
import type { TftpPart } from "./source.ts";

/** A part in its place: of a file that is open, or in memory. */
interface Placed {
  readonly start: number;
  readonly end: number;
  readonly source: FileContent | Buffer;
}

/** Several parts of files and of memory as one. */
class PartsContent implements ReadableContent {
  readonly key: string;
  readonly size: number;
  readonly shared = true;
  readonly #parts: readonly Placed[];
  readonly #files: readonly FileContent[];

  constructor(key: string, parts: readonly Placed[]) {
    this.key = key;
    this.size = parts.at(-1)?.end ?? 0;
    this.#parts = parts;
    this.#files = parts.flatMap(({ source }) => (Buffer.isBuffer(source) ? [] : [source]));
  }

  fillNow(views: readonly Buffer[], piece: number, geometry: Geometry): number | undefined {
    const { blockSize } = geometry;
    const start = piece * geometry.blocksPerPiece * blockSize;
    const within = this.#partAround(start, views.length * blockSize);
    if (!within || Buffer.isBuffer(within.source)) return undefined;
    return within.source.fillFromNow(views, blockSize, start - within.start);
  }

  async fill(views: readonly Buffer[], piece: number, geometry: Geometry): Promise<number> {
    const { blockSize } = geometry;
    const start = piece * geometry.blocksPerPiece * blockSize;
    const wanted = Math.min(views.length * blockSize, Math.max(0, this.size - start));
    const within = this.#partAround(start, wanted);
    if (within && !Buffer.isBuffer(within.source)) {
      // Nearly always: then no octet is copied once more.
      return within.source.fillFrom(views, blockSize, start - within.start);
    }
    const bytes = Buffer.allocUnsafe(wanted);
    const got = await this.read(bytes, start);
    for (const [index, view] of views.entries()) {
      if (index * blockSize >= got) break;
      bytes.copy(view, 0, index * blockSize, Math.min(got, (index + 1) * blockSize));
    }
    return got;
  }

  /** The part that holds all these octets. */
  #partAround(start: number, length: number): Placed | undefined {
    return this.#parts.find((part) => part.start <= start && start + length <= part.end);
  }

  async read(target: Buffer, position: number): Promise<number> {
    // The transfer may let go of everything between two of the files.
    for (const file of this.#files) file.share();
    try {
      return await this.#read(target, position);
    } finally {
      this.release();
    }
  }

  async #read(target: Buffer, position: number): Promise<number> {
    let done = 0;
    for (const { start, end, source } of this.#parts) {
      const at = position + done;
      if (at < start || at >= end || done === target.length) continue;
      const view = target.subarray(done, done + Math.min(target.length - done, end - at));
      if (Buffer.isBuffer(source)) done += source.copy(view, 0, at - start);
      else done += await source.read(view, at - start);
    }
    return done;
  }

  get verified(): boolean {
    return this.#files.every((file) => file.verified);
  }

  async verify(): Promise<void> {
    for (const file of this.#files) await file.verify();
  }

  release(): void {
    for (const file of this.#files) file.release();
  }
}

/** Opens every part; the content is to be released. Rejects when a file cannot be opened or is too short. */
export async function openParts(parts: readonly TftpPart[], files: FileTable): Promise<ReadableContent> {
  const placed: Placed[] = [];
  const keys: string[] = [];
  let end = 0;
  try {
    for (const part of parts) {
      const start = end;
      if (part.kind === "bytes") {
        const source = asBuffer(part.bytes);
        end += source.length;
        keys.push(`bytes ${source.toString("base64")}`);
        placed.push({ start, end, source });
      } else {
        const source = await files.open(part.path, [{ offset: part.offset, length: part.length }]);
        end += source.size;
        keys.push(source.key);
        placed.push({ start, end, source });
      }
    }
    return new PartsContent(keys.join("\n"), placed);
  } catch (error) {
    for (const { source } of placed) if (!Buffer.isBuffer(source)) source.release();
    throw error;
  }
}

/** What came from another thread is a plain Uint8Array. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
