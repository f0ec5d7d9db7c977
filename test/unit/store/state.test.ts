import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BootwireError } from "../../../src/errors.ts";
import { loadSqlite } from "../../../src/store/sqlite.ts";
import { createState, openState, type State } from "../../../src/store/state.ts";

let root: string;
let folder: string;
let tokens = 0;
const parts = { now: () => 1_700_000_000_000, token: () => `token-${++tokens}` };

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "bootwire-state-"));
  folder = join(root, "lib", "bootwire");
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

async function refusal(opening: Promise<State>): Promise<BootwireError> {
  const error: unknown = await opening.then(
    (state) => {
      state.close();
      return undefined;
    },
    (reason: unknown) => reason,
  );
  if (error instanceof BootwireError) return error;
  throw new Error("it was not refused", { cause: error });
}

function mode(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

function digest(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

describe("the admin's first run", () => {
  test("makes a folder and a token that nobody else can read, and a state that is not guarded", async () => {
    const state = await createState(folder, parts);
    expect(mode(folder)).toBe("700");
    expect(mode(join(folder, "admin-token"))).toBe("600");
    // There are tokens in these, and the folder may be one that the admin has made, for all to read.
    for (const name of ["state.db", "state.db-wal"]) expect(mode(join(folder, name))).toBe("600");
    expect(readFileSync(join(folder, "admin-token"), "utf8")).toBe(`${state.adminToken}\n`);
    expect(state.machines.guardedSince()).toBeUndefined();
    state.close();
    const again = await openState(folder, parts);
    expect(again).toMatchObject({ wasMissing: false, adminToken: state.adminToken });
    expect(again.machines.guardedSince()).toBeUndefined();
    again.close();
  });

  test("refuses where there is a state already, and leaves it open to others", async () => {
    (await createState(folder, parts)).close();
    expect((await refusal(createState(folder, parts))).code).toBe("BW_STATE_EXISTS");
    (await openState(folder, parts)).close();
  });

  test("makes a state in a folder that is there and empty", async () => {
    mkdirSync(folder, { recursive: true });
    const state = await createState(folder, parts);
    expect(state.machines.guardedSince()).toBeUndefined();
    state.close();
  });
});

describe("a start without a state", () => {
  test("makes a guarded one, and stays guarded until it is lifted", async () => {
    for (let start = 0; start < 3; start++) {
      const state = await openState(folder, parts);
      expect(state.wasMissing).toBe(start === 0);
      expect(state.machines.guardedSince()).toBe(parts.now());
      state.close();
    }
    const state = await openState(folder, parts);
    state.machines.liftGuard();
    expect(state.machines.guardedSince()).toBeUndefined();
    state.close();
    const lifted = await openState(folder, parts);
    expect(lifted.machines.guardedSince()).toBeUndefined();
    lifted.close();
  });

  test.each([
    ["the database alone is gone", () => rmSync(join(folder, "state.db"))],
    ["the database is empty, as after a power cut", () => writeFileSync(join(folder, "state.db"), "")],
  ])("is guarded, too, when %s", async (_, lose) => {
    const before = await closedState();
    lose();
    const state = await openState(folder, parts);
    expect(state.wasMissing).toBe(true);
    expect(state.machines.guardedSince()).toBeDefined();
    expect(state.adminToken).toBe(before.adminToken);
    state.close();
  });

  test("is guarded, too, when what is left of a log belongs to the database that is gone", async () => {
    const before = await createState(folder, parts);
    before.machines.save([], { events: [], seen: new Map() }, { durable: true });
    const wal = readFileSync(join(folder, "state.db-wal"));
    before.close();
    rmSync(join(folder, "state.db"));
    writeFileSync(join(folder, "state.db-wal"), wal);
    const state = await openState(folder, parts);
    expect(state.machines.guardedSince()).toBeDefined();
    state.close();
  });
});

describe("a state folder", () => {
  test("belongs to one process at a time, and tells which one it is", async () => {
    const state = await createState(folder, parts);
    const error = await refusal(openState(folder, parts));
    expect(error.code).toBe("BW_STATE_IN_USE");
    expect(error.message).toContain(`process ${process.pid}`);
    state.close();
    (await openState(folder, parts)).close();
  });

  test("that cannot be made is an error that names the folder", async () => {
    mkdirSync(join(root, "lib"));
    writeFileSync(folder, "a file");
    for (const path of [folder, join(folder, "below")]) {
      const error = await refusal(openState(path, parts));
      expect(error.code).toBe("BW_STATE_ACCESS");
      expect(error.message).toContain(path);
    }
  });

  test("gets a new token where the old one was removed", async () => {
    const state = await createState(folder, parts);
    state.close();
    rmSync(join(folder, "admin-token"));
    const again = await openState(folder, parts);
    expect(again.adminToken).not.toBe(state.adminToken);
    expect(mode(join(folder, "admin-token"))).toBe("600");
    again.close();
  });
});

/**
 * A state folder with the files of one that was closed, but which no connection of this process has ever held: the
 * SQLite of old Node versions lets go of a file only when its statements are collected.
 */
async function closedState(): Promise<State> {
  const original = join(root, "original");
  const state = await createState(original, parts);
  state.close();
  mkdirSync(folder, { recursive: true });
  for (const name of ["state.db", "admin-token"]) copyFileSync(join(original, name), join(folder, name));
  return state;
}

describe("a database that is not as it should be is refused with what to do, and left as it is:", () => {
  async function made(): Promise<string> {
    await closedState();
    return join(folder, "state.db");
  }

  async function sql(path: string, statements: string): Promise<void> {
    const Sqlite = await loadSqlite();
    const db = new Sqlite(path);
    db.exec(statements);
    db.close();
  }

  async function expectRefusal(path: string, code: string): Promise<void> {
    const before = digest(path);
    const error = await refusal(openState(folder, parts));
    expect(error.code).toBe(code);
    expect(error.message).toContain(path);
    expect(error.hint).not.toBe("");
    expect(digest(path)).toBe(before);
    expect((await refusal(createState(folder, parts))).code).toBe(code);
    expect(digest(path)).toBe(before);
  }

  test("garbage", async () => {
    const path = await made();
    writeFileSync(path, Buffer.alloc(65_536, "garbage"));
    await expectRefusal(path, "BW_STATE_CORRUPT");
  });

  test("a few bytes of something else", async () => {
    const path = await made();
    writeFileSync(path, "hello");
    await expectRefusal(path, "BW_STATE_CORRUPT");
  });

  test("a database with damage in the middle", async () => {
    const path = await made();
    const bytes = readFileSync(path);
    for (let page = 1; page * 4096 < bytes.length; page++) bytes.fill(0xff, page * 4096, page * 4096 + 512);
    writeFileSync(path, bytes);
    await expectRefusal(path, "BW_STATE_CORRUPT");
  });

  test("a database that was cut off", async () => {
    const path = await made();
    writeFileSync(path, readFileSync(path).subarray(0, 4096 + 100));
    await expectRefusal(path, "BW_STATE_CORRUPT");
  });

  test("one of a newer version", async () => {
    const path = await made();
    await sql(path, "PRAGMA user_version = 99");
    await expectRefusal(path, "BW_STATE_NEWER");
  });

  test("one of another program", async () => {
    const path = await made();
    rmSync(path);
    await sql(path, "CREATE TABLE cookies (name TEXT)");
    await expectRefusal(path, "BW_STATE_FOREIGN");
  });

  test("the leases' in place of the machines'", async () => {
    const path = await made();
    await sql(path, "PRAGMA application_id = 1112501363");
    await expectRefusal(path, "BW_STATE_FOREIGN");
  });

  test("one whose rows somebody has edited", async () => {
    const path = await made();
    await sql(
      path,
      "INSERT INTO machines (name, mac, state, since) VALUES ('vm1', 'not a mac', 'installed', 5)",
    );
    const state = await openState(folder, parts);
    expect(() => state.machines.life("vm1")).toThrow(expect.objectContaining({ code: "BW_STATE_CORRUPT" }));
    state.close();
  });
});

test("a refused start leaves no lock behind", async () => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "state.db"), "hello");
  expect((await refusal(openState(folder, parts))).code).toBe("BW_STATE_CORRUPT");
  rmSync(join(folder, "state.db"));
  (await openState(folder, parts)).close();
  expect(existsSync(join(folder, "state.db"))).toBe(true);
});

test("a state that another program holds is named", async () => {
  (await createState(folder, parts)).close();
  const held = join(root, "held");
  mkdirSync(held);
  copyFileSync(join(folder, "state.db"), join(held, "state.db"));
  const Sqlite = await loadSqlite();
  const browser = new Sqlite(join(held, "state.db"));
  browser.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  try {
    expect((await refusal(openState(held, parts))).code).toBe("BW_STATE_LOCKED");
  } finally {
    browser.exec("ROLLBACK");
    browser.close();
  }
});
