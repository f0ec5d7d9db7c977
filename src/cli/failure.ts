import { ConfigInvalid } from "../config/config-invalid.ts";
import { formatProblem } from "../config/problem.ts";
import { BootwireError } from "../errors.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { printable } from "./text.ts";

/** Says on the standard error what went wrong and what to do, as text or as one line of JSON, and which code that is. */
export function reportFailure(io: Io, error: unknown, json: boolean): ExitCode {
  if (json) io.err(`${JSON.stringify(failureAsJson(error))}\n`);
  else io.err(failureAsText(error));
  return exitCodeOf(error);
}

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof ConfigInvalid) return EXIT.config;
  if (!(error instanceof BootwireError)) return EXIT.failed;
  return error.code === "BW_DAEMON_UNREACHABLE" ? EXIT.unreachable : EXIT.failed;
}

function failureAsText(error: unknown): string {
  if (error instanceof ConfigInvalid) {
    return error.problems.map((problem) => `${formatProblem(problem, "error")}\n`).join("");
  }
  if (error instanceof BootwireError) {
    return `bootwire: ${lines(error.message)} [${error.code}]\n    hint: ${lines(error.hint)}\n`;
  }
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `bootwire: this should not have happened\n${what}\n`;
}

function lines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

function failureAsJson(error: unknown) {
  if (error instanceof ConfigInvalid) {
    const { code, hint, problems } = error;
    return { error: { code, message: "the config cannot be used", hint, problems } };
  }
  if (error instanceof BootwireError) {
    const { code, message, hint } = error;
    return { error: { code, message, hint } };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { error: { code: "BW_INTERNAL", message, hint: "this should not have happened" } };
}
