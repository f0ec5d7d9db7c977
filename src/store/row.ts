import { BootwireError } from "../errors.ts";

/**
 * One row as SQLite gives it, read column by column. A value of the wrong type means that somebody else has written to
 * the database: that is an error with a name, never a guess.
 */
export class Row {
  readonly #values: object;

  constructor(values: unknown) {
    if (typeof values !== "object" || values === null) throw unexpected("a row", values);
    this.#values = values;
  }

  text(column: string): string {
    const value = this.#get(column);
    if (typeof value !== "string") throw unexpected(column, value);
    return value;
  }

  optionalText(column: string): string | undefined {
    return this.#get(column) === null ? undefined : this.text(column);
  }

  integer(column: string): number {
    const value = this.#get(column);
    if (typeof value !== "number" || !Number.isSafeInteger(value)) throw unexpected(column, value);
    return value;
  }

  optionalInteger(column: string): number | undefined {
    return this.#get(column) === null ? undefined : this.integer(column);
  }

  /** A text that is one of a few words. */
  word<W extends string>(column: string, words: readonly W[]): W {
    const text = this.text(column);
    const word = words.find((each) => each === text);
    if (word === undefined) throw unexpected(column, text);
    return word;
  }

  /** The same, for a column that may be NULL. */
  optionalWord<W extends string>(column: string, words: readonly W[]): W | undefined {
    return this.#get(column) === null ? undefined : this.word(column, words);
  }

  #get(column: string): unknown {
    const value: unknown = Reflect.get(this.#values, column);
    if (value === undefined) throw unexpected(column, undefined);
    return value;
  }
}

/** An error for a value that cannot have come from us. */
export function unexpected(what: string, value: unknown): BootwireError {
  return new BootwireError(
    "BW_STATE_CORRUPT",
    `the database holds something unexpected in ${what}: ${JSON.stringify(value)}`,
    "Restore a backup of the state folder.",
  );
}
