import type { Position } from "./problem.ts";

/** Turns offsets of a text into lines and columns. (yaml's own counter misses line breaks within what it cannot parse.) */
export class LineTable {
  readonly #starts: readonly number[];

  constructor(text: string) {
    this.#starts = [0, ...[...text.matchAll(/\r\n|\n|\r/g)].map((found) => found.index + found[0].length)];
  }

  /** Line and column from 1 on. */
  at(offset: number): Position {
    const after = this.#starts.findIndex((start) => start > offset);
    const line = after === -1 ? this.#starts.length : Math.max(1, after);
    return { line, column: Math.max(1, offset - (this.#starts[line - 1] ?? 0) + 1) };
  }
}
