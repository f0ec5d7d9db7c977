import type { Io } from "./io.ts";

export type Colour = "red" | "green" | "yellow" | "cyan" | "dim" | "bold";

const ANSI: Readonly<Record<Colour, number>> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 };

/** Text in a colour, where the output wants one. */
export function paint(io: Pick<Io, "colour">, colour: Colour | undefined, text: string): string {
  return io.colour && colour !== undefined ? `\u001b[${ANSI[colour]}m${text}\u001b[0m` : text;
}

/**
 * Text for a terminal. Parts of it were said by machines on the network (host names, file names): control characters
 * become visible instead of moving the cursor.
 */
export function printable(text: string): string {
  return text.replaceAll(
    /\p{Cc}/gu,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

/** A cell of a table. */
export interface Cell {
  readonly text: string;
  readonly colour?: Colour | undefined;
}

/**
 * Rows in aligned columns, two spaces apart, under a heading. The last column is as wide as it likes; lines do not end
 * in spaces.
 */
export function table(
  io: Pick<Io, "colour">,
  heading: readonly string[],
  rows: readonly (readonly Cell[])[],
): string {
  const all: (readonly Cell[])[] = [heading.map((text): Cell => ({ text, colour: "bold" })), ...rows];
  const widths = heading.map((_, column) =>
    Math.max(...all.map((row) => printable(row[column]?.text ?? "").length)),
  );
  return all
    .map((row) => {
      const last = row.findLastIndex((cell) => cell.text !== "");
      const cells = row.slice(0, last + 1).map(({ text, colour }, column) => {
        const plain = printable(text);
        const padding = column === last ? "" : " ".repeat((widths[column] ?? 0) - plain.length);
        return `${paint(io, colour, plain)}${padding}`;
      });
      return `${cells.join("  ")}\n`;
    })
    .join("");
}

/** A point in time as local ISO 8601, to the second and with its offset: `2026-11-23T14:05:09+01:00`. */
export function localTime(instant: number): string {
  const date = new Date(instant);
  const two = (value: number) => String(value).padStart(2, "0");
  const offset = -date.getTimezoneOffset();
  const zone = `${offset < 0 ? "-" : "+"}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  const day = `${String(date.getFullYear()).padStart(4, "0")}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}${zone}`;
}

/** `1 host`, `2 hosts`. */
export function count(many: number, what: string): string {
  return `${many} ${what}${many === 1 ? "" : "s"}`;
}
