import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Lease } from "../dhcp/ports.ts";
import { BootwireError } from "../errors.ts";
import { decodeLease } from "./lease-format.ts";
import { loadSqlite, type SqliteConstructor } from "./sqlite.ts";
import { createState, openState, type State, type StateParts } from "./state.ts";

/** A copy of a state folder's content, for looking at what would follow from it. Nothing that is done to it lasts. */
export interface Snapshot {
  readonly state: State;
  readonly leases: readonly Lease[];
  /** Whether there was a state to copy; else it is that of a new lab. */
  readonly found: boolean;
  close(): Promise<void>;
}

/**
 * Copies a state into a folder of its own that is gone after `close`. The original is only read, by one read transaction
 * each, so that a running daemon is not disturbed. Throws BW_STATE_ACCESS where it may not be read.
 */
export async function openSnapshot(folder: string, parts: StateParts): Promise<Snapshot> {
  const Sqlite = await loadSqlite();
  const copy = await mkdtemp(join(tmpdir(), "bootwire-look-"));
  const remove = () => rm(copy, { recursive: true, force: true });
  try {
    await chmod(copy, 0o700);
    const found = copyDatabase(Sqlite, join(folder, "state.db"), join(copy, "state.db"));
    copyDatabase(Sqlite, join(folder, "leases.db"), join(copy, "leases.db"));
    const leases = readLeases(Sqlite, join(copy, "leases.db"));
    const state = found ? await openState(copy, parts) : await createState(copy, parts);
    const close = async () => {
      state.close();
      await remove();
    };
    return { state, leases, found, close };
  } catch (error) {
    await remove();
    throw error;
  }
}

function copyDatabase(Sqlite: SqliteConstructor, from: string, to: string): boolean {
  try {
    if (!existsSync(from)) return false;
    const db = new Sqlite(from, { readOnly: true });
    try {
      db.exec("PRAGMA busy_timeout = 5000");
      db.prepare("VACUUM INTO ?").run(to);
    } finally {
      db.close();
    }
    return true;
  } catch (error) {
    throw new BootwireError(
      "BW_STATE_ACCESS",
      `${from} cannot be read: ${error instanceof Error ? error.message : error}`,
      "Run this command as the user that the daemon runs as, or as root.",
      { cause: error },
    );
  }
}

function readLeases(Sqlite: SqliteConstructor, path: string): Lease[] {
  if (!existsSync(path)) return [];
  const db = new Sqlite(path);
  try {
    return db.prepare("SELECT * FROM leases").all().map(decodeLease);
  } finally {
    db.close();
  }
}
