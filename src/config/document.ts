import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  visit,
} from "yaml";
import { LineTable } from "./line-table.ts";
import type { ConfigProblem, Position } from "./problem.ts";
import { syntaxHint } from "./syntax-hints.ts";

/** Where in the config something stands: keys and list indices from the top. */
export type Path = readonly (string | number)[];

/** A config file as text and as plain data, with the place of every value. */
export interface ConfigDocument {
  readonly file: string;
  /** Plain objects, lists, texts, numbers and booleans; an empty value is `undefined`. */
  readonly data: unknown;
  /** Where the value at a path begins; for an empty value its key; for a missing one the mapping it is missing from. */
  position(path: Path): Position;
  /** Where the last key of a path stands. */
  keyPosition(path: Path): Position;
}

/** How far aliases may unfold (yaml counts what each of them stands for). */
const MAX_ALIASES = 100;

/**
 * Reads YAML 1.2 (with `<<` merge keys, which admins are used to). `document` is undefined when the text is not YAML at
 * all; otherwise it is there even when there are problems, so that what else is wrong can be found too.
 */
export function readDocument(
  text: string,
  file: string,
): { readonly document: ConfigDocument | undefined; readonly problems: readonly ConfigProblem[] } {
  const lines = new LineTable(text);
  const place = (offset: number): Position => lines.at(offset);
  let parsed: Document.Parsed;
  try {
    parsed = parseDocument(text, { prettyErrors: false, uniqueKeys: false, merge: true });
  } catch {
    const message = "the file is nested too deeply to be read";
    const hint = "a config is a handful of levels deep: look for a long run of brackets";
    return {
      document: undefined,
      problems: [{ code: "BW_CONFIG_SYNTAX", message, hint, file, line: 1, column: 1 }],
    };
  }
  const syntax = [...parsed.errors, ...parsed.warnings].map((error): ConfigProblem => {
    const message = `this is not YAML: ${lowerFirst(error.message)}`;
    return { code: "BW_CONFIG_SYNTAX", message, hint: syntaxHint(error.code), file, ...place(error.pos[0]) };
  });
  if (syntax.length > 0) return { document: undefined, problems: syntax };

  // Everything has a default, but a file of nothing is more likely to be cut off (a full disk, a save half done).
  if (parsed.contents === null || (isScalar(parsed.contents) && parsed.contents.value === null)) {
    const message = "there is nothing in the config file";
    const hint =
      "write at least what is to be served; `bootwire init` writes a starter where there is no file";
    return {
      document: undefined,
      problems: [{ code: "BW_CONFIG_EMPTY", message, hint, file, line: 1, column: 1 }],
    };
  }
  const unusable = [...aliasProblems(parsed, file, place), ...keyProblems(parsed, file, place)];
  if (unusable.length > 0) return { document: undefined, problems: unusable };

  keepMacDigits(parsed);
  let data: unknown;
  try {
    data = withoutNulls(parsed.toJS({ maxAliasCount: MAX_ALIASES }) ?? {});
  } catch {
    const message = "the aliases of this file unfold to too much";
    const hint = "write the repeated parts out, or put what machines share into `defaults` or a profile";
    return {
      document: undefined,
      problems: [{ code: "BW_CONFIG_ALIAS", message, hint, file, line: 1, column: 1 }],
    };
  }
  const finder = new Finder(parsed, place);
  const document: ConfigDocument = {
    file,
    data,
    position: (path) => finder.value(path),
    keyPosition: (path) => finder.key(path),
  };
  return { document, problems: duplicateKeys(parsed, file, place) };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

type Place = (offset: number) => Position;

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

/** Aliases of nothing, and aliases of what they are themselves a part of. */
function aliasProblems(parsed: Document.Parsed, file: string, place: Place): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  visit(parsed, {
    Alias(_key, alias, ancestors) {
      const target = alias.resolve(parsed);
      const at = place(startOf(alias) ?? 0);
      if (!target) {
        const message = `there is no anchor &${alias.source} above this`;
        const hint = `put &${alias.source} before the value that is meant, or quotes around a value that begins with *`;
        problems.push({ code: "BW_CONFIG_ALIAS", message, hint, file, ...at });
      } else if (ancestors.includes(target)) {
        const message = `*${alias.source} is a part of what it stands for`;
        problems.push({ code: "BW_CONFIG_ALIAS", message, hint: "remove it", file, ...at });
      }
    },
  });
  return problems;
}

/** Lists and mappings as keys, which YAML allows and nobody means; and the one name that JavaScript's objects keep. */
function keyProblems(parsed: Document.Parsed, file: string, place: Place): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  visit(parsed, {
    Pair(_key, pair) {
      if (keyOf(pair) === "__proto__") {
        const at = place(startOf(pair.key) ?? 0);
        const message = "nothing can have the key “__proto__”";
        problems.push({ code: "BW_CONFIG_UNKNOWN_KEY", message, hint: "choose another name", file, ...at });
      }
      if (!isMap(pair.key) && !isSeq(pair.key)) return;
      const message = "a list or mapping stands where a key is expected";
      const hint = "write key: value; put quotes around a value that begins with { or [";
      problems.push({ code: "BW_CONFIG_SYNTAX", message, hint, file, ...place(startOf(pair.key) ?? 0) });
    },
  });
  return problems;
}

function duplicateKeys(parsed: Document.Parsed, file: string, place: Place): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  visit(parsed, {
    Map(_key, map) {
      const seen = new Map<string, Position>();
      for (const pair of map.items) {
        const name = keyOf(pair);
        if (name === undefined || name === "<<") continue;
        const at = place(startOf(pair.key) ?? 0);
        const first = seen.get(name);
        if (first) {
          const message = `the key “${name}” is written twice here`;
          const related = { ...first, message: "first written here" };
          problems.push({
            code: "BW_CONFIG_DUPLICATE_KEY",
            message,
            hint: "keep one of the two",
            file,
            ...at,
            related,
          });
        } else seen.set(name, at);
      }
    },
  });
  return problems;
}

/**
 * `mac: 525400123456` is a number to YAML, and `001122334455` loses its zeros: the digits as written are meant. (They
 * keep being text only here: everywhere else the admin is asked for quotes.)
 */
function keepMacDigits(parsed: Document.Parsed): void {
  visit(parsed, {
    Pair(_key, pair) {
      const { value } = pair;
      if (keyOf(pair) === "mac" && isScalar(value) && typeof value.value === "number" && value.source) {
        value.value = value.source;
      }
    },
  });
}

function keyOf(pair: unknown): string | undefined {
  if (!isPair(pair) || !isScalar(pair.key)) return undefined;
  const { value } = pair.key;
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

/** An empty value (`hosts:` with all hosts commented out) is as good as none; in lists it stays an error. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => (item === null ? null : withoutNulls(item)));
  if (typeof value !== "object" || value === null) return value ?? undefined;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutNulls(item)]));
}

/** Walks the YAML tree along a path, as far as it goes. */
class Finder {
  readonly #parsed: Document.Parsed;
  readonly #place: Place;

  constructor(parsed: Document.Parsed, place: Place) {
    this.#parsed = parsed;
    this.#place = place;
  }

  value(path: Path): Position {
    let node = this.#resolve(this.#parsed.contents);
    let offset = startOf(this.#parsed.contents) ?? 0;
    for (const step of path) {
      if (isMap(node)) {
        const pair = this.#pairOf(node.items, String(step));
        if (!pair) break;
        const empty = !isNode(pair.value) || (isScalar(pair.value) && pair.value.value === null);
        offset = startOf(empty ? pair.key : pair.value) ?? offset;
        node = this.#resolve(pair.value);
      } else if (isSeq(node) && typeof step === "number") {
        const item = node.items[step];
        offset = startOf(item) ?? offset;
        node = this.#resolve(item);
      } else break;
    }
    return this.#place(offset);
  }

  key(path: Path): Position {
    const last = path.at(-1);
    let node = this.#resolve(this.#parsed.contents);
    for (const step of path.slice(0, -1)) {
      if (isMap(node)) node = this.#resolve(this.#pairOf(node.items, String(step))?.value);
      else if (isSeq(node) && typeof step === "number") node = this.#resolve(node.items[step]);
    }
    const pair = isMap(node) ? this.#pairOf(node.items, String(last)) : undefined;
    const offset = startOf(pair?.key);
    return offset === undefined ? this.value(path) : this.#place(offset);
  }

  #resolve(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.#parsed) : node;
  }

  /** The pair of a key; the last of several wins, as it does for the data. Merged mappings come after. */
  #pairOf(items: readonly Pair<unknown, unknown>[], key: string): Pair<unknown, unknown> | undefined {
    const own = items.findLast((pair) => keyOf(pair) === key);
    if (own) return own;
    for (const pair of items) {
      if (keyOf(pair) !== "<<") continue;
      const merged = this.#resolve(pair.value);
      for (const source of isSeq(merged) ? merged.items.map((item) => this.#resolve(item)) : [merged]) {
        const found = isMap(source) ? this.#pairOf(source.items, key) : undefined;
        if (found) return found;
      }
    }
    return undefined;
  }
}
