/** Bounds of the retransmission time-out, milliseconds. */
export interface RtoLimits {
  /** Before the first measurement. */
  readonly initial: number;
  readonly min: number;
  readonly max: number;
}

/** What is known of the round trip: smoothed mean and deviation in milliseconds (RFC 6298 §2). */
export interface RoundTrip {
  readonly mean: number;
  readonly deviation: number;
}

/** The estimate after one more measurement (RFC 6298 §2.2, §2.3). */
export function measured(known: RoundTrip | undefined, sample: number): RoundTrip {
  if (!known) return { mean: sample, deviation: sample / 2 };
  const deviation = 0.75 * known.deviation + 0.25 * Math.abs(known.mean - sample);
  return { mean: 0.875 * known.mean + 0.125 * sample, deviation };
}

/** The time-out after `backoff` expiries in a row: doubled each time (RFC 6298 §5.5), within the limits. */
export function timeoutOf(known: RoundTrip | undefined, backoff: number, limits: RtoLimits): number {
  const base = known ? Math.max(limits.min, known.mean + 4 * known.deviation) : limits.initial;
  return Math.min(limits.max, base * 2 ** Math.min(backoff, 16));
}
