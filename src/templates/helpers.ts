import Handlebars from "handlebars";
import { kickstartWord, preseedValue, shellWord, tomlValue, xmlText, yamlValue } from "./quoting.ts";

/** A helper's complaint, with the line of the template that it was called on. */
class HelperError extends Error {
  readonly lineNumber: number | undefined;

  constructor(message: string, lineNumber: number | undefined) {
    super(message);
    this.name = "HelperError";
    this.lineNumber = lineNumber;
  }
}

type Helper = (...values: unknown[]) => unknown;

/** Our own helpers; each gets its arguments as written in the template, none of them undefined. */
const OWN: Readonly<Record<string, Helper>> = {
  yaml: yamlValue,
  json: (value) => JSON.stringify(value),
  toml: tomlValue,
  shell: (value) => shellWord(text(value)),
  kickstart: (value) => kickstartWord(text(value)),
  preseed: (value) => preseedValue(text(value)),
  xml: (value) => xmlText(text(value)),
  /** Text as the contents of a file in an Ignition config. */
  dataUrl: (value) => `data:,${encodeURIComponent(text(value))}`,
  join: (list, separator) => {
    if (!Array.isArray(list)) throw new TypeError("join wants a list");
    return list.map(text).join(text(separator));
  },
  eq: (left, right) => left === right,
  /** Whether an object has a key at all: `{{#if (has vars "proxy")}}`. */
  has: (object, key) => typeof object === "object" && object !== null && Object.hasOwn(object, text(key)),
};

/** Handlebars' own blocks, kept as they are but for names that are missing. */
const BLOCKS = ["if", "unless", "each", "with"];

/**
 * The helpers that templates have: `yaml json toml shell kickstart preseed xml dataUrl join eq has`, and Handlebars' `if unless each with`.
 * Strict mode looks only at plain `{{name}}`: a missing name that is given to a helper arrives as `undefined`, which
 * every helper refuses here, so that no misspelt name goes unseen.
 */
export function templateHelpers(): ReadonlyMap<string, Handlebars.HelperDelegate> {
  const helpers = new Map<string, Handlebars.HelperDelegate>();
  for (const [name, helper] of Object.entries(OWN)) {
    helpers.set(name, (...args: unknown[]) => {
      const line = lineOf(args.at(-1));
      const values = args.slice(0, -1);
      refuseMissing(name, values, line);
      try {
        return helper(...values);
      } catch (error) {
        throw new HelperError(error instanceof Error ? error.message : String(error), line);
      }
    });
  }
  for (const name of BLOCKS) {
    const builtIn = Handlebars.helpers[name];
    if (!builtIn) throw new TypeError(`Handlebars has no helper ${name}`);
    helpers.set(name, function (this: unknown, ...args: Parameters<Handlebars.HelperDelegate>): unknown {
      refuseMissing(`#${name}`, args.slice(0, -1), lineOf(args.at(-1)));
      return builtIn.apply(this, args);
    });
  }
  return helpers;
}

function refuseMissing(name: string, values: readonly unknown[], line: number | undefined): void {
  if (values.includes(undefined)) throw new HelperError(`a value given to "${name}" is not defined`, line);
}

/** The line in a helper's last argument: Handlebars puts it there (`loc`), though its types do not say so. */
function lineOf(options: unknown): number | undefined {
  if (typeof options !== "object" || options === null || !("loc" in options)) return undefined;
  const { loc } = options;
  if (typeof loc !== "object" || loc === null || !("start" in loc)) return undefined;
  const { start } = loc;
  if (typeof start !== "object" || start === null || !("line" in start)) return undefined;
  return typeof start.line === "number" ? start.line : undefined;
}

function text(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new TypeError(`not a text: ${JSON.stringify(value)}`);
}
