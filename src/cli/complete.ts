import type { Command } from "commander";

/** What can follow the words of a command line. */
export type Candidates =
  | { readonly kind: "words"; readonly words: readonly string[] }
  /** A name of a file or folder: the shell knows better. */
  | { readonly kind: "files" };

/**
 * What can stand in place of the last of `words` (the words behind `bootwire`, the last one begun or empty). `machines`
 * are the names in the config. Pure.
 */
export function candidates(
  program: Command,
  words: readonly string[],
  machines: readonly string[],
): Candidates {
  const begun = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const name = before.find((word) => !word.startsWith("-"));
  const command = program.commands.find((one) => one.name() === name);
  if (!command) {
    const names = program.commands.map((one) => one.name()).filter((one) => !one.startsWith("__"));
    return starting(begun, [...names, "help", "--help", "--version"]);
  }
  const options = command.options.map((one) => ({
    flags: [one.long, one.short].flatMap((flag) => flag ?? []),
    takesValue: one.required || one.optional,
    choices: one.argChoices,
    value: one.flags,
  }));
  const last = before.at(-1);
  const asked = options.find((one) => one.takesValue && last !== undefined && one.flags.includes(last));
  if (asked) {
    if (asked.choices) return starting(begun, asked.choices);
    return /<file>|<folder>/.test(asked.value) ? { kind: "files" } : { kind: "words", words: [] };
  }
  if (begun.startsWith("-")) {
    return starting(begun, [
      ...options.flatMap((one) => one.flags.filter((flag) => flag.startsWith("--"))),
      "--help",
    ]);
  }
  const [argument] = command.registeredArguments;
  if (argument?.name() === "machine") return starting(begun, machines);
  return starting(begun, argument?.argChoices ?? []);
}

/** The value of `--config` among words that may not be a whole command line yet. */
export function configIn(words: readonly string[]): string | undefined {
  const at = words.findIndex((word) => word === "--config" || word === "-c");
  return at < 0 || at + 2 >= words.length ? undefined : words[at + 1];
}

function starting(begun: string, words: readonly string[]): Candidates {
  return { kind: "words", words: words.filter((word) => word.startsWith(begun)) };
}
