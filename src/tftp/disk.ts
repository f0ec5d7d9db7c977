import { readv } from "node:fs";

/** Reads open files. */
export interface Disk {
  /** Fills the views, one after the other, with the octets from `position` on; resolves with how many there were. */
  read(fd: number, views: readonly Buffer[], position: number): Promise<number>;
}

/** By Node's pool of four threads, which the whole process shares. */
export const poolDisk: Disk = {
  read: (fd, views, position) =>
    new Promise((resolve, reject) => {
      readv(fd, views, position, (error, count) => (error ? reject(error) : resolve(count)));
    }),
};

/** So many at a time of each kind, in the order of their coming: one disk that hangs must not take the whole pool. */
export class Turns {
  readonly #most: number;
  readonly #kinds = new Map<string, { running: number; readonly waiting: (() => void)[] }>();

  constructor(most: number) {
    this.#most = most;
  }

  async run<T>(kind: string, work: () => Promise<T>): Promise<T> {
    const turns = this.#kinds.get(kind) ?? { running: 0, waiting: [] };
    this.#kinds.set(kind, turns);
    if (turns.running < this.#most) turns.running++;
    // Whoever ends hands its turn over.
    else await new Promise<void>((resolve) => turns.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = turns.waiting.shift();
      if (next) next();
      else if (--turns.running === 0) this.#kinds.delete(kind);
    }
  }
}
