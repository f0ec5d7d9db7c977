/** Where a command writes to, and what it knows of the terminal there. */
export interface Io {
  /** Writes text as it is to the standard output. */
  readonly out: (text: string) => void;
  /** Writes text as it is to the standard error. */
  readonly err: (text: string) => void;
  /** Whether a person reads the standard output. */
  readonly terminal: boolean;
  /** Whether the standard output is a terminal that wants colour. */
  readonly colour: boolean;
  /** Ends what would otherwise go on for ever. */
  readonly signal?: AbortSignal;
}

/** The process's own. Colour on a terminal only, and not where NO_COLOR (no-color.org) is set. */
export function processIo(): Io {
  const { NO_COLOR } = process.env;
  const terminal = process.stdout.isTTY === true;
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    terminal,
    colour: terminal && (NO_COLOR === undefined || NO_COLOR === ""),
  };
}
