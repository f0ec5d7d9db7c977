import type { TimelineEvent } from "../machines/model.ts";
import type { EventQuery, StoredEvent } from "../machines/ports.ts";
import type { SqliteDatabase, SqliteStatement } from "./sqlite.ts";
import { decodeEvent, EVENT_COLUMNS, encodeEvent } from "./state-rows.ts";

/** How much of the timeline is kept. */
export interface Retention {
  /** The newest events of each machine. */
  readonly eventsPerMachine: number;
  /** The newest events of all machines that are not in the config, and of the daemon itself, together. */
  readonly strangerEvents: number;
}

/** Events of a machine that may be added before the oldest ones are looked for. */
const PRUNE_EVERY = 256;

/** Appends to the timeline, within the caller's transaction, and keeps it within bounds. */
export class EventWriter {
  readonly #insert: SqliteStatement;
  readonly #prune: SqliteStatement;
  readonly #retention: Retention;
  /** Events added since the last pruning, by machine; `null` stands for the strangers. */
  readonly #added = new Map<string | null, number>();

  constructor(db: SqliteDatabase, retention: Retention) {
    const marks = EVENT_COLUMNS.map(() => "?").join(", ");
    this.#insert = db.prepare(`INSERT INTO events (${EVENT_COLUMNS.join(", ")}) VALUES (${marks})`);
    this.#prune = db.prepare(`
      DELETE FROM events WHERE machine IS ? AND id <=
        (SELECT id FROM events WHERE machine IS ? ORDER BY id DESC LIMIT 1 OFFSET ?)`);
    this.#retention = retention;
  }

  append(events: readonly TimelineEvent[]): StoredEvent[] {
    return events.map((event) => {
      const { lastInsertRowid } = this.#insert.run(...encodeEvent(event));
      this.#count(event.machine ?? null);
      return { ...event, id: Number(lastInsertRowid) };
    });
  }

  /** Drops what is beyond the bounds, for these machines. */
  prune(machines: Iterable<string | null>): void {
    for (const machine of machines) {
      const { eventsPerMachine, strangerEvents } = this.#retention;
      this.#prune.run(machine, machine, machine === null ? strangerEvents : eventsPerMachine);
      this.#added.delete(machine);
    }
  }

  #count(machine: string | null): void {
    const added = (this.#added.get(machine) ?? 0) + 1;
    this.#added.set(machine, added);
    if (added >= PRUNE_EVERY) this.prune([machine]);
  }
}

/** Reads the timeline. */
export class EventReader {
  readonly #after: SqliteStatement;
  readonly #newest: SqliteStatement;
  readonly #afterOf: SqliteStatement;
  readonly #newestOf: SqliteStatement;
  readonly #machines: SqliteStatement;

  constructor(db: SqliteDatabase) {
    this.#after = db.prepare("SELECT * FROM events WHERE id > ? ORDER BY id LIMIT ?");
    this.#newest = db.prepare("SELECT * FROM events WHERE id < ? ORDER BY id DESC LIMIT ?");
    // Two index walks that stop at the limit, joined; an OR would sort all that there is.
    const named = "SELECT * FROM events WHERE machine = ?";
    const stranger = "SELECT * FROM events WHERE machine IS NULL AND mac = ?";
    this.#afterOf = db.prepare(`
      SELECT * FROM (${named} AND id > ? ORDER BY id LIMIT ?)
      UNION ALL SELECT * FROM (${stranger} AND id > ? ORDER BY id LIMIT ?)
      ORDER BY id LIMIT ?`);
    this.#newestOf = db.prepare(`
      SELECT * FROM (${named} AND id < ? ORDER BY id DESC LIMIT ?)
      UNION ALL SELECT * FROM (${stranger} AND id < ? ORDER BY id DESC LIMIT ?)
      ORDER BY id DESC LIMIT ?`);
    this.#machines = db.prepare("SELECT DISTINCT machine FROM events");
  }

  /** The oldest first. */
  read(query: EventQuery): StoredEvent[] {
    const { machine, mac, after, before = Number.MAX_SAFE_INTEGER, limit } = query;
    const ofOne = machine !== undefined || mac !== undefined;
    // NULL equals nothing, so what was not asked for matches nothing.
    const [name, card] = [machine ?? null, mac ?? null];
    if (after === undefined) {
      const rows = ofOne
        ? this.#newestOf.all(name, before, limit, card, before, limit, limit)
        : this.#newest.all(before, limit);
      return rows.map(decodeEvent).reverse();
    }
    const rows = ofOne
      ? this.#afterOf.all(name, after, limit, card, after, limit, limit)
      : this.#after.all(after, limit);
    return rows.map(decodeEvent);
  }

  /** Everybody that has events; `null` stands for the strangers. */
  machines(): (string | null)[] {
    return this.#machines.all().map((row) => {
      const machine = typeof row === "object" && row !== null ? Object.values(row)[0] : null;
      return typeof machine === "string" ? machine : null;
    });
  }
}
