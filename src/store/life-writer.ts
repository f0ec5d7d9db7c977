import type { Attempt, Basis, Instant } from "../machines/model.ts";
import type { LifeChange, Reassignment } from "../machines/ports.ts";
import { Row } from "./row.ts";
import type { SqliteDatabase, SqliteStatement } from "./sqlite.ts";
import { ATTEMPT_COLUMNS, encodeAttempt, encodeMachine, MACHINE_COLUMNS } from "./state-rows.ts";

/** Writes machines and attempts, within the caller's transaction. */
export class LifeWriter {
  readonly #upsertMachine: SqliteStatement;
  readonly #upsertAttempt: SqliteStatement;
  readonly #pruneAttempts: SqliteStatement;
  readonly #keepBasis: SqliteStatement;
  readonly #dropBases: SqliteStatement;
  readonly #setLog: SqliteStatement;
  readonly #setSeen: SqliteStatement;
  readonly #idOf: SqliteStatement;
  readonly #rename: SqliteStatement;
  readonly #renameEvents: SqliteStatement;
  readonly #attemptsPerMachine: number;

  constructor(db: SqliteDatabase, attemptsPerMachine: number) {
    this.#upsertMachine = db.prepare(upsert("machines", "name", MACHINE_COLUMNS, []));
    this.#upsertAttempt = db.prepare(upsert("attempts", "id", ATTEMPT_COLUMNS, ["machine"]));
    this.#pruneAttempts = db.prepare(`
      DELETE FROM attempts WHERE machine = ? AND seq <=
        (SELECT seq FROM attempts WHERE machine = ? ORDER BY seq DESC LIMIT 1 OFFSET ?)`);
    this.#keepBasis = db.prepare("INSERT INTO bases (digest, text) VALUES (?, ?) ON CONFLICT DO NOTHING");
    this.#dropBases = db.prepare(`
      DELETE FROM bases WHERE NOT EXISTS (SELECT 1 FROM attempts WHERE host_basis = digest)
        AND NOT EXISTS (SELECT 1 FROM attempts WHERE templates_basis = digest)`);
    this.#setLog = db.prepare("UPDATE attempts SET log = ? WHERE id = ?");
    this.#setSeen = db.prepare(
      "UPDATE machines SET last_seen = ? WHERE name = ? AND coalesce(last_seen, 0) < ?",
    );
    this.#idOf = db.prepare("SELECT id FROM machines WHERE name = ?");
    this.#rename = db.prepare("UPDATE machines SET name = ?, mac = ? WHERE id = ?");
    this.#renameEvents = db.prepare("UPDATE events SET machine = ? WHERE machine = ?");
    this.#attemptsPerMachine = attemptsPerMachine;
  }

  write(change: LifeChange): void {
    this.#upsertMachine.run(...encodeMachine(change.record));
    for (const attempt of change.attempts) this.#writeAttempt(attempt);
    if (change.basis) this.#writeBasis(change.basis);
    if (change.attempts.some((attempt) => attempt.phase !== "running")) this.#dropBases.run();
    if (change.log) this.#setLog.run(change.log.text, change.log.attempt);
  }

  seen(machine: string, at: Instant): void {
    this.#setSeen.run(at, machine, at);
  }

  /** In two rounds, because machines may swap their names or MACs, which are unique at every moment. */
  reassign(moves: readonly Reassignment[]): void {
    const rows = moves.flatMap((move) => {
      const id = this.#id(move.from);
      return id === undefined ? [] : [{ id, move }];
    });
    for (const { id, move } of rows) {
      this.#rename.run(`~${id}`, `~${id}`, id);
      this.#renameEvents.run(`~${id}`, move.from);
    }
    for (const { id, move } of rows) {
      this.#rename.run(move.name, move.mac, id);
      this.#renameEvents.run(move.name, `~${id}`);
    }
  }

  #writeBasis(basis: Basis): void {
    for (const [digest, text] of basis.texts) this.#keepBasis.run(digest, text);
  }

  #writeAttempt(attempt: Attempt): void {
    const machine = this.#id(attempt.machine);
    if (machine === undefined) {
      throw new TypeError(`attempt ${attempt.id} is of ${attempt.machine}, which has no record`);
    }
    this.#upsertAttempt.run(...encodeAttempt(attempt), machine);
    if (attempt.phase === "running") this.#pruneAttempts.run(machine, machine, this.#attemptsPerMachine);
  }

  #id(name: string): number | undefined {
    const row = this.#idOf.get(name);
    return row === undefined ? undefined : new Row(row).integer("id");
  }
}

function upsert(table: string, key: string, columns: readonly string[], fixed: readonly string[]): string {
  const all = [...columns, ...fixed];
  const updates = columns
    .filter((column) => column !== key)
    .map((column) => `${column} = excluded.${column}`);
  return `INSERT INTO ${table} (${all.join(", ")}) VALUES (${all.map(() => "?").join(", ")})
    ON CONFLICT (${key}) DO UPDATE SET ${updates.join(", ")}`;
}
