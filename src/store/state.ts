import { existsSync } from "node:fs";
import { chmod, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BootwireError } from "../errors.ts";
import type { Instant } from "../machines/model.ts";
import { openDatabase } from "./database.ts";
import { type Lock, lockFolder } from "./lock.ts";
import {
  DEFAULT_RETENTION,
  GUARDED_SINCE,
  SqliteMachineStore,
  type StateRetention,
} from "./machine-store.ts";
import { loadSqlite, type SqliteConstructor, type SqliteDatabase } from "./sqlite.ts";
import { STATE_FORMAT } from "./state-format.ts";

export interface StateParts {
  readonly now: () => Instant;
  /** At least 128 unguessable bits, safe in a URL. */
  readonly token: () => string;
  readonly retention?: StateRetention | undefined;
}

/** An open state folder; no other process can open it until it is closed. */
export interface State {
  readonly folder: string;
  readonly machines: SqliteMachineStore;
  /** What commands that change something have to show. */
  readonly adminToken: string;
  /** Whether the token was made just now: nobody knows it yet. */
  readonly tokenIsNew: boolean;
  /** Whether there was no state, so that a guarded one was made. */
  readonly wasMissing: boolean;
  /** Where the lease store keeps its database. */
  readonly leasesPath: string;
  close(): void;
}

/** Names in a state folder. */
const DATABASE = "state.db";
const LEASES = "leases.db";
const ADMIN_TOKEN = "admin-token";

/**
 * The admin's explicit first run: makes the folder (mode 0700), the database and the admin's token (mode 0600), and opens
 * it. Refuses with BW_STATE_EXISTS where there is a state already.
 */
export async function createState(folder: string, parts: StateParts): Promise<State> {
  return openFolder(folder, parts, "create");
}

/**
 * Opens the state. Where there is none, somebody has removed it, or never made one: we cannot know which machines are
 * installed, and a restart must not wipe a lab. So the state that is made then is *guarded*: it says so, in the database
 * itself, until an admin lifts it, and no machine is installed by being seen.
 */
export async function openState(folder: string, parts: StateParts): Promise<State> {
  return openFolder(folder, parts, "open");
}

async function openFolder(folder: string, parts: StateParts, intent: "create" | "open"): Promise<State> {
  const Sqlite = await loadSqlite();
  await makeFolder(folder);
  const lock = inFolder(folder, () => lockFolder(Sqlite, folder));
  try {
    const { db, wasMissing } = openStateDatabase(Sqlite, folder, parts, intent);
    const machines = inFolder(folder, () => machineStore(Sqlite, folder, db, parts));
    try {
      const token = await readOrMakeToken(join(folder, ADMIN_TOKEN), parts.token);
      await syncFolder(folder);
      return {
        folder,
        machines,
        adminToken: token.value,
        tokenIsNew: token.isNew,
        wasMissing,
        leasesPath: join(folder, LEASES),
        close: () => close(machines, lock),
      };
    } catch (error) {
      machines.close();
      throw error;
    }
  } catch (error) {
    lock.release();
    throw translated(error, folder);
  }
}

function openStateDatabase(
  Sqlite: SqliteConstructor,
  folder: string,
  parts: StateParts,
  intent: "create" | "open",
): { readonly db: SqliteDatabase; readonly wasMissing: boolean } {
  const path = join(folder, DATABASE);
  const { db, presence } = openDatabase(Sqlite, path, STATE_FORMAT, (fresh) => {
    if (intent === "create") return;
    // In the same transaction that lays out the tables: there is no moment at which a lost state looks like a new one.
    fresh.prepare("INSERT INTO meta (key, value) VALUES (?, ?)").run(GUARDED_SINCE, String(parts.now()));
  });
  if (intent === "create" && presence === "existing") {
    db.close();
    throw new BootwireError(
      "BW_STATE_EXISTS",
      `there is a state in ${folder} already`,
      "It was left as it is. To begin anew, move the folder away first.",
    );
  }
  return { db, wasMissing: presence === "new" };
}

function machineStore(
  Sqlite: SqliteConstructor,
  folder: string,
  db: SqliteDatabase,
  parts: StateParts,
): SqliteMachineStore {
  try {
    return new SqliteMachineStore(Sqlite, join(folder, DATABASE), db, parts.retention ?? DEFAULT_RETENTION);
  } catch (error) {
    db.close();
    throw error;
  }
}

function close(machines: SqliteMachineStore, lock: Lock): void {
  try {
    machines.close();
  } finally {
    lock.release();
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    if (existsSync(folder)) {
      if ((await stat(folder)).isDirectory()) return;
      throw new BootwireError(
        "BW_STATE_ACCESS",
        `the state folder ${folder} is not a folder`,
        "Choose another path for `state` in the config.",
      );
    }
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await syncFolder(dirname(folder));
  } catch (error) {
    throw translated(error, folder);
  }
}

/** The admin's token; made where it is missing. Never half-written: it comes into being by a rename. */
async function readOrMakeToken(
  path: string,
  token: () => string,
): Promise<{ readonly value: string; readonly isNew: boolean }> {
  if (existsSync(path)) {
    const existing = (await readFile(path, "utf8")).trim();
    if (existing !== "") return { value: existing, isNew: false };
  }
  const fresh = token();
  const temporary = `${path}.new`;
  await rm(temporary, { force: true });
  const file = await open(temporary, "wx", 0o600);
  try {
    await file.writeFile(`${fresh}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  // The mode of `open` is subject to the umask, which could only take away what we need.
  await chmod(temporary, 0o600);
  await rename(temporary, path);
  return { value: fresh, isNew: true };
}

/** Makes new names in a folder survive a power cut. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function inFolder<T>(folder: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw translated(error, folder);
  }
}

/** Errors of the file system, in words that an admin can use. */
function translated(error: unknown, folder: string): unknown {
  if (error instanceof BootwireError || !(error instanceof Error)) return error;
  const isSystem = "syscall" in error || "errcode" in error;
  if (!isSystem) return error;
  return new BootwireError(
    "BW_STATE_ACCESS",
    `the state folder ${folder} cannot be used: ${error.message}`,
    "Give the user that Bootwire runs as the right to write there, or choose another path for `state` in the config.",
    { cause: error },
  );
}
