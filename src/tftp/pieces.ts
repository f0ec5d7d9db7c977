import type { Content } from "./content.ts";
import {
  firstBlockOf,
  type Geometry,
  lastBlockOf,
  packetSize,
  payloadViews,
  writeHeaders,
} from "./layout.ts";

/** A run of DATA packets, ready to send. */
export interface Piece {
  readonly index: number;
  /** The packets; valid up to `length`, while `live`. */
  readonly memory: Buffer;
  /** Octets of all packets together. */
  readonly length: number;
  /** Packets in it. */
  readonly blocks: number;
  /** Whether the content ends in it. */
  readonly last: boolean;
  /** False once its memory was given to another piece. */
  readonly live: boolean;
  /** Keeps the memory from being used again, until `unpin`: a send reads from it. */
  pin(): void;
  readonly unpin: () => void;
}

/** Called with the piece, live during the call at least, or with the error. */
export type PieceCallback = (piece: Piece | undefined, error: Error | undefined) => void;

/** The pieces of one content in one geometry, as one transfer sees them. */
export interface PieceView {
  /** The piece, if it is in memory. */
  get(index: number): Piece | undefined;
  /** Gets the piece into memory; calls back at once if it is there. */
  load(index: number, done: PieceCallback): void;
  /** Starts getting a piece that will be wanted soon, unless memory is short. */
  prefetch(index: number): void;
  close(): void;
}

/** Memory for pieces of one shape, used over and over. */
interface Frame {
  readonly shape: string;
  readonly memory: Buffer;
  readonly views: readonly Buffer[];
}

/** The pieces of one content in one geometry. */
interface Shelf {
  readonly key: string;
  readonly geometry: Geometry;
  readonly size: number | undefined;
  readonly shared: boolean;
  readonly pieces: Map<number, StoredPiece>;
  readonly loading: Map<number, PieceCallback[]>;
  views: number;
}

class StoredPiece implements Piece {
  readonly index: number;
  readonly frame: Frame;
  readonly shelf: Shelf;
  readonly memory: Buffer;
  readonly length: number;
  readonly blocks: number;
  readonly last: boolean;
  live = true;
  /** Whether anybody asked for it yet; false for one that was read ahead. */
  used = false;
  pins = 0;
  readonly unpin: () => void;

  constructor(
    shelf: Shelf,
    index: number,
    frame: Frame,
    payload: number,
    onIdle: (piece: StoredPiece) => void,
  ) {
    const { blockSize } = shelf.geometry;
    const room = frame.views.length * blockSize;
    this.index = index;
    this.frame = frame;
    this.shelf = shelf;
    this.memory = frame.memory;
    // A content that ends on the frame's edge ends with an empty packet, which is in the next piece or frame.
    this.last = payload < room;
    this.blocks = this.last ? lastBlockOf(payload, blockSize) : frame.views.length;
    this.length = payload + this.blocks * (packetSize(shelf.geometry) - blockSize);
    this.unpin = () => {
      this.pins--;
      if (this.pins === 0) onIdle(this);
    };
  }

  pin(): void {
    this.pins++;
  }
}

/**
 * All pieces in memory, under one ceiling. Transfers of the same content in the same geometry share them. What was not
 * used for longest goes first; a piece that is needed again later is simply read again.
 */
export class PieceStore {
  readonly #ceiling: number;
  readonly #shelves = new Map<string, Shelf>();
  readonly #free = new Map<string, Frame[]>();
  /** Least recently used first. */
  readonly #queue = new Set<StoredPiece>();
  readonly #waiting: { readonly shelf: Shelf; readonly content: Content; readonly index: number }[] = [];
  #allocated = 0;
  #filling = 0;
  readonly #onIdle = (piece: StoredPiece): void => {
    this.#onIdleShelf(piece.shelf);
  };

  /** `ceiling`: octets for all pieces together. */
  constructor(ceiling: number) {
    this.#ceiling = ceiling;
  }

  /** Octets that pieces take up, free frames included. */
  get allocated(): number {
    return this.#allocated;
  }

  /** Pieces that are being filled. */
  get filling(): number {
    return this.#filling;
  }

  /** The pieces of `content`. The view must be closed; the content stays the caller's to release. */
  view(content: Content, geometry: Geometry): PieceView {
    const key = `${content.key}\n${geometry.blockSize}\n${geometry.rollover}`;
    const { size, shared } = content;
    const shelf: Shelf = this.#shelves.get(key) ?? {
      key,
      geometry,
      size,
      shared,
      pieces: new Map(),
      loading: new Map(),
      views: 0,
    };
    this.#shelves.set(key, shelf);
    shelf.views++;
    let open = true;
    return {
      get: (index) => this.#get(shelf, index),
      load: (index, done) => this.#load(shelf, content, index, done),
      prefetch: (index) => this.#prefetch(shelf, content, index),
      close: () => {
        if (!open) return;
        open = false;
        shelf.views--;
        this.#tidy(shelf);
      },
    };
  }

  #get(shelf: Shelf, index: number): Piece | undefined {
    const piece = shelf.pieces.get(index);
    if (!piece) return undefined;
    piece.used = true;
    this.#queue.delete(piece);
    this.#queue.add(piece);
    return piece;
  }

  #load(shelf: Shelf, content: Content, index: number, done: PieceCallback): void {
    const piece = this.#get(shelf, index);
    if (piece) {
      done(piece, undefined);
      return;
    }
    const others = shelf.loading.get(index);
    if (others) {
      others.push(done);
      return;
    }
    shelf.loading.set(index, [done]);
    const frame = this.#frame(shelf, index, true);
    if (frame) this.#fill(shelf, content, index, frame);
    else this.#waiting.push({ shelf, content, index });
  }

  #prefetch(shelf: Shelf, content: Content, index: number): void {
    if (shelf.pieces.has(index) || shelf.loading.has(index)) return;
    const frame = this.#frame(shelf, index, false);
    if (!frame) return;
    shelf.loading.set(index, []);
    this.#fill(shelf, content, index, frame);
  }

  #fill(shelf: Shelf, content: Content, index: number, frame: Frame): void {
    const filled = (payload: number): void => {
      writeHeaders(frame.memory, index, shelf.geometry);
      const piece = new StoredPiece(shelf, index, frame, payload, this.#onIdle);
      shelf.pieces.set(index, piece);
      this.#queue.add(piece);
      this.#arrived(shelf, index, piece, undefined);
    };
    const atOnce = content.fillNow?.(frame.views, index, shelf.geometry);
    if (atOnce !== undefined) {
      filled(atOnce);
      return;
    }
    this.#filling++;
    content.fill(frame.views, index, shelf.geometry).then(
      (payload) => {
        this.#filling--;
        filled(payload);
      },
      (error: unknown) => {
        this.#filling--;
        this.#giveBack(frame);
        this.#arrived(shelf, index, undefined, error instanceof Error ? error : new Error(String(error)));
      },
    );
  }

  #arrived(shelf: Shelf, index: number, piece: StoredPiece | undefined, error: Error | undefined): void {
    const callbacks = shelf.loading.get(index) ?? [];
    shelf.loading.delete(index);
    if (piece && callbacks.length > 0) piece.used = true;
    piece?.pin();
    for (const done of callbacks) done(piece, error);
    if (piece) piece.unpin();
    else this.#onIdleShelf(shelf);
  }

  #onIdleShelf(shelf: Shelf): void {
    this.#tidy(shelf);
    this.#serveWaiting();
  }

  /** Gives memory to those who had to wait for it, in their order. */
  #serveWaiting(): void {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      const frame = this.#frame(next.shelf, next.index, true);
      if (!frame) return;
      this.#waiting.shift();
      this.#fill(next.shelf, next.content, next.index, frame);
    }
  }

  /** Memory for a piece, if there is any to be had. `insist`: pieces that nobody has used yet may give way too. */
  #frame(shelf: Shelf, index: number, insist: boolean): Frame | undefined {
    const { geometry, size } = shelf;
    const left =
      size === undefined
        ? Number.MAX_VALUE
        : lastBlockOf(size, geometry.blockSize) + 1 - firstBlockOf(index, geometry);
    let blocks = geometry.blocksPerPiece;
    while (blocks / 2 >= left && blocks > 1) blocks /= 2;
    const shape = `${geometry.blockSize}*${blocks}`;
    const bytes = blocks * packetSize(geometry);
    for (;;) {
      const free = this.#free.get(shape)?.pop();
      if (free) return free;
      if (this.#allocated + bytes <= this.#ceiling || this.#allocated === 0) {
        this.#allocated += bytes;
        const memory = Buffer.allocUnsafeSlow(bytes);
        return { shape, memory, views: payloadViews(memory, geometry) };
      }
      if (this.#dropFree()) continue;
      const victim = this.#victim(insist);
      if (!victim) return undefined;
      this.#evict(victim);
      this.#tidy(victim.shelf);
    }
  }

  /** Frees one unused frame of another shape. */
  #dropFree(): boolean {
    for (const frames of this.#free.values()) {
      const frame = frames.pop();
      if (frame) {
        this.#allocated -= frame.memory.length;
        return true;
      }
    }
    return false;
  }

  #victim(insist: boolean): StoredPiece | undefined {
    for (const piece of this.#queue) {
      if (piece.pins > 0) continue;
      return insist || piece.used ? piece : undefined;
    }
    return undefined;
  }

  #evict(piece: StoredPiece): void {
    piece.live = false;
    this.#queue.delete(piece);
    piece.shelf.pieces.delete(piece.index);
    this.#giveBack(piece.frame);
  }

  #giveBack(frame: Frame): void {
    const frames = this.#free.get(frame.shape);
    if (frames) frames.push(frame);
    else this.#free.set(frame.shape, [frame]);
  }

  /** Forgets a shelf that nobody looks at and that holds nothing (or nothing that others could use). */
  #tidy(shelf: Shelf): void {
    if (shelf.views > 0 || shelf.loading.size > 0) return;
    if (!shelf.shared) {
      for (const piece of [...shelf.pieces.values()]) if (piece.pins === 0) this.#evict(piece);
    }
    if (shelf.pieces.size === 0 && this.#shelves.get(shelf.key) === shelf) this.#shelves.delete(shelf.key);
  }
}
