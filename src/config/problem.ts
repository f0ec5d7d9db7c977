import type { ConfigCode } from "./codes.ts";

/** A place in the config file; both counted from 1, the column in UTF-16 units as editors count. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong with a config (or doubtful: warnings have the same shape). */
export interface ConfigProblem extends Position {
  readonly code: ConfigCode;
  readonly message: string;
  /** What to write instead. */
  readonly hint: string;
  readonly file: string;
  /** The other place, where it takes two to be wrong. */
  readonly related?: Position & { readonly message: string };
}

/** In the order of the file; at one place, by code. */
export function sortProblems(problems: readonly ConfigProblem[]): ConfigProblem[] {
  return problems.toSorted(
    (a, b) => a.line - b.line || a.column - b.column || (a.code < b.code ? -1 : a.code > b.code ? 1 : 0),
  );
}

/**
 * A problem as compilers write it, so that editors and terminals can jump to it: `file:line:column: error: message
 * [code]`, the hint and the other place below it. No trailing newline.
 */
export function formatProblem(problem: ConfigProblem, severity: "error" | "warning"): string {
  const { file, line, column, code, message, hint, related } = problem;
  const lines = [`${file}:${line}:${column}: ${severity}: ${message} [${code}]`];
  if (related) lines.push(`    see ${file}:${related.line}:${related.column}: ${related.message}`);
  lines.push(`    hint: ${hint}`);
  return lines.join("\n");
}
