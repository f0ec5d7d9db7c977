import type { Instant, TimelineEvent } from "./model.ts";
import type { Background, StoredEvent } from "./ports.ts";
import type { Schedule } from "./shell.ts";

/** How long an event that changes nothing may wait for others to be stored with. */
const FLUSH_AFTER = 100;
/** After a flush that failed, until the next try. */
const RETRY_AFTER = 5000;
/** Longest text, and longest string in the data of an event, in characters: file names come from the network. */
const MAX_TEXT = 1000;
/** Looked for first, because most texts are clean and there may be thousands in a second. */
const CONTROL = /\p{Cc}/u;
/** Events that one flush takes; what is beyond it is counted, not kept. A lab that boots at once stays far below. */
const MACHINE_BUDGET = 500;
/** The same for machines that are not in the config, whose number nobody bounds. */
const STRANGER_BUDGET = 50;

export interface TimelineParts {
  readonly store: (background: Background) => readonly StoredEvent[];
  readonly now: () => Instant;
  readonly schedule: Schedule;
  /** A flush failed (a full disk): the events are kept and tried again. Or a listener threw: it was taken off. */
  readonly onError: (error: unknown) => void;
}

/** Gathers events that change nothing, stores them in the background, and tells whoever listens. */
export class Timeline {
  readonly #parts: TimelineParts;
  readonly #listeners = new Set<(event: StoredEvent) => void>();
  #events: TimelineEvent[] = [];
  #seen = new Map<string, Instant>();
  #strangers = 0;
  #dropped = 0;
  #cancelFlush: (() => void) | undefined;
  #closed = false;

  constructor(parts: TimelineParts) {
    this.#parts = parts;
  }

  /** Takes an event that changes nothing. */
  record(event: TimelineEvent): void {
    const isStranger = event.machine === undefined;
    const isTooMuch = isStranger
      ? this.#strangers >= STRANGER_BUDGET
      : this.#events.length - this.#strangers >= MACHINE_BUDGET;
    if (isTooMuch) {
      this.#dropped += 1;
    } else {
      if (isStranger) this.#strangers += 1;
      this.#events.push(withinLimits(event));
    }
    this.#flushAfter(FLUSH_AFTER);
  }

  /** A machine gave a sign of life. */
  seen(machine: string, at: Instant): void {
    this.#seen.set(machine, at);
    this.#flushAfter(FLUSH_AFTER);
  }

  /** The newest sign of life that is not stored yet. */
  lastSeen(machine: string): Instant | undefined {
    return this.#seen.get(machine);
  }

  /**
   * Runs a transaction that takes along everything gathered so far, so that the timeline stays in order, and tells the
   * listeners. If it throws, nothing is lost.
   */
  withBackground(transaction: (background: Background) => readonly StoredEvent[]): void {
    const events = [...this.#events];
    if (this.#dropped > 0) events.push(this.#droppedLine());
    const seen = this.#seen;
    const stored = transaction({ events, seen });
    this.#events = [];
    this.#seen = new Map();
    this.#strangers = 0;
    this.#dropped = 0;
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    for (const event of stored) this.#publish(event);
  }

  /** Stores what has gathered. Throws what the store throws. */
  flush(): void {
    if (this.#events.length + this.#seen.size + this.#dropped === 0) return;
    this.withBackground(this.#parts.store);
  }

  /** Calls `listener` for each event once it is stored, until the returned function is called. */
  subscribe(listener: (event: StoredEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Stores what has gathered, and takes no more. */
  close(): void {
    this.#closed = true;
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    this.flush();
    this.#listeners.clear();
  }

  #flushAfter(milliseconds: number): void {
    if (this.#cancelFlush || this.#closed) return;
    this.#cancelFlush = this.#parts.schedule(() => {
      this.#cancelFlush = undefined;
      try {
        this.flush();
      } catch (error) {
        this.#parts.onError(error);
        this.#flushAfter(RETRY_AFTER);
      }
    }, milliseconds);
  }

  #droppedLine(): TimelineEvent {
    return {
      at: this.#parts.now(),
      mac: undefined,
      machine: undefined,
      attempt: undefined,
      kind: "timeline.dropped",
      text: `${this.#dropped} events came too fast to be kept`,
      data: { count: this.#dropped },
    };
  }

  #publish(event: StoredEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#listeners.delete(listener);
        this.#parts.onError(error);
      }
    }
  }
}

/** An event that may be stored and shown: what machines say of themselves has no bounds, and may steer a terminal. */
function withinLimits(event: TimelineEvent): TimelineEvent {
  const data = event.data && Object.entries(event.data).map(([key, value]) => [key, plain(value)] as const);
  return { ...event, text: plain(event.text), data: data && Object.fromEntries(data) };
}

function plain<V extends string | number | boolean>(value: V): V | string {
  if (typeof value !== "string") return value;
  const text = value.length > MAX_TEXT ? value.slice(0, MAX_TEXT) : value;
  return CONTROL.test(text) ? text.replaceAll(/\p{Cc}+/gu, " ") : text;
}
