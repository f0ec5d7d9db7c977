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

/**
 * The time-out after `backoff` expiries in a row: doubled each time (RFC 6298 §5.5), within the limits. `floor`: what it
 * is at least, for this client.
 */
export function timeoutOf(
  known: RoundTrip | undefined,
  floor: number,
  backoff: number,
  limits: RtoLimits,
): number {
  const base = known ? Math.max(floor, known.mean + 4 * known.deviation) : limits.initial;
  return Math.min(limits.max, base * 2 ** Math.min(backoff, 16));
}

/** Whether an answer that came `since` milliseconds after a copy was sent may be the answer to that copy. */
export function mayAnswerCopy(known: RoundTrip | undefined, since: number): boolean {
  return known !== undefined && since >= known.mean / 2 && since <= 2 * known.mean + 4 * known.deviation + 5;
}

/**
 * The floor for a client that took `pause` milliseconds to answer, and then showed that what was sent again meanwhile was
 * not needed (RFC 3522 calls it spurious). Smoothing forgets such a pause within as many round trips as a LAN has in a
 * few milliseconds; a guest that got no processor once will be without one again.
 */
export function floorAfterPause(floor: number, pause: number, limits: RtoLimits): number {
  return Math.max(floor, Math.min(2 * pause, limits.initial));
}

/** The floor after a packet really was lost: waiting long for the next one would be a waste. */
export function floorAfterLoss(floor: number, limits: RtoLimits): number {
  return Math.max(limits.min, floor / 2);
}
