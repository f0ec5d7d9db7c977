import type { ExplainedStep, Explanation } from "../api/explain.ts";
import type { Replay } from "../explain/replay.ts";
import type { Io } from "./io.ts";
import { localTime, paint, printable } from "./text.ts";

/** Octets in a line of a dump. */
const DUMP_WIDTH = 16;

/** An explanation for people. */
export function explanationText(io: Pick<Io, "colour">, explained: Explanation, hex: boolean): string {
  const { machine, mac, firmware, source, notes, steps } = explained;
  const who = machine === null ? mac : `${machine} (${mac})`;
  const where =
    source === "daemon" ? "by the running daemon" : "by the config and the state as they lie there";
  const lines = [paint(io, "bold", `${printable(who)}, ${firmware} firmware: explained ${where}`)];
  for (const note of notes) lines.push(paint(io, "yellow", `note: ${printable(note)}`));
  for (const [index, step] of steps.entries()) lines.push("", ...stepLines(io, step, index + 1, hex));
  if (steps.length === 0) lines.push("", "Its boot does not come to this step.");
  return `${lines.join("\n")}\n`;
}

function stepLines(io: Pick<Io, "colour">, step: ExplainedStep, number: number, hex: boolean): string[] {
  const { title, outcome, answered, details, text, bytes } = step;
  const lines = [
    `${paint(io, "bold", `${number}. ${step.step}: ${printable(title)}`)}`,
    `   ${paint(io, answered ? "green" : "red", answered ? "→" : "✗")} ${printable(outcome)}`,
  ];
  if (bytes) lines.push(paint(io, "dim", `     ${bytes.size} bytes, SHA-256 ${bytes.sha256}`));
  for (const detail of details) lines.push(`     ${printable(detail)}`);
  if (hex && bytes?.hex) lines.push(...dump(bytes.hex).map((line) => `     ${line}`));
  if (text !== null)
    lines.push(
      ...text
        .replace(/\n$/, "")
        .split("\n")
        .map((line) => `   | ${printable(line)}`),
    );
  return lines;
}

/** A replayed capture for people. */
export function replayText(io: Pick<Io, "colour">, { packets }: Replay, hex: boolean): string {
  if (packets.length === 0) return "The capture has no DHCP messages.\n";
  return packets
    .map(({ at, from, to, mac, message, details, answer }) => {
      const head = `${localTime(at)}  ${message} ${mac ?? ""}  ${from} → ${to}`;
      const lines = [paint(io, "bold", head), ...details.map((detail) => `     ${printable(detail)}`)];
      if (answer) {
        lines.push(
          `   ${paint(io, answer.hex === null ? "yellow" : "green", "we:")} ${printable(answer.outcome)}`,
        );
        lines.push(...answer.details.map((detail) => `     ${printable(detail)}`));
        if (hex && answer.hex !== null) lines.push(...dump(answer.hex).map((line) => `     ${line}`));
      }
      return `${lines.join("\n")}\n`;
    })
    .join("\n");
}

/** `0000  01 02 …`. */
function dump(hex: string): string[] {
  const octets = hex.match(/../g) ?? [];
  const lines: string[] = [];
  for (let at = 0; at < octets.length; at += DUMP_WIDTH) {
    const offset = at.toString(16).padStart(4, "0");
    lines.push(`${offset}  ${octets.slice(at, at + DUMP_WIDTH).join(" ")}`);
  }
  return lines;
}
