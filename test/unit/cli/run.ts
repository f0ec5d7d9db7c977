import { runCli } from "../../../src/cli/cli.ts";

/** What a command line came to. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** Whether a person reads the output; default: no. */
  readonly terminal?: boolean;
  /** Called with each piece of output as it is written. */
  readonly onOut?: (text: string) => void;
  readonly onErr?: (text: string) => void;
}

/** Runs one command line in this process. */
export async function bootwire(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  let out = "";
  let err = "";
  const code = await runCli(
    args,
    {
      out: (text) => {
        out += text;
        options.onOut?.(text);
      },
      err: (text) => {
        err += text;
        options.onErr?.(text);
      },
      terminal: options.terminal ?? false,
      colour: false,
      ...(options.signal ? { signal: options.signal } : {}),
    },
    "1.2.3",
  );
  return { code, out, err };
}
