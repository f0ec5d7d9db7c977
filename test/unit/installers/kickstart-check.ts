import { z } from "zod";
import { readSchema } from "../../support/schemas.ts";

/*
 * Checks a kickstart file against the commands and options that each version knows, which pykickstart (Anaconda's own
 * parser) was asked for. It knows names, not meanings.
 */

export const KICKSTART_COMMANDS = "kickstart/commands.json";

const OPTION = z.object({ flag: z.boolean().optional(), choices: z.array(z.string()).optional() });
const COMMAND = z.object({
  options: z.record(z.string(), OPTION),
  positional: z.array(z.string()).optional(),
  removed: z.boolean().optional(),
});
const DATA = z.object({
  versions: z.record(z.string(), z.object({ commands: z.record(z.string(), COMMAND) })),
  sections: z.record(z.string(), z.unknown()),
});

/** A kickstart file in its parts. */
export interface Kickstart {
  readonly commands: readonly (readonly string[])[];
  readonly sections: readonly { readonly header: readonly string[]; readonly lines: readonly string[] }[];
}

/** Takes a file apart; throws for a section that does not end, and for quotes that do not. */
export function parseKickstart(text: string): Kickstart {
  const commands: string[][] = [];
  const sections: { header: string[]; lines: string[] }[] = [];
  let open: { header: string[]; lines: string[] } | undefined;
  for (const line of text.split("\n")) {
    if (open) {
      if (line === "%end") open = undefined;
      else open.lines.push(line);
    } else if (/^%(?!include)/.test(line)) {
      open = { header: splitWords(line), lines: [] };
      sections.push(open);
    } else if (!/^\s*(#|$)/.test(line)) commands.push(splitWords(line));
  }
  if (open) throw new Error(`${open.header.join(" ")} does not end`);
  return { commands, sections };
}

/** A line in words, as a POSIX shell's quotes have it. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  const word = /\s*((?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\])+)/y;
  while (word.lastIndex < line.trimEnd().length) {
    const found = word.exec(line);
    if (!found?.[1]) throw new Error(`quotes that do not end: ${line}`);
    words.push(
      found[1].replace(/'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/g, (_, single, double, escaped) => {
        return single ?? double?.replace(/\\(["\\$`])/g, "$1") ?? escaped;
      }),
    );
  }
  return words;
}

/** What a version does not know of a file, one line each. */
export function kickstartProblems(text: string, version: string): readonly string[] {
  const data = DATA.parse(readSchema(KICKSTART_COMMANDS));
  const known = data.versions[version]?.commands;
  if (!known) throw new Error(`no version ${version}`);
  const { commands, sections } = parseKickstart(text);
  const unknown = sections.flatMap(({ header: [name = ""] }) =>
    name in data.sections ? [] : [`no section ${name}`],
  );
  return [...unknown, ...commands.flatMap((words) => commandProblems(words, known))];
}

function commandProblems(
  [name = "", ...words]: readonly string[],
  known: Readonly<Record<string, z.output<typeof COMMAND>>>,
): readonly string[] {
  if (name === "%include") return words.length === 1 ? [] : ["%include wants one file"];
  const command = Object.hasOwn(known, name) ? known[name] : undefined;
  if (!command || command.removed === true) return [`no command ${name}`];
  const positional = words.filter((word) => !word.startsWith("--"));
  const options = words
    .filter((word) => word.startsWith("--"))
    .flatMap((word) => {
      const [, option = word, value] = /^(--[^=]+)=(.*)$/s.exec(word) ?? [];
      const rule = command.options[option];
      if (!rule) return [`${name} has no ${option}`];
      if (rule.flag === true) return value === undefined ? [] : [`${option} of ${name} takes no value`];
      if (value === undefined || value === "") return [`${option} of ${name} wants a value`];
      return rule.choices && !rule.choices.includes(value) ? [`${option} of ${name} cannot be ${value}`] : [];
    });
  const wanted = command.positional?.length ?? 0;
  const count = positional.length > wanted ? [`${name} does not take ${positional.join(" ")}`] : [];
  return [...options, ...count];
}
