import type { TimelineEvent } from "../machines/model.ts";
import { diagnose, resumedLine, stallLine } from "./diagnose.ts";

export interface StallWatchParts {
  readonly now: () => number;
  /** Runs `action` once, `milliseconds` from now, unless the returned function is called before. */
  readonly schedule: (action: () => void, milliseconds: number) => () => void;
  /** Takes the line that tells of a stall. */
  readonly tell: (line: TimelineEvent) => void;
}

interface Watched {
  events: TimelineEvent[];
  cancel: (() => void) | undefined;
}

/** Events of one machine to look at: more than a boot has of those that count. */
const EVENTS = 60;
/** Machines to watch at most; the longest silent ones are let go first. */
const MACHINES = 5000;

/** Watches the timelines for what does not come, and says so on them. */
export class StallWatch {
  readonly #parts: StallWatchParts;
  /** By the machine's name, or the MAC of one without. */
  readonly #watched = new Map<string, Watched>();

  constructor(parts: StallWatchParts) {
    this.#parts = parts;
  }

  /** Takes what has just happened, or what had happened before the daemon started. */
  take(event: TimelineEvent): void {
    const subject = event.machine ?? event.mac;
    if (subject === undefined) return;
    const watched = this.#watched.get(subject) ?? { events: [], cancel: undefined };
    this.#watched.delete(subject);
    this.#watched.set(subject, watched);
    watched.events.push(event);
    if (watched.events.length > EVENTS) watched.events.shift();
    this.#letGo();
    this.#look(watched);
  }

  close(): void {
    for (const { cancel } of this.#watched.values()) cancel?.();
    this.#watched.clear();
  }

  #look(watched: Watched): void {
    watched.cancel?.();
    watched.cancel = undefined;
    const now = this.#parts.now();
    const diagnosis = diagnose(watched.events, now);
    switch (diagnosis.kind) {
      case "at-rest":
        return;
      case "waiting":
        watched.cancel = this.#parts.schedule(() => this.#look(watched), diagnosis.until - now);
        return;
      case "stalled": {
        const last = watched.events.at(-1);
        // It comes back through `take`, and is what says that this stall was told.
        if (last) this.#parts.tell(stallLine(diagnosis.code, last, now));
        return;
      }
      case "over": {
        const last = watched.events.at(-1);
        if (!last) return;
        const line = resumedLine(diagnosis.code, last, now);
        // What follows at once must not tell it again, and what is missing now is to be looked at.
        watched.events.push(line);
        this.#parts.tell(line);
        this.#look(watched);
      }
    }
  }

  #letGo(): void {
    for (const [subject, { cancel }] of this.#watched) {
      if (this.#watched.size <= MACHINES) return;
      cancel?.();
      this.#watched.delete(subject);
    }
  }
}
