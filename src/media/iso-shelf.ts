import { constants } from "node:fs";
import { open, stat } from "node:fs/promises";
import { IsoReader } from "../iso9660/reader.ts";
import { type ByteSource, IsoError } from "../iso9660/source.ts";
import { FileChanged, type FileStamp, stampOf } from "./file-stamp.ts";

/** An ISO of the media folder, in one version. */
export interface ShelvedIso {
  readonly path: string;
  readonly stamp: FileStamp;
  readonly source: ByteSource;
  readonly reader: IsoReader;
}

/** ISOs whose directories are remembered. */
const MAX_ISOS = 16;

/**
 * The ISOs that were looked into, so that the next question about one is answered from memory. Holds no file open: each
 * read opens the file and makes sure that it is still the same.
 */
export class IsoShelf {
  /** By path, the least recently used first. `undefined`: no ISO. */
  readonly #isos = new Map<
    string,
    { readonly stamp: FileStamp; readonly iso: Promise<ShelvedIso | undefined> }
  >();

  /** The ISO at an absolute path; `undefined` when the file is none. Rejects with the file system's error. */
  async open(path: string): Promise<ShelvedIso | undefined> {
    const stats = await stat(path, { bigint: true });
    if (!stats.isFile()) return undefined;
    const stamp = stampOf(stats);
    const known = this.#isos.get(path);
    this.#isos.delete(path);
    const entry = known?.stamp === stamp ? known : { stamp, iso: openIso(path, Number(stats.size), stamp) };
    this.#isos.set(path, entry);
    for (const old of this.#isos.keys()) {
      if (this.#isos.size <= MAX_ISOS) break;
      this.#isos.delete(old);
    }
    try {
      return await entry.iso;
    } catch (error) {
      // What failed is tried again at the next question.
      if (this.#isos.get(path) === entry) this.#isos.delete(path);
      throw error;
    }
  }
}

async function openIso(path: string, size: number, stamp: FileStamp): Promise<ShelvedIso | undefined> {
  const source = stampedFile(path, size, stamp);
  try {
    return { path, stamp, source, reader: await IsoReader.open(source) };
  } catch (error) {
    if (error instanceof IsoError && error.kind === "not-iso") return undefined;
    throw error;
  }
}

function stampedFile(path: string, size: number, stamp: FileStamp): ByteSource {
  return {
    size,
    read: async (target, position) => {
      const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
      try {
        const { bytesRead } = await handle.read(target, 0, target.length, position);
        if (stampOf(await handle.stat({ bigint: true })) !== stamp) throw new FileChanged(path);
        return bytesRead;
      } finally {
        await handle.close();
      }
    },
  };
}
