import type { ExitCode } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import type { JsonOption } from "./options.ts";

/** What a command gets to work with. */
export interface Cli {
  readonly io: Io;
  /** Runs a command's action. What it throws is reported; what it returns is what the process ends with. */
  readonly run: (options: JsonOption, action: () => Promise<ExitCode>) => Promise<void>;
}
