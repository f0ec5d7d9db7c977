import { formatIpv4 } from "../net/ipv4.ts";
import type { DhcpEvent } from "./ports.ts";

/**
 * Lets an event through once, and not for every packet that repeats it: a client that gets no answer asks every few
 * seconds, a whole segment of them without a pause. Binding events (ACK, RELEASE …) always pass.
 */
export class EventGate {
  readonly #quiet: number;
  readonly #size: number;
  readonly #last = new Map<string, number>();

  /** Milliseconds in which a repetition is kept back, and how many events to remember. */
  constructor(quiet: number, size = 4096) {
    this.#quiet = quiet;
    this.#size = size;
  }

  passes(event: DhcpEvent, now: number): boolean {
    const key = keyOf(event);
    if (key === undefined) return true;
    const last = this.#last.get(key);
    if (last !== undefined && now >= last && now - last < this.#quiet) return false;
    this.#last.delete(key);
    if (this.#last.size >= this.#size) {
      const [oldest] = this.#last.keys();
      if (oldest !== undefined) this.#last.delete(oldest);
    }
    this.#last.set(key, now);
    return true;
  }
}

/** What makes two events the same; `undefined` for those that always pass. */
function keyOf(event: DhcpEvent): string | undefined {
  const where = event.address === undefined ? "" : formatIpv4(event.address);
  switch (event.kind) {
    // Of the segment, not of a client.
    case "foreign-server":
    case "conflict":
      return `${event.kind} ${event.interface} ${where}`;
    case "pool-exhausted":
    case "error":
      return `${event.kind} ${event.interface} ${event.reason}`;
    case "malformed":
      return `${event.kind} ${event.interface} ${event.mac ?? event.reason}`;
    case "offer":
    case "silent":
    case "discover":
    case "nak":
      return `${event.kind} ${event.interface} ${event.mac ?? ""} ${where} ${event.code} ${event.file ?? ""}`;
    default:
      return undefined;
  }
}
