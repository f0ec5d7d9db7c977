import type { ApiEvent } from "../api-types.ts";
import type { Io } from "./io.ts";
import { type Colour, localTime, paint, printable } from "./text.ts";

/** An event as one line. */
export function eventLine(io: Pick<Io, "colour">, event: ApiEvent): string {
  const who = event.machine ?? event.mac ?? "-";
  const when = paint(io, "dim", localTime(event.at));
  const kind = paint(io, colourOf(event.kind), printable(event.kind).padEnd(18));
  return `${when}  ${printable(who).padEnd(17)}  ${kind}  ${printable(event.text)}\n`;
}

/** Red for what went wrong or is held back, green for what is done, yellow for an install on its way. */
function colourOf(kind: string): Colour | undefined {
  if (/failed|refused|error|guarded|hold|conflict|stalled|exhausted|malformed/.test(kind)) return "red";
  if (/\.(?:done|booted|closed)$/.test(kind)) return "green";
  return kind.startsWith("attempt.") ? "yellow" : undefined;
}
