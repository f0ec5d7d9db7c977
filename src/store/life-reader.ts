import type { Attempt, Life } from "../machines/model.ts";
import { Row } from "./row.ts";
import type { SqliteDatabase, SqliteStatement } from "./sqlite.ts";
import { decodeAttempt, decodeLife } from "./state-rows.ts";

/** All but its log, which may be long. */
const COLUMNS = `a.machine, a.id, a.token, a.profile, a.firmware, a.started_at, a.phase, a.ended_at, a.boots, a.percent,
  a.tries, a.failure, a.failed_by, a.host_basis, a.templates_basis, m.name AS machine_name`;
const ATTEMPT = `SELECT ${COLUMNS} FROM attempts a JOIN machines m ON m.id = a.machine`;

/** Reads machines and attempts. */
export class LifeReader {
  readonly #byName: SqliteStatement;
  readonly #all: SqliteStatement;
  readonly #live: SqliteStatement;
  readonly #latest: SqliteStatement;
  readonly #latestOfAll: SqliteStatement;
  readonly #byToken: SqliteStatement;
  readonly #attempts: SqliteStatement;
  readonly #log: SqliteStatement;
  readonly #basis: SqliteStatement;

  constructor(db: SqliteDatabase) {
    this.#byName = db.prepare("SELECT * FROM machines WHERE name = ?");
    this.#all = db.prepare("SELECT * FROM machines");
    this.#live = db.prepare(`
      SELECT m.* FROM machines m JOIN attempts a ON a.machine = m.id
      WHERE a.phase IN ('running', 'finishing') ORDER BY m.name`);
    this.#latest = db.prepare(`${ATTEMPT} WHERE a.machine = ? ORDER BY a.seq DESC LIMIT 1`);
    this.#latestOfAll = db.prepare(
      `${ATTEMPT} AND a.seq = (SELECT max(seq) FROM attempts WHERE machine = m.id)`,
    );
    this.#byToken = db.prepare(`${ATTEMPT} WHERE a.token = ?`);
    this.#attempts = db.prepare(`${ATTEMPT} WHERE m.name = ? ORDER BY a.seq DESC LIMIT ?`);
    this.#log = db.prepare("SELECT log FROM attempts WHERE id = ?");
    this.#basis = db.prepare("SELECT text FROM bases WHERE digest = ?");
  }

  byName(name: string): Life | undefined {
    return this.#life(this.#byName.get(name));
  }

  /** In no order; two queries, however many there are. */
  all(): Life[] {
    const latest = new Map(this.#latestOfAll.all().map((row) => [new Row(row).integer("machine"), row]));
    return this.#all.all().map((row) => decodeLife(row, latest.get(new Row(row).integer("id"))));
  }

  live(): Life[] {
    return this.#live.all().flatMap((row) => this.#life(row) ?? []);
  }

  attemptByToken(token: string): Attempt | undefined {
    const row = this.#byToken.get(token);
    return row === undefined ? undefined : decodeAttempt(row);
  }

  attempts(machine: string, limit: number): Attempt[] {
    return this.#attempts.all(machine, limit).map(decodeAttempt);
  }

  log(attempt: string): string | undefined {
    const row = this.#log.get(attempt);
    return row === undefined ? undefined : new Row(row).optionalText("log");
  }

  basis(digest: string): string | undefined {
    const row = this.#basis.get(digest);
    return row === undefined ? undefined : new Row(row).text("text");
  }

  #life(machine: unknown): Life | undefined {
    if (machine === undefined) return undefined;
    return decodeLife(machine, this.#latest.get(new Row(machine).integer("id")));
  }
}
