import type { Logger } from "pino";
import type { ConfigProblem } from "../config/problem.ts";
import { BootwireError } from "../errors.ts";

/** Logs what is doubtful in the config, like a certificate that soon ends. */
export function warnOf(log: Logger, warnings: readonly ConfigProblem[]): void {
  for (const { code, message, hint } of warnings) log.warn({ code, hint }, message);
}

/** Logs why a changed config is refused, and returns it for those who ask later. */
export function sayRefused(log: Logger, error: unknown): { code: string; message: string; hint: string } {
  if (error instanceof BootwireError) {
    const { code, message, hint } = error;
    log.error({ code, hint }, `the changed config is refused, the old one stays: ${message}`);
    return { code, message, hint };
  }
  const text = "the changed config could not be read, the old one stays";
  log.error({ err: error }, text);
  return { code: "BW_INTERNAL", message: text, hint: "Look into the daemon's log; the cause is there." };
}
