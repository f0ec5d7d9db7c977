/** What a daemon needs to do its work, and whether it has it. */
export interface Readiness {
  readonly ready: boolean;
  readonly checks: {
    /** A write to the state's database went through. */
    readonly store: boolean;
    /** Everything that is to listen does. */
    readonly sockets: boolean;
  };
}

export interface ReadinessParts {
  /** Writes something; throws where it cannot. */
  readonly probeStore: () => void;
  readonly listening: () => boolean;
  /** Milliseconds. */
  readonly now: () => number;
}

/** How long an answer stands, in milliseconds: whoever asks without end costs no more than one write in this time. */
const STANDS_FOR = 1000;

/** Looks whether the daemon can do its work. */
export class ReadinessCheck {
  readonly #parts: ReadinessParts;
  #last: { readonly at: number; readonly found: Readiness } | undefined;

  constructor(parts: ReadinessParts) {
    this.#parts = parts;
  }

  look(): Readiness {
    const now = this.#parts.now();
    if (this.#last && now - this.#last.at < STANDS_FOR && now >= this.#last.at) return this.#last.found;
    const checks = {
      store: this.#storeWrites(),
      sockets: this.#parts.listening(),
    };
    const found = { ready: checks.store && checks.sockets, checks };
    this.#last = { at: now, found };
    return found;
  }

  #storeWrites(): boolean {
    try {
      this.#parts.probeStore();
      return true;
    } catch {
      // Why is told by what fails because of it; whoever asks here may not be an admin.
      return false;
    }
  }
}
