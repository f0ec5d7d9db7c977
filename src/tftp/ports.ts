/** Ports that transfers may use, both included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** A send that fails is a lost packet; without a callback it would be an `error` event. */
export function ignore(): void {
  // Nothing to do.
}
