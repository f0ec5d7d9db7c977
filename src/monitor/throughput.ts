export type Protocol = "tftp" | "http";

/** Bytes by step of time, the oldest first. */
export interface ThroughputSeries {
  /** The end of the last step, in milliseconds since the epoch. */
  readonly until: number;
  /** Milliseconds. */
  readonly step: number;
  readonly tftp: readonly number[];
  readonly http: readonly number[];
}

/** What was sent in the last while, in steps of the same length. A ring: it never grows. */
export class Throughput {
  readonly #step: number;
  readonly #tftp: Float64Array;
  readonly #http: Float64Array;
  /** The number of the newest step since the epoch. */
  #newest = 0;

  /** `step` in milliseconds. */
  constructor(step: number, steps: number) {
    this.#step = step;
    this.#tftp = new Float64Array(steps);
    this.#http = new Float64Array(steps);
  }

  add(protocol: Protocol, bytes: number, now: number): void {
    this.#advance(now);
    const ring = protocol === "tftp" ? this.#tftp : this.#http;
    const at = this.#newest % ring.length;
    ring[at] = (ring[at] ?? 0) + bytes;
  }

  /** The newest `steps`, the one that is not over yet left out. */
  series(now: number, steps: number = this.#tftp.length): ThroughputSeries {
    this.#advance(now);
    const length = Math.min(steps, this.#tftp.length - 1);
    const of = (ring: Float64Array) =>
      Array.from({ length }, (_, i) => ring[(this.#newest - length + i) % ring.length] ?? 0);
    return {
      until: this.#newest * this.#step,
      step: this.#step,
      tftp: of(this.#tftp),
      http: of(this.#http),
    };
  }

  #advance(now: number): void {
    const step = Math.floor(now / this.#step);
    // A clock that was set back goes on in the step where it was.
    const passed = Math.min(step - this.#newest, this.#tftp.length);
    for (let i = 0; i < passed; i++) {
      const at = (step - i) % this.#tftp.length;
      this.#tftp[at] = 0;
      this.#http[at] = 0;
    }
    this.#newest = Math.max(this.#newest, step);
  }
}
