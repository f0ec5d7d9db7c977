import { getBuiltinModule } from "node:process";

export type SqlValue = string | number | bigint | null | Uint8Array;

/**
 * The part of the SQLite API that is used here; `node:sqlite` and its stand-in both have it. Parameters are bare `?`:
 * the `node:sqlite` of Node 22.13 cannot bind `?1` by position.
 */
export interface SqliteDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

export interface SqliteStatement {
  run(...values: SqlValue[]): {
    readonly changes: number | bigint;
    readonly lastInsertRowid: number | bigint;
  };
  get(...values: SqlValue[]): unknown;
  all(...values: SqlValue[]): unknown[];
}

export type SqliteConstructor = new (
  path: string,
  options?: { readonly readOnly?: boolean },
) => SqliteDatabase;

/**
 * SQLite as this runtime has it: its own `node:sqlite` (Node 22.13 and later), else the package that carries the same
 * code for older ones.
 */
export async function loadSqlite(): Promise<SqliteConstructor> {
  const builtin: unknown = getBuiltinModule("node:sqlite");
  if (hasDatabaseSync(builtin)) return builtin.DatabaseSync;
  const { DatabaseSync } = await import("@photostructure/sqlite");
  return DatabaseSync;
}

function hasDatabaseSync(module: unknown): module is { readonly DatabaseSync: SqliteConstructor } {
  return (
    typeof module === "object" &&
    module !== null &&
    "DatabaseSync" in module &&
    typeof module.DatabaseSync === "function"
  );
}

/** SQLite's primary result codes that are told apart here (https://sqlite.org/rescode.html). */
export const SQLITE = {
  PERM: 3,
  BUSY: 5,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  NOTADB: 26,
} as const;

/** The primary result code of an error that SQLite threw; `undefined` for any other error. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error)) return undefined;
  // Extended codes carry the primary one in their low byte.
  return typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}
