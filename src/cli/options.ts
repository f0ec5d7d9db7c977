import { type Command, InvalidArgumentError, Option } from "commander";

/** The config file that is meant where none is named. */
export const DEFAULT_CONFIG = "bootwire.yaml";

/** Every command that has to do with a config can be told which. */
export interface ConfigOption {
  readonly config: string;
}

/** What it takes to talk to the running daemon of a config. */
export interface DaemonOptions extends ConfigOption {
  /** PEM file of an authority to trust. */
  readonly ca?: string;
}

export interface JsonOption {
  readonly json?: boolean;
}

export function withConfig(command: Command): Command {
  return command.addOption(new Option("-c, --config <file>", "config file").default(DEFAULT_CONFIG));
}

/** For commands that talk to the running daemon. */
export function withDaemon(command: Command): Command {
  return withConfig(command).option(
    "--ca <file>",
    "authority of the daemon's certificate, in PEM (default: the certificate of the config itself)",
  );
}

export function withJson(command: Command, description = "print JSON, for scripts"): Command {
  return command.option("--json", description);
}

/** Examples below a command's help. */
export function withExamples(command: Command, examples: readonly string[]): Command {
  const title = examples.length === 1 ? "Example" : "Examples";
  return command.addHelpText("after", `\n${title}:\n${examples.map((line) => `  ${line}`).join("\n")}`);
}

/** Reads an option's value as a whole number within bounds. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`A whole number of ${min} to ${max} is expected.`);
  };
}
