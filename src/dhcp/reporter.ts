import type { Ipv4 } from "../net/ipv4.ts";
import type { Mac } from "../net/mac.ts";
import { MessageType, Option } from "./codes.ts";
import { EventGate } from "./event-gate.ts";
import type { DhcpPacket } from "./packet.ts";
import type { DhcpEvent, ReasonCode } from "./ports.ts";

/** How often something was decided, by what came and what became of it. */
export interface DhcpCounter {
  /** `discover`, `request` …, `bootp`, `reply`, `probe`; `any` where it was not looked at. */
  readonly message: string;
  readonly outcome: DhcpEvent["kind"];
  readonly code: ReasonCode | undefined;
  readonly count: number;
}

/** Milliseconds in which the same event of a client is told once, and one of the segment. */
const EVENT_QUIET = 10_000;
const SEGMENT_QUIET = 60_000;

/** Counts every decision, and tells the observer of each that is news. */
export class Reporter {
  readonly #observer: { onEvent(event: DhcpEvent): void };
  readonly #gate = new EventGate(EVENT_QUIET, SEGMENT_QUIET);
  /** By message, outcome and code; nested, since it is asked for every packet. */
  readonly #counters = new Map<string, Map<string, Map<ReasonCode | undefined, Counted>>>();

  constructor(observer: { onEvent(event: DhcpEvent): void }) {
    this.#observer = observer;
  }

  counters(): readonly DhcpCounter[] {
    return [...this.#counters.values()].flatMap((outcomes) =>
      [...outcomes.values()].flatMap((codes) => [...codes.values()]),
    );
  }

  /** Counts and tells. `now` in milliseconds. */
  tell(message: string, event: DhcpEvent, now: number): void {
    this.count(message, event);
    if (!this.#gate.passes(event, now)) return;
    try {
      this.#observer.onEvent(event);
    } catch {
      // An observer that throws must not cost a client its answer; it has been told what there is to tell.
    }
  }

  count(message: string, event: DhcpEvent): void {
    const { kind: outcome, code } = event;
    const counted = this.#counters.get(message)?.get(outcome)?.get(code);
    if (counted) {
      counted.count += 1;
      return;
    }
    const outcomes = entry(
      this.#counters,
      message,
      () => new Map<string, Map<ReasonCode | undefined, Counted>>(),
    );
    const codes = entry(outcomes, outcome, () => new Map<ReasonCode | undefined, Counted>());
    codes.set(code, { message, outcome, code, count: 1 });
  }
}

type Counted = DhcpCounter & { count: number };

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
}

/** An event about which no more is known than this. */
export function plainEvent(said: {
  readonly kind: DhcpEvent["kind"];
  readonly code: ReasonCode;
  readonly reason: string;
  readonly interface: string;
  readonly mac?: Mac | undefined;
  readonly address?: Ipv4 | undefined;
}): DhcpEvent {
  const { mac, address, ...rest } = said;
  return { ...rest, mac, address, arch: undefined, userClass: undefined, file: undefined };
}

const NAMES = new Map<number, string>(Object.entries(MessageType).map(([name, code]) => [code, name]));

/** What a message is counted as. */
export function messageName(packet: DhcpPacket): string {
  if (packet.op !== 1) return "reply";
  const type = packet.options.get(Option.messageType)?.[0];
  return type === undefined ? "bootp" : (NAMES.get(type) ?? "unknown");
}
