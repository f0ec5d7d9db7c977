import type { z } from "zod";
import { CONFIG_CODES, type ConfigCode } from "./codes.ts";
import type { ConfigDocument, Path } from "./document.ts";
import { knownKeys } from "./known-keys.ts";
import type { ConfigProblem } from "./problem.ts";
import { isRawMap, rawAt } from "./raw.ts";
import { didYouMean } from "./suggest.ts";

type Issue = z.core.$ZodIssue;

/** What zod found, in words that an admin can use, at the place where it stands. */
export function shapeProblems(document: ConfigDocument, issues: readonly Issue[]): ConfigProblem[] {
  return issues.flatMap((issue) => translate(document, issue, []));
}

function translate(document: ConfigDocument, issue: Issue, prefix: Path): ConfigProblem[] {
  const path = [...prefix, ...issue.path.filter((step) => typeof step !== "symbol")];
  const raw = rawAt(document.data, path);
  const problem = (code: ConfigCode, message: string, hint: string, onKey = false): ConfigProblem => ({
    code,
    message,
    hint,
    file: document.file,
    ...(onKey ? document.keyPosition(path) : document.position(path)),
  });
  const name = nameOf(path);

  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(document, [...path, key]));
    case "invalid_key":
      return issue.issues.flatMap((inner) => {
        const params = inner.code === "custom" ? ourParams(inner.params) : undefined;
        return params ? [problem(params.code, inner.message, params.hint, true)] : [];
      });
    case "custom": {
      const params = ourParams(issue.params);
      if (!params) return [problem("BW_CONFIG_VALUE", `${name}: ${issue.message}`, "correct this value")];
      return [problem(params.code, issue.message, params.hint, params.onKey)];
    }
    case "invalid_union": {
      if (issue.discriminator !== undefined) {
        return [choice(document, path, knownInstallers(issue), problem)];
      }
      const fitting = issue.errors.find((branch) => !branch.some((inner) => isOtherType(inner, raw)));
      if (fitting) return fitting.flatMap((inner) => translate(document, inner, path));
      const expected = issue.errors.flatMap((branch) =>
        branch.filter((inner) => inner.path.length === 0).map(expectedOf),
      );
      return [wrongType(document, path, [...new Set(expected)], problem)];
    }
    case "invalid_type":
      return [wrongType(document, path, [expectedOf(issue)], problem)];
    case "invalid_value":
      return [choice(document, path, issue.values.map(String), problem)];
    case "too_small":
    case "too_big": {
      if (typeof raw === "string")
        return [problem("BW_CONFIG_VALUE", `${name} is empty`, "give it a value, or remove it")];
      const bound = issue.code === "too_small" ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
      return [
        problem("BW_CONFIG_VALUE", `${name} is out of bounds: ${String(raw)}`, `write a number of ${bound}`),
      ];
    }
    case "invalid_format":
      if (issue.format === "url")
        return [
          problem("BW_CONFIG_VALUE", `${name} is not a URL`, "write it like http://proxy.example.org:3128"),
        ];
      return [problem("BW_CONFIG_VALUE", `${name} is not a path from the root`, "begin it with /")];
    default:
      return [problem("BW_CONFIG_VALUE", `${name}: ${issue.message}`, "correct this value")];
  }
}

type MakeProblem = (code: ConfigCode, message: string, hint: string, onKey?: boolean) => ConfigProblem;

/** Only the last two steps: `hosts[3].mac` says more than the whole way. */
function nameOf(path: Path): string {
  const steps = path.slice(-3);
  while (typeof steps[0] === "number") steps.shift();
  const text = steps.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("");
  return text === "" ? "the file" : `\`${text.replace(/^\./, "")}\``;
}

function unknownKey(document: ConfigDocument, path: Path): ConfigProblem {
  const parent = path.slice(0, -1);
  const key = String(path.at(-1));
  const known = knownKeys(document.data, parent);
  const near = didYouMean(key, known);
  return {
    code: "BW_CONFIG_UNKNOWN_KEY",
    message: `there is no key “${key}” ${parent.length === 0 ? "at the top of the file" : `in ${nameOf(parent)}`}`,
    hint: near === undefined ? `known here: ${known.toSorted().join(", ")}` : `did you mean ${near}?`,
    file: document.file,
    ...document.keyPosition(path),
  };
}

/** A value that must be one of a few words. */
function choice(
  document: ConfigDocument,
  path: Path,
  values: readonly string[],
  problem: MakeProblem,
): ConfigProblem {
  const raw = rawAt(document.data, path);
  if (raw === undefined) {
    return missing(document, path, problem, `${String(path.at(-1))}: ${values.join(" or ")}`);
  }
  if (typeof raw === "object") return wrongType(document, path, ["text"], problem);
  const near = didYouMean(String(raw), values);
  const list = values.length === 1 ? values[0] : `${values.slice(0, -1).join(", ")} or ${values.at(-1)}`;
  const hint = near === undefined ? `write ${list}` : `did you mean ${near}? Possible: ${list}`;
  return problem("BW_CONFIG_VALUE", `${nameOf(path)} cannot be “${String(raw)}”`, hint);
}

function knownInstallers(issue: Extract<Issue, { code: "invalid_union" }>): string[] {
  return "options" in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
}

const EXAMPLES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    name: "name: web-1",
    mac: "mac: 52:54:00:12:34:56",
    cidr: "cidr: 10.0.0.0/24",
    image: "image: debian-13.raw.zst",
    kernel: "kernel: debian-13/linux",
    initrd: "initrd: debian-13/initrd.gz",
    suite: "suite: trixie",
    address: "address: 10.0.0.5/24",
  }),
);

/** A key that is not there, or has nothing behind its colon. */
function missing(document: ConfigDocument, path: Path, problem: MakeProblem, add?: string): ConfigProblem {
  const key = String(path.at(-1));
  const parent = rawAt(document.data, path.slice(0, -1));
  const empty = isRawMap(parent) && Object.hasOwn(parent, key);
  const message = empty ? `${nameOf(path)} is empty` : `${nameOf(path.slice(0, -1))} has no \`${key}\``;
  const example = EXAMPLES.get(key) ?? add;
  const hint =
    example !== undefined ? `add ${example}` : empty ? "give it a value, or remove it" : `add ${key}: …`;
  return problem("BW_CONFIG_MISSING", message, hint);
}

const HOW_TO_WRITE: Readonly<Record<string, string>> = {
  text: "write one value",
  "a number": "write a number without quotes",
  "true or false": "write true or false",
  "a list": "write one item a line, each after “- ”, or [a, b]",
  "a mapping": "write `key: value` lines below it, indented",
};

/** Keys where a bare number does not want quotes, but a unit. */
const DURATIONS: readonly string[] = ["timeout", "leaseTime"];

function wrongType(
  document: ConfigDocument,
  path: Path,
  expected: readonly string[],
  problem: MakeProblem,
): ConfigProblem {
  const raw = rawAt(document.data, path);
  if (raw === undefined && typeof path.at(-1) === "string") return missing(document, path, problem);
  const found = kindOf(raw);
  const quote = expected.includes("text") && (found === "a number" || found === "true or false");
  const [first = ""] = expected;
  const unquoted = DURATIONS.includes(String(path.at(-1)))
    ? `write it with its unit, like ${String(raw)}s or ${String(raw)}m`
    : "put it in quotes";
  const hint = quote ? unquoted : (HOW_TO_WRITE[first] ?? "correct this value");
  return problem(
    "BW_CONFIG_TYPE",
    `${nameOf(path)} must be ${expected.join(" or ")}, and this is ${found}`,
    hint,
  );
}

function kindOf(raw: unknown): string {
  if (raw === undefined || raw === null) return "empty";
  if (Array.isArray(raw)) return "a list";
  if (isRawMap(raw)) return "a mapping";
  if (typeof raw === "number") return Number.isInteger(raw) ? "a number" : "not a whole number";
  return typeof raw === "boolean" ? "true or false" : "text";
}

function expectedOf(issue: Issue): string {
  if (issue.code === "invalid_value") return "text";
  if (issue.code !== "invalid_type") return "something else";
  switch (issue.expected) {
    case "string":
      return "text";
    case "number":
    case "int":
      return "a number";
    case "boolean":
      return "true or false";
    case "array":
      return "a list";
    default:
      return "a mapping";
  }
}

/** Whether a branch of a union failed because it is for another kind of value altogether. */
function isOtherType(issue: Issue, raw: unknown): boolean {
  if (issue.path.length > 0) return false;
  return issue.code === "invalid_type" || (issue.code === "invalid_value" && typeof raw === "object");
}

function ourParams(params: unknown): { code: ConfigCode; hint: string; onKey: boolean } | undefined {
  if (!isRawMap(params)) return undefined;
  const { code, hint, onKey } = params;
  if (typeof code !== "string" || typeof hint !== "string" || !isCode(code)) return undefined;
  return { code, hint, onKey: onKey === true };
}

function isCode(code: string): code is ConfigCode {
  return Object.hasOwn(CONFIG_CODES, code);
}
