/**
 * The highest rate that `holds`, to within `precision` (0.05: five percent): doubled from `start` until it does not
 * hold, then bisected; halved where not even `start` holds. A rate counts as not held when it fails twice: one bad moment of
 * the machine decides nothing. Returns the result of the best try, or `undefined` when not even an eighth of `start` held.
 */
export async function highest<R>(
  holds: (rate: number) => Promise<R | undefined>,
  { start, limit, precision }: { start: number; limit: number; precision: number },
): Promise<{ readonly rate: number; readonly result: R } | undefined> {
  const attempt = async (rate: number) => (await holds(rate)) ?? (await holds(rate));
  let best: { rate: number; result: R } | undefined;
  let tooMuch = Number.POSITIVE_INFINITY;
  for (let rate = start; ; ) {
    const result = await attempt(rate);
    if (result === undefined) tooMuch = rate;
    else best = { rate, result };
    if (best === undefined && rate <= start / 8) return undefined;
    if (best === undefined) {
      rate /= 2;
      continue;
    }
    if (best.rate >= limit) return best;
    if (tooMuch - best.rate <= best.rate * precision) return best;
    rate =
      tooMuch === Number.POSITIVE_INFINITY
        ? Math.min(limit, best.rate * 2)
        : Math.round((best.rate + tooMuch) / 2);
  }
}
