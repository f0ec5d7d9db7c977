import { closeSync, openSync } from "node:fs";
import { BootwireError } from "../errors.ts";
import { SQLITE, type SqliteConstructor, type SqliteDatabase, sqliteCode } from "./sqlite.ts";

/** One of our databases: how it is known, and how it came to look as it does. */
export interface Format {
  /** What it holds, for messages. */
  readonly holds: string;
  /** Stands in the file's header (`PRAGMA application_id`): a database of somebody else is never touched. */
  readonly applicationId: number;
  /** The n-th one leads from version n to n + 1 (`PRAGMA user_version`); none is ever changed once it was released. */
  readonly migrations: readonly string[];
  /** What an admin can do when the file is lost or damaged. */
  readonly remedy: string;
}

/** Whether the database was there before, or is new. */
export type Presence = "existing" | "new";

/**
 * Opens a database in WAL mode with synchronous=FULL: a transaction is on stable storage when COMMIT returns. A new one is
 * laid out together with what `fill` writes, an older one is brought up to date, each in one transaction. Throws a
 * BootwireError, without having changed anything, when the file is damaged, somebody else's, or of a newer version.
 */
export function openDatabase(
  Sqlite: SqliteConstructor,
  path: string,
  format: Format,
  fill: (db: SqliteDatabase) => void,
): { readonly db: SqliteDatabase; readonly presence: Presence } {
  return explained(path, format, () => {
    // SQLite would make it readable for everybody, and there are tokens in it; its log gets the same mode.
    closeSync(openSync(path, "a", 0o600));
    const db = new Sqlite(path);
    try {
      db.exec("PRAGMA busy_timeout = 5000");
      const presence = inspect(db, path, format);
      db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216");
      // What is deleted is gone from the file: there are secrets among it.
      db.exec("PRAGMA secure_delete = ON");
      migrate(db, format, presence === "new" ? fill : undefined);
      return { db, presence };
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

/** A second connection to a database that is open and up to date, whose commits a power cut may take (not a crash). */
export function openQuickly(Sqlite: SqliteConstructor, path: string): SqliteDatabase {
  const db = new Sqlite(path);
  db.exec("PRAGMA busy_timeout = 5000; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 16777216");
  return db;
}

/**
 * Closes a database whose connections are all at rest. The log is folded into the file first: @photostructure/sqlite
 * keeps a closed connection half-open for as long as its statements have not been collected, and would leave that to
 * the next start. A copy of the file alone is then a whole copy.
 */
export function closeDatabase(db: SqliteDatabase): void {
  try {
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    db.close();
  }
}

/** Runs `body` as one transaction; when it throws, nothing has happened. */
export function transaction<T>(db: SqliteDatabase, body: () => T): T {
  db.exec("BEGIN IMMEDIATE");
  try {
    const result = body();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    rollBack(db);
    throw error;
  }
}

function rollBack(db: SqliteDatabase): void {
  try {
    db.exec("ROLLBACK");
  } catch {
    // SQLite has rolled back by itself (a full disk does that), or cannot any more: the first error tells.
  }
}

/** Runs `body`; errors of SQLite and of the file system come out in words that an admin can use. */
export function explained<T>(path: string, format: Format, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw explain(error, path, format);
  }
}

/** What went wrong with this database, in words that an admin can use. */
export function explain(error: unknown, path: string, format: Format): unknown {
  if (error instanceof BootwireError) return error;
  const cause = { cause: error };
  const detail = error instanceof Error ? error.message : String(error);
  switch (sqliteCode(error)) {
    case undefined:
      return error instanceof Error && "syscall" in error ? inaccessible(path, detail, cause) : error;
    case SQLITE.CORRUPT:
    case SQLITE.NOTADB:
      return damaged(path, format, detail, cause);
    case SQLITE.PERM:
    case SQLITE.READONLY:
    case SQLITE.CANTOPEN:
      return inaccessible(path, detail, cause);
    case SQLITE.BUSY:
      return new BootwireError(
        "BW_STATE_LOCKED",
        `${path} is held by another program: ${detail}`,
        "Close whatever has the file open (a database browser, a backup), then try again.",
        cause,
      );
    default:
      return new BootwireError(
        "BW_STATE_WRITE",
        `${format.holds} cannot be stored in ${path}: ${detail}`,
        "Look whether the disk is full or failing.",
        cause,
      );
  }
}

function inaccessible(path: string, detail: string, cause: { cause: unknown }): BootwireError {
  return new BootwireError(
    "BW_STATE_ACCESS",
    `${path} cannot be opened for writing: ${detail}`,
    "Give the user that Bootwire runs as the right to write this file and its folder.",
    cause,
  );
}

function damaged(path: string, format: Format, detail: string, cause?: { cause: unknown }): BootwireError {
  return new BootwireError(
    "BW_STATE_CORRUPT",
    `${path} is damaged: ${detail}`,
    `It was left as it is. Restore a backup of it, or move it away and start again. ${format.remedy}`,
    cause,
  );
}

function inspect(db: SqliteDatabase, path: string, format: Format): Presence {
  const version = pragma(db, "user_version");
  const applicationId = pragma(db, "application_id");
  const isEmpty = db.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
  if (isEmpty && version === 0 && applicationId === 0) return "new";
  if (applicationId !== format.applicationId || version < 1) {
    throw new BootwireError(
      "BW_STATE_FOREIGN",
      `${path} is a database, but not one of Bootwire's for ${format.holds}`,
      "It was left as it is. Choose another state folder, or move the file away.",
    );
  }
  if (version > format.migrations.length) {
    throw new BootwireError(
      "BW_STATE_NEWER",
      `${path} was written by a newer Bootwire (format ${version}; this one knows up to ${format.migrations.length})`,
      "It was left as it is. Start the newer version again, or restore a backup from before the upgrade.",
    );
  }
  const findings = db
    .prepare("PRAGMA quick_check(1)")
    .all()
    .flatMap((row) => (typeof row === "object" && row !== null ? Object.values(row) : []));
  if (findings.length !== 1 || findings[0] !== "ok") throw damaged(path, format, findings.join("; "));
  return "existing";
}

function migrate(db: SqliteDatabase, format: Format, fill: ((db: SqliteDatabase) => void) | undefined): void {
  const from = pragma(db, "user_version");
  const { migrations, applicationId } = format;
  if (from === migrations.length) return;
  transaction(db, () => {
    for (const sql of migrations.slice(from)) db.exec(sql);
    db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length}`);
    fill?.(db);
  });
}

function pragma(db: SqliteDatabase, name: "user_version" | "application_id"): number {
  const row = db.prepare(`PRAGMA ${name}`).get();
  if (typeof row !== "object" || row === null || !(name in row)) return 0;
  const value: unknown = Object.values(row)[0];
  return typeof value === "number" ? value : 0;
}
