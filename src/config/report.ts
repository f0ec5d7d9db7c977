import type { ConfigCode } from "./codes.ts";
import type { ConfigDocument, Path } from "./document.ts";
import type { ConfigProblem } from "./problem.ts";

/** The other place of a problem that takes two. */
export interface OtherPlace {
  readonly path: Path;
  readonly message: string;
}

/** Gathers what the checks find, each at its place. */
export class Report {
  readonly errors: ConfigProblem[] = [];
  readonly warnings: ConfigProblem[] = [];
  readonly #document: ConfigDocument;

  constructor(document: ConfigDocument) {
    this.#document = document;
  }

  error(code: ConfigCode, path: Path, message: string, hint: string, other?: OtherPlace): void {
    this.#add(this.errors, code, path, message, hint, other);
  }

  warn(code: ConfigCode, path: Path, message: string, hint: string, other?: OtherPlace): void {
    this.#add(this.warnings, code, path, message, hint, other);
  }

  /** One setting that reaches many hosts is wrong once. */
  #add(
    list: ConfigProblem[],
    code: ConfigCode,
    path: Path,
    message: string,
    hint: string,
    other?: OtherPlace,
  ): void {
    const at = this.#document.position(path);
    const known = list.some(
      (p) => p.code === code && p.line === at.line && p.column === at.column && p.message === message,
    );
    if (known) return;
    const related = other
      ? { related: { ...this.#document.position(other.path), message: other.message } }
      : {};
    list.push({ code, message, hint, file: this.#document.file, ...at, ...related });
  }
}
