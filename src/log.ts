import { type Logger, pino } from "pino";
import pretty from "pino-pretty";

/** Levels of the log, from the quietest up. */
export const LOG_LEVELS = ["silent", "error", "warn", "info", "debug", "trace"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Whether a word names a level. */
export function isLogLevel(word: string): word is LogLevel {
  return LOG_LEVELS.some((level) => level === word);
}

/** The daemon's log: one event a line, JSON for machines, or readable for people. */
export function createLogger(options: { level: LogLevel; pretty: boolean }): Logger {
  if (!options.pretty) return pino({ level: options.level, base: null });
  const stream = pretty({
    colorize: process.stdout.isTTY && !("NO_COLOR" in process.env),
    ignore: "pid,hostname",
    sync: true,
  });
  return pino({ level: options.level, base: null }, stream);
}
