import { DATA_HEADER, Opcode } from "./packet.ts";
import { wireNumber } from "./transfer-state.ts";

/**
 * How a content's octets lie in memory: DATA packets one after the other, each with its header, so that a window is one
 * slice and nothing is put together at the moment of sending. A piece is a run of such packets.
 */
export interface Geometry {
  readonly blockSize: number;
  readonly rollover: 0 | 1;
  /** A power of two. */
  readonly blocksPerPiece: number;
}

/** Octets of a packet that is full. */
export function packetSize(geometry: Geometry): number {
  return geometry.blockSize + DATA_HEADER;
}

/** Memory that one piece takes. */
export function pieceBytes(geometry: Geometry): number {
  return packetSize(geometry) * geometry.blocksPerPiece;
}

/** What the kernel takes in one vectored read (IOV_MAX). */
const MAX_BLOCKS = 1024;

/** As many blocks a piece as fit `target` octets, in a power of two: windows then seldom straddle pieces. */
export function geometryFor(blockSize: number, rollover: 0 | 1, target: number): Geometry {
  const fitting = Math.min(MAX_BLOCKS, Math.max(1, Math.floor(target / (blockSize + DATA_HEADER))));
  return { blockSize, rollover, blocksPerPiece: 2 ** Math.floor(Math.log2(fitting)) };
}

/** The number of the last block of `size` octets: it is shorter than the others, empty if need be (RFC 1350 §6). */
export function lastBlockOf(size: number, blockSize: number): number {
  return Math.floor(size / blockSize) + 1;
}

/** The piece that holds a block (counted from 1). */
export function pieceOf(block: number, geometry: Geometry): number {
  return Math.floor((block - 1) / geometry.blocksPerPiece);
}

/** The first block of a piece. */
export function firstBlockOf(piece: number, geometry: Geometry): number {
  return piece * geometry.blocksPerPiece + 1;
}

/** Writes the headers of all packets of a piece. */
export function writeHeaders(memory: Buffer, piece: number, geometry: Geometry): void {
  const size = packetSize(geometry);
  let block = firstBlockOf(piece, geometry);
  for (let at = 0; at + DATA_HEADER <= memory.length; at += size) {
    const number = wireNumber(block++, geometry.rollover);
    memory[at] = 0;
    memory[at + 1] = Opcode.data;
    memory[at + 2] = number >> 8;
    memory[at + 3] = number & 0xff;
  }
}

/** The places of the blocks' octets in a piece's memory, in order. */
export function payloadViews(memory: Buffer, geometry: Geometry): Buffer[] {
  const size = packetSize(geometry);
  const views: Buffer[] = [];
  for (let at = DATA_HEADER; at + geometry.blockSize <= memory.length; at += size) {
    views.push(memory.subarray(at, at + geometry.blockSize));
  }
  return views;
}
