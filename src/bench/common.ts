/** A wrong option, or something that this machine lacks; the message says what to do. */
export class CannotMeasure extends Error {}

/** The middle value; of an even number of values the mean of the two in the middle. Throws on an empty list. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new RangeError("the median of nothing");
  return (lower + upper) / 2;
}

/**
 * Measures each contestant once a round, round after round, so that whatever the machine does meanwhile meets all of
 * them alike. Returns the samples of each, in the order of the contestants.
 */
export async function interleaved<C, S>(
  rounds: number,
  contestants: readonly C[],
  measure: (contestant: C, round: number) => Promise<S>,
): Promise<{ readonly contestant: C; readonly samples: readonly S[] }[]> {
  const results = contestants.map((contestant) => ({ contestant, samples: Array.of<S>() }));
  for (let round = 1; round <= rounds; round++) {
    for (const { contestant, samples } of results) samples.push(await measure(contestant, round));
  }
  return results;
}

/** `1.85×`: how many times `other` goes into `ours`; a dash where there is nothing to compare with. */
export function ratio(ours: number, other: number): string {
  return other > 0 ? `${(ours / other).toFixed(2)}×` : "–";
}

/** One line of a benchmark's end: a goal, how near we came, and whether it is reached. */
export function verdict(what: string, said: string, met: boolean): string {
  return `${what}: ${said}: ${met ? "met" : "NOT MET"}`;
}

/** Columns of text, the first to the left, the others to the right; the first row is the head. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  }
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  const [head = [], ...body] = rows;
  return [line(head), rule, ...body.map(line)].join("\n");
}

/** Reads `--name value` options that are all positive numbers, with their defaults. Throws CannotMeasure. */
export function numberOptions<K extends string>(
  args: readonly string[],
  defaults: Readonly<Record<K, number>>,
): Record<K, number> {
  const result: Record<K, number> = { ...defaults };
  const given = new Map(pairsOf(args));
  for (const name in defaults) {
    const text = given.get(`--${name}`);
    if (text === undefined) continue;
    given.delete(`--${name}`);
    const value = Number(text);
    if (!(value > 0)) throw new CannotMeasure(`--${name} must be a positive number, not ${text}`);
    result[name] = value;
  }
  for (const name of given.keys()) {
    const known = Object.entries(defaults).map(([option, value]) => `--${option} ${value}`);
    throw new CannotMeasure(`unknown option ${name}; there are, with their defaults: ${known.join(", ")}`);
  }
  return result;
}

function pairsOf(args: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i < args.length; i += 2) pairs.push([args[i] ?? "", args[i + 1] ?? ""]);
  return pairs;
}
