import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { FileChanged, stampOf } from "./file-stamp.ts";
import { type Composed, lengthOf, type Piece } from "./piece.ts";

/** Bytes that can be served: of a file, or put together as they are read. */
export interface Content {
  readonly size: number;
  /** Changes when the bytes change; for ETag. */
  readonly version: string;
  readonly modifiedAt: Date | undefined;
  /** Reads from a position on; resolves with how many bytes, fewer than asked for at the end or where it likes. */
  read(target: Buffer, position: number): Promise<number>;
  close(): Promise<void>;
}

/** Opens a file for serving. The version that is open now is what is served, whatever happens to its name meanwhile. */
export async function openFileContent(path: string): Promise<Content> {
  const { handle, stats } = await openFile(path);
  return {
    size: Number(stats.size),
    version: stampOf(stats),
    modifiedAt: stats.mtime,
    read: async (target, position) => (await handle.read(target, 0, target.length, position)).bytesRead,
    close: () => handle.close(),
  };
}

/** Opens composed content. Rejects with FileChanged when one of its files is no longer the one that it is made of. */
export async function openComposed({ pieces, stamps }: Composed): Promise<Content> {
  const handles = new Map<string, FileHandle>();
  const close = async () => {
    await Promise.all([...handles.values()].map((handle) => handle.close()));
  };
  let modifiedAt: Date | undefined;
  try {
    for (const [path, stamp] of stamps) {
      const { handle, stats } = await openFile(path);
      handles.set(path, handle);
      if (stampOf(stats) !== stamp) throw new FileChanged(path);
      if (modifiedAt === undefined || stats.mtime > modifiedAt) modifiedAt = stats.mtime;
    }
    const parts = placed(pieces, handles);
    const size = parts.at(-1)?.end ?? 0;
    return { size, version: versionOf(pieces, stamps), modifiedAt, read: reader(parts), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openFile(path: string) {
  // A pipe must not block the open.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile()) throw Object.assign(new Error("not a regular file"), { code: "EISDIR" });
    return { handle, stats };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** A piece in its place. */
interface Placed {
  readonly start: number;
  readonly end: number;
  read(target: Buffer, within: number): Promise<number> | number;
}

function placed(pieces: readonly Piece[], handles: ReadonlyMap<string, FileHandle>): readonly Placed[] {
  let end = 0;
  return pieces
    .filter((piece) => lengthOf(piece) > 0)
    .map((piece) => {
      const start = end;
      end += lengthOf(piece);
      return { start, end, read: pieceReader(piece, handles) };
    });
}

function pieceReader(piece: Piece, handles: ReadonlyMap<string, FileHandle>): Placed["read"] {
  if (piece.kind === "bytes") return (target, within) => piece.bytes.copy(target, 0, within);
  const handle = handles.get(piece.path);
  if (!handle) throw new TypeError(`a piece of ${piece.path}, which is not among the content's files`);
  return async (target, within) =>
    (await handle.read(target, 0, target.length, piece.offset + within)).bytesRead;
}

function reader(parts: readonly Placed[]): Content["read"] {
  return async (target, position) => {
    let done = 0;
    for (let index = indexAt(parts, position); done < target.length; index++) {
      const part = parts[index];
      if (!part) break;
      const within = position + done - part.start;
      const wanted = Math.min(target.length - done, part.end - part.start - within);
      const got = await part.read(target.subarray(done, done + wanted), within);
      done += got;
      if (got < wanted) break;
    }
    return done;
  };
}

/** The part that holds a position; behind the last one: how many there are. */
function indexAt(parts: readonly Placed[], position: number): number {
  let low = 0;
  let high = parts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((parts[middle]?.end ?? 0) <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}

function versionOf(pieces: readonly Piece[], stamps: Composed["stamps"]): string {
  const hash = createHash("sha256");
  for (const piece of pieces) {
    if (piece.kind === "bytes") hash.update(`bytes ${piece.bytes.length}\n`).update(piece.bytes);
    else hash.update(`${stamps.get(piece.path)} ${piece.offset} ${piece.length}\n`);
  }
  return hash.digest("hex").slice(0, 32);
}
