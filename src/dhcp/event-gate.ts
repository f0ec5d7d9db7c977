import { formatIpv4 } from "../net/ipv4.ts";
import { RecentMap } from "../net/recent-map.ts";
import type { DhcpEvent } from "./ports.ts";

interface Told {
  readonly event: DhcpEvent;
  readonly at: number;
}

/**
 * Lets an event through once, and not for every packet that repeats it: a client that gets no answer asks every few
 * seconds, a whole segment of them without a pause. Binding events (ACK, RELEASE …) always pass.
 */
export class EventGate {
  readonly #quiet: number;
  readonly #segmentQuiet: number;
  /** The last event of each subject: a client, or the segment. Asked for every packet, so the key is not built for it. */
  readonly #last: RecentMap<string, Told>;

  /**
   * Milliseconds in which a repetition is kept back: of a client's event, and of one that is about the whole segment (an
   * empty pool). `size`: how many subjects to remember at least.
   */
  constructor(quiet: number, segmentQuiet: number, size = 4096) {
    this.#quiet = quiet;
    this.#segmentQuiet = segmentQuiet;
    this.#last = new RecentMap(size);
  }

  passes(event: DhcpEvent, now: number): boolean {
    const subject = subjectOf(event);
    if (subject === undefined) return true;
    const last = this.#last.get(subject);
    const quiet = isOfClient(event) ? this.#quiet : this.#segmentQuiet;
    if (last && now >= last.at && now - last.at < quiet && isSame(last.event, event)) return false;
    this.#last.set(subject, { event, at: now });
    return true;
  }
}

/** Whom an event is about; `undefined` for events that always pass. */
function subjectOf(event: DhcpEvent): string | undefined {
  switch (event.kind) {
    // Of the segment, not of a client.
    case "foreign-server":
    case "conflict":
      return `${event.kind} ${event.interface} ${event.address === undefined ? "" : formatIpv4(event.address)}`;
    case "pool-exhausted":
    case "error":
    case "malformed":
      return `${event.kind} ${event.interface} ${event.reason}`;
    case "offer":
    case "silent":
    case "discover":
    case "nak":
      return event.mac ?? `${event.kind} ${event.interface} ${event.code}`;
    default:
      return undefined;
  }
}

function isOfClient({ kind }: DhcpEvent): boolean {
  return kind === "offer" || kind === "silent" || kind === "nak" || kind === "discover";
}

function isSame(a: DhcpEvent, b: DhcpEvent): boolean {
  // Of the segment's events the subject says it all; which client brought them up does not count.
  if (!isOfClient(a)) return a.kind === b.kind;
  return (
    a.kind === b.kind &&
    a.code === b.code &&
    a.address === b.address &&
    a.file === b.file &&
    a.interface === b.interface
  );
}
