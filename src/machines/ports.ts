import type { Mac } from "../net/mac.ts";
import type { Attempt, Basis, Instant, Life, MachineRecord, TimelineEvent } from "./model.ts";

/** A line of the timeline as it is stored. Ids only ever grow; there may be gaps. */
export interface StoredEvent extends TimelineEvent {
  readonly id: number;
}

export interface EventQuery {
  /** The machine of this name. Together with `mac`: either of the two matches. */
  readonly machine?: string | undefined;
  /** What was recorded of this MAC while it was no machine's. */
  readonly mac?: Mac | undefined;
  /** Only events after this id, the oldest first; without it, the newest `limit` events. */
  readonly after?: number | undefined;
  /** Only events before this id: the newest `limit` of those. Not together with `after`. */
  readonly before?: number | undefined;
  readonly limit: number;
}

/** One machine's change of life: its record, the attempts that changed, and what the timeline says of it. */
export interface LifeChange {
  readonly record: MachineRecord;
  readonly attempts: readonly Attempt[];
  readonly log: { readonly attempt: string; readonly text: string } | undefined;
  /** What an attempt that begins here is served from. */
  readonly basis?: Basis | undefined;
}

/** What arrived in the background and may wait for a moment: events that change nothing, and who was seen when. */
export interface Background {
  readonly events: readonly TimelineEvent[];
  /** By the machine's name. Machines without a record are left out. */
  readonly seen: ReadonlyMap<string, Instant>;
}

/** A record that is known by another name or MAC from now on. */
export interface Reassignment {
  /** The name that it has now. */
  readonly from: string;
  readonly name: string;
  readonly mac: Mac;
}

/** What the machines' life needs of a store. All calls are synchronous; one process owns the store. */
export interface MachineStore {
  /** When the state was found lost; `undefined` when it was not, or an admin has decided since. */
  guardedSince(): Instant | undefined;
  /** Lifts the guard, durably. */
  liftGuard(): void;
  life(name: string): Life | undefined;
  /** Every machine with a record, in no order. */
  lives(): readonly Life[];
  /** Machines whose attempt is running or finishing. */
  live(): readonly Life[];
  /** Whatever became of it. */
  attemptByToken(token: string): Attempt | undefined;
  /** The newest first. */
  attempts(machine: string, limit: number): readonly Attempt[];
  log(attempt: string): string | undefined;
  /** A text of some running attempt's basis. */
  basis(digest: string): string | undefined;
  /**
   * One transaction, `background` included. `durable`: on stable storage when this returns, power cut or not; else it
   * survives the death of the process, and a power cut may take the last of it.
   */
  save(
    changes: readonly LifeChange[],
    background: Background,
    options: { readonly durable: boolean },
  ): readonly StoredEvent[];
  /** Events go along with their records. One durable transaction. */
  reassign(moves: readonly Reassignment[], events: readonly TimelineEvent[]): readonly StoredEvent[];
  /** The oldest first. */
  events(query: EventQuery): readonly StoredEvent[];
}
