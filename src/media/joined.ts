import { cpioFrame } from "../cpio/newc.ts";
import { BootwireError } from "../errors.ts";
import { type Composed, type Piece, sizeOf } from "./piece.ts";

/** A content to join, with the name under which the kernel shall find it, if any. */
export interface JoinSource extends Composed {
  readonly name: string;
  readonly as: string | undefined;
}

/**
 * One content out of several: each begins at a multiple of four bytes, as the kernel wants initrds that follow each
 * other; one with a name is wrapped as a cpio archive (`newc`), uncompressed. Throws BW_MEDIA_TOO_LARGE for one with a
 * name and 4 GiB or more.
 */
export function join(sources: readonly JoinSource[]): Composed {
  const pieces: Piece[] = [];
  let size = 0;
  const push = (more: readonly Piece[]) => {
    pieces.push(...more);
    size += sizeOf(more);
  };
  for (const source of sources) {
    if (size % 4 > 0) push([{ kind: "bytes", bytes: Buffer.alloc(4 - (size % 4)) }]);
    push(source.as === undefined ? source.pieces : wrapped(source, source.as));
  }
  return { pieces, stamps: new Map(sources.flatMap((source) => [...source.stamps])) };
}

function wrapped(source: JoinSource, as: string): readonly Piece[] {
  const size = sizeOf(source.pieces);
  if (size >= 2 ** 32) {
    throw new BootwireError(
      "BW_MEDIA_TOO_LARGE",
      `${source.name} has ${size} bytes, and an initrd holds files below 4 GiB`,
      "Use a smaller ISO, or a loader and installer that fetch it by themselves.",
    );
  }
  const { before, behind } = cpioFrame(as, size);
  return [{ kind: "bytes", bytes: before }, ...source.pieces, { kind: "bytes", bytes: behind }];
}
