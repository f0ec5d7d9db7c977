import { randomBytes } from "node:crypto";
import type { Ids } from "./life.ts";

/** Runs `action` once, `milliseconds` from now, unless the returned function is called before. */
export type Schedule = (action: () => void, milliseconds: number) => () => void;

/** Ids and tokens from the system's randomness: 64 bits for ids, 192 for tokens, both safe in a URL. */
export const cryptoIds: Ids = {
  attemptId: () => randomBytes(8).toString("hex"),
  token: () => randomBytes(24).toString("base64url"),
};

/** The system's timers. They keep no process alive: what waits here is written at close. */
export const systemSchedule: Schedule = (action, milliseconds) => {
  const timer = setTimeout(action, milliseconds);
  timer.unref();
  return () => clearTimeout(timer);
};
