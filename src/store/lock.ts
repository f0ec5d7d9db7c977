import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BootwireError } from "../errors.ts";
import { SQLITE, type SqliteConstructor, sqliteCode } from "./sqlite.ts";

/** A state folder that is ours alone until `release`. */
export interface Lock {
  release(): void;
}

/**
 * Takes a state folder for this process. The lock is SQLite's own (fcntl) on an empty database: the kernel gives it back
 * when the process ends, however it ends, so that a killed daemon blocks nobody; and child processes do not inherit it.
 */
export function lockFolder(Sqlite: SqliteConstructor, folder: string): Lock {
  const pidFile = join(folder, "lock.pid");
  const db = new Sqlite(join(folder, "lock.db"));
  try {
    db.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
    writeFileSync(pidFile, `${process.pid}\n`);
  } catch (error) {
    db.close();
    if (sqliteCode(error) !== SQLITE.BUSY) throw error;
    throw new BootwireError(
      "BW_STATE_IN_USE",
      `the state folder ${folder} is in use by another Bootwire${holder(pidFile)}`,
      "Stop that one first, or give this one a state folder of its own.",
    );
  }
  return {
    release: () => {
      db.exec("ROLLBACK");
      db.close();
    },
  };
}

/** ` (process 1234)`, as far as the holder has written it down. */
function holder(pidFile: string): string {
  try {
    const pid = readFileSync(pidFile, "utf8").trim();
    return /^\d+$/.test(pid) ? ` (process ${pid})` : "";
  } catch {
    return "";
  }
}
