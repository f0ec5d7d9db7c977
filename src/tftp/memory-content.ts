import type { Content, ReadableContent } from "./content.ts";
import type { Geometry } from "./layout.ts";
import { convertNetascii, NETASCII_START, type NetasciiPosition, netasciiLength } from "./netascii.ts";

/** Octets in memory: what a source rendered for one client. */
export class BytesContent implements Content {
  readonly key: string;
  readonly size: number;
  readonly shared = false;
  readonly verified = true;
  readonly #bytes: Buffer;

  /** `key`: different for each content. */
  constructor(bytes: Buffer, key: string) {
    this.key = key;
    this.size = bytes.length;
    this.#bytes = bytes;
  }

  fill(views: readonly Buffer[], piece: number, geometry: Geometry): Promise<number> {
    const start = piece * geometry.blocksPerPiece * geometry.blockSize;
    let at = start;
    for (const view of views) at += this.#bytes.copy(view, 0, at);
    return Promise.resolve(at - start);
  }

  verify(): Promise<void> {
    return Promise.resolve();
  }

  release(): void {
    // Nothing is open.
  }
}

/** Octets that are laid out elsewhere: only their number is needed. */
export class KnownContent implements Content {
  readonly key: string;
  readonly size: number;
  readonly shared = false;
  readonly verified = true;

  constructor(key: string, size: number) {
    this.key = key;
    this.size = size;
  }

  fill(): Promise<number> {
    return Promise.reject(new Error("the content is laid out elsewhere"));
  }

  verify(): Promise<void> {
    return Promise.resolve();
  }

  release(): void {
    // Nothing is open.
  }
}

/** A copy of the octets in netascii. */
export function toNetascii(bytes: Buffer): Buffer {
  const converted = Buffer.alloc(netasciiLength(bytes));
  convertNetascii(bytes, converted, NETASCII_START);
  return converted;
}

/** Raw octets that are read at a time. */
const CHUNK = 32 * 1024;
/** Pieces behind the newest one that can be made again: more than the largest window spans. */
const KEPT_POSITIONS = 64;

/** A file in netascii, converted as it goes: its length shows only at its end. */
export class NetasciiContent implements Content {
  readonly key: string;
  readonly size = undefined;
  readonly shared = false;
  readonly #file: ReadableContent;
  /** Where each piece begins in the file. */
  readonly #starts = new Map<number, NetasciiPosition>([[0, NETASCII_START]]);
  readonly #chunk = Buffer.allocUnsafeSlow(CHUNK);
  #turn: Promise<unknown> = Promise.resolve();

  /** Takes the file over: releases it when it is released itself. `key`: different for each content. */
  constructor(file: ReadableContent, key: string) {
    this.#file = file;
    this.key = key;
  }

  /** One fill at a time: each needs to know where the one before it ended. */
  fill(views: readonly Buffer[], piece: number): Promise<number> {
    const result = this.#turn.then(() => this.#fill(views, piece));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #fill(views: readonly Buffer[], piece: number): Promise<number> {
    let position = this.#starts.get(piece);
    if (!position) throw new Error(`piece ${piece} is out of turn`);
    let filled = 0;
    let chunk = await this.#next(position);
    for (const view of views) {
      let inView = 0;
      while (inView < view.length) {
        const step = convertNetascii(chunk, view.subarray(inView), position);
        const taken = step.position.taken - position.taken;
        position = step.position;
        inView += step.written;
        chunk = chunk.subarray(taken);
        if (inView < view.length) {
          chunk = await this.#next(position);
          if (chunk.length === 0) return filled + inView;
        }
      }
      filled += view.length;
    }
    this.#starts.set(piece + 1, position);
    this.#starts.delete(piece - KEPT_POSITIONS);
    return filled;
  }

  async #next(position: NetasciiPosition): Promise<Buffer> {
    return this.#chunk.subarray(0, await this.#file.read(this.#chunk, position.taken));
  }

  get verified(): boolean {
    return this.#file.verified;
  }

  verify(): Promise<void> {
    return this.#file.verify();
  }

  release(): void {
    this.#file.release();
  }
}
