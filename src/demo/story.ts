import type { ApiEvent } from "../api-types.ts";

/** A line of the timeline for the terminal: seconds since `began` (milliseconds since the epoch), what, in words. */
export function eventLine(event: ApiEvent, began: number): string {
  const seconds = Math.max(0, (event.at - began) / 1000).toFixed(1);
  return `${seconds.padStart(7)} s  ${event.kind.padEnd(18)} ${event.text}`;
}
