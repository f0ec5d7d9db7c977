import { type Geometry, lastBlockOf, packetSize } from "./layout.ts";
import type { Piece, PieceView } from "./pieces.ts";

/** A small file as DATA packets from its first to its last, in memory that all threads share. */
export interface LaidOutFile {
  readonly kind: "laid-out";
  readonly memory: SharedArrayBuffer;
  /** Octets of the file. */
  readonly size: number;
  readonly blockSize: number;
  readonly rollover: 0 | 1;
}

/** Everything in one piece. */
export function laidOutGeometry(file: Pick<LaidOutFile, "size" | "blockSize" | "rollover">): Geometry {
  const { blockSize, rollover } = file;
  return { blockSize, rollover, blocksPerPiece: lastBlockOf(file.size, blockSize) };
}

/** Octets of memory that the packets take. */
export function laidOutBytes(size: number, geometry: Geometry): number {
  return size + geometry.blocksPerPiece * (packetSize(geometry) - geometry.blockSize);
}

/** The one piece of a file that is laid out. */
export function laidOutView(file: LaidOutFile): PieceView {
  const memory = Buffer.from(file.memory);
  const piece: Piece = {
    index: 0,
    memory,
    length: memory.length,
    blocks: laidOutGeometry(file).blocksPerPiece,
    last: true,
    live: true,
    pin: nothing,
    unpin: nothing,
  };
  return {
    get: (index) => (index === 0 ? piece : undefined),
    load: (_index, done) => done(piece, undefined),
    prefetch: nothing,
    close: nothing,
  };
}

function nothing(): void {
  // The memory is nobody's to reuse.
}
