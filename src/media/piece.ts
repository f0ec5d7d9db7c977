import type { FileStamp } from "./file-stamp.ts";

/**
 * A run of bytes: of a file, or in memory. What is made as it is read (a file inside an ISO, an initrd of several parts,
 * a patched ISO) is a list of pieces: plain data, so that TFTP's threads take it as it is.
 */
export type Piece =
  | { readonly kind: "file"; readonly path: string; readonly offset: number; readonly length: number }
  | { readonly kind: "bytes"; readonly bytes: Buffer };

/** Content that is made of pieces. */
export interface Composed {
  readonly pieces: readonly Piece[];
  /** The versions of the files that the pieces are of, by path: other versions have other pieces. */
  readonly stamps: ReadonlyMap<string, FileStamp>;
}

export function lengthOf(piece: Piece): number {
  return piece.kind === "file" ? piece.length : piece.bytes.length;
}

export function sizeOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, piece) => sum + lengthOf(piece), 0);
}
