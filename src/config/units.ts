const SECONDS: Readonly<Record<string, number>> = { w: 604_800, d: 86_400, h: 3_600, m: 60, s: 1 };
const UNITS = Object.keys(SECONDS);

/**
 * Reads a duration of whole seconds: `30s`, `10m`, `12h`, `7d`, `2w`, and these joined from large to small (`1h30m`).
 * A bare number is refused: nobody remembers what it counts.
 */
export function parseDuration(text: string): number | undefined {
  let rest = text.trim();
  if (rest === "") return undefined;
  let total = 0;
  let last = -1;
  while (rest !== "") {
    const match = /^(\d{1,10})([wdhms])/.exec(rest);
    const unit = match?.[2];
    if (!match?.[1] || unit === undefined) return undefined;
    const rank = UNITS.indexOf(unit);
    if (rank <= last) return undefined;
    last = rank;
    total += Number(match[1]) * (SECONDS[unit] ?? Number.NaN);
    rest = rest.slice(match[0].length);
  }
  return Number.isSafeInteger(total) ? total : undefined;
}

/** The shortest spelling of a number of seconds that `parseDuration` reads back: 5400 is `1h30m`. */
export function formatDuration(seconds: number): string {
  let rest = Math.max(0, Math.floor(seconds));
  let text = "";
  for (const unit of UNITS) {
    const size = SECONDS[unit] ?? 1;
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text === "" ? "0s" : text;
}

/**
 * Reads a size in bytes: `512`, `512M`, `10G`, `1.5T`, with or without `B` or `iB`. As everywhere around virtual
 * machines a `K` is 1024.
 */
export function parseSize(text: string): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,6})?)\s*(?:([KMGT])(?:i?B)?|B)?$/i.exec(text.trim());
  if (!match?.[1]) return undefined;
  const power = match[2] === undefined ? 0 : "KMGT".indexOf(match[2].toUpperCase()) + 1;
  const bytes = Number(match[1]) * 1024 ** power;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
