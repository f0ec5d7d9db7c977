import type { Attempt, Instant, Life, TimelineEvent } from "../machines/model.ts";
import type {
  Background,
  EventQuery,
  LifeChange,
  MachineStore,
  Reassignment,
  StoredEvent,
} from "../machines/ports.ts";
import { closeDatabase, explained, openQuickly, transaction } from "./database.ts";
import { EventReader, EventWriter, type Retention } from "./event-log.ts";
import { LifeCache } from "./life-cache.ts";
import { LifeReader } from "./life-reader.ts";
import { LifeWriter } from "./life-writer.ts";
import type { SqliteConstructor, SqliteDatabase, SqliteStatement } from "./sqlite.ts";
import { STATE_FORMAT } from "./state-format.ts";

/** How much of the past is kept. */
export interface StateRetention extends Retention {
  /** The newest attempts of each machine, with their logs. */
  readonly attemptsPerMachine: number;
}

export const DEFAULT_RETENTION: StateRetention = {
  eventsPerMachine: 2000,
  strangerEvents: 5000,
  attemptsPerMachine: 20,
};

/** A connection with the statements that write through it. */
interface Writer {
  readonly db: SqliteDatabase;
  readonly lives: LifeWriter;
  readonly events: EventWriter;
}

/** Key in `meta`: when the state was found lost. */
export const GUARDED_SINCE = "guarded_since";

/** Key in `meta`: what health checks write. */
const PROBE = "probe";

/** The machines' store in SQLite. Whatever goes wrong with the file comes out as a BootwireError. */
export class SqliteMachineStore implements MachineStore {
  readonly #path: string;
  readonly #durable: Writer;
  readonly #quick: Writer;
  readonly #reader: LifeReader;
  readonly #lives: LifeCache;
  readonly #events: EventReader;
  readonly #deleteMeta: SqliteStatement;
  readonly #probe: SqliteStatement;
  #guardedSince: Instant | undefined;

  /** Takes over a database that is open and up to date; `close` closes it. */
  constructor(
    Sqlite: SqliteConstructor,
    path: string,
    db: SqliteDatabase,
    retention: StateRetention = DEFAULT_RETENTION,
  ) {
    this.#path = path;
    this.#durable = writer(db, retention);
    this.#quick = writer(openQuickly(Sqlite, path), retention);
    this.#reader = new LifeReader(db);
    this.#lives = new LifeCache(this.#reader);
    this.#events = new EventReader(db);
    this.#deleteMeta = db.prepare("DELETE FROM meta WHERE key = ?");
    this.#probe = this.#quick.db.prepare(
      "INSERT INTO meta (key, value) VALUES (?, '') ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    );
    this.#guardedSince = readGuard(db);
    // Each run may leave a few events too many behind; many short runs would add up.
    transaction(db, () => this.#durable.events.prune(this.#events.machines()));
  }

  guardedSince(): Instant | undefined {
    return this.#guardedSince;
  }

  liftGuard(): void {
    this.#explained(() => this.#deleteMeta.run(GUARDED_SINCE));
    this.#guardedSince = undefined;
  }

  /** Writes something that means nothing. Throws when nothing can be written. */
  probe(): void {
    this.#explained(() => this.#probe.run(PROBE));
  }

  life(name: string): Life | undefined {
    return this.#explained(() => this.#lives.byName(name));
  }

  lives(): readonly Life[] {
    return this.#explained(() => this.#lives.all());
  }

  live(): readonly Life[] {
    return this.#explained(() => this.#reader.live());
  }

  attemptByToken(token: string): Attempt | undefined {
    return this.#explained(() => this.#reader.attemptByToken(token));
  }

  attempts(machine: string, limit: number): readonly Attempt[] {
    return this.#explained(() => this.#reader.attempts(machine, limit));
  }

  log(attempt: string): string | undefined {
    return this.#explained(() => this.#reader.log(attempt));
  }

  basis(digest: string): string | undefined {
    return this.#explained(() => this.#reader.basis(digest));
  }

  save(
    changes: readonly LifeChange[],
    background: Background,
    options: { readonly durable: boolean },
  ): readonly StoredEvent[] {
    const { db, lives, events } = options.durable ? this.#durable : this.#quick;
    try {
      return this.#explained(() =>
        transaction(db, () => {
          for (const change of changes) lives.write(change);
          for (const [machine, at] of background.seen) lives.seen(machine, at);
          return events.append(background.events);
        }),
      );
    } finally {
      for (const { record } of changes) this.#lives.changed(record.name);
      for (const machine of background.seen.keys()) this.#lives.changed(machine);
    }
  }

  reassign(moves: readonly Reassignment[], lines: readonly TimelineEvent[]): readonly StoredEvent[] {
    const { db, lives, events } = this.#durable;
    try {
      return this.#explained(() =>
        transaction(db, () => {
          lives.reassign(moves);
          return events.append(lines);
        }),
      );
    } finally {
      this.#lives.forget();
    }
  }

  events(query: EventQuery): readonly StoredEvent[] {
    return this.#explained(() => this.#events.read(query));
  }

  /** Closes the database. */
  close(): void {
    this.#quick.db.close();
    closeDatabase(this.#durable.db);
  }

  #explained<T>(body: () => T): T {
    return explained(this.#path, STATE_FORMAT, body);
  }
}

function writer(db: SqliteDatabase, retention: StateRetention): Writer {
  return {
    db,
    lives: new LifeWriter(db, retention.attemptsPerMachine),
    events: new EventWriter(db, retention),
  };
}

function readGuard(db: SqliteDatabase): Instant | undefined {
  const row = db.prepare("SELECT value FROM meta WHERE key = ?").get(GUARDED_SINCE);
  if (typeof row !== "object" || row === null || !("value" in row)) return undefined;
  // A flag whose time cannot be read is still a flag.
  const since = Number(row.value);
  return Number.isFinite(since) ? since : 0;
}
