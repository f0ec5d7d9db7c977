/** The system's clock: milliseconds since the epoch. Whoever needs the time is given this, or another. */
export function systemClock(): number {
  return Date.now();
}
