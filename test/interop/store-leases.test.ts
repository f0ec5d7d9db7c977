import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Lease } from "../../src/dhcp/ports.ts";
import { ipv4 } from "../../src/net/ipv4.ts";
import type { LeaseStoreOptions } from "../../src/store/lease-store.ts";
import { loadSqlite } from "../../src/store/sqlite.ts";
import { macOf } from "../unit/machines/host-fixture.ts";
import { importBuilt, Witness } from "./store-support.ts";

type LeaseStoreModule = typeof import("../../src/store/lease-store.ts");
const { SqliteLeaseStore } = await importBuilt<LeaseStoreModule>("store/lease-store.js");

let folder: string;
let path: string;
const broken: Error[] = [];
const options: LeaseStoreOptions = { onBroken: (error) => broken.push(error) };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bootwire-leases-"));
  path = join(folder, "leases.db");
  broken.length = 0;
});

afterEach(() => {
  expect(broken).toEqual([]);
  rmSync(folder, { recursive: true });
});

function lease(n: number, more: Partial<Lease> = {}): Lease {
  return {
    address: ipv4(0x0a000000 + n),
    mac: macOf(n),
    clientId: undefined,
    hostName: undefined,
    state: "bound",
    expiresAt: 1000 + n,
    updatedAt: n,
    ...more,
  };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (typeof error === "object" && error !== null && "code" in error && "hint" in error) {
    expect(error.hint).not.toBe("");
    return String(error.code);
  }
  return "no error";
}

describe("leases", () => {
  test("are there after a restart, each as it was committed last", async () => {
    const store = await SqliteLeaseStore.open(path, options);
    expect(await store.load()).toEqual([]);
    const full = lease(1, { clientId: "01525400000001", hostName: "größer", state: "declined" });
    await store.commit([full, lease(2), lease(3)]);
    await store.commit([lease(2, { mac: macOf(9), state: "released", updatedAt: 99 })]);
    await store.close();

    const again = await SqliteLeaseStore.open(path, options);
    const loaded = [...(await again.load())].sort((a, b) => a.address - b.address);
    expect(loaded).toEqual([full, lease(2, { mac: macOf(9), state: "released", updatedAt: 99 }), lease(3)]);
    await again.close();
  });

  test("at both ends of the address space", async () => {
    const store = await SqliteLeaseStore.open(path, options);
    const ends = [lease(1, { address: ipv4(0) }), lease(2, { address: ipv4(0xffffffff) })];
    await store.commit(ends);
    expect(await store.load()).toEqual(ends);
    await store.close();
  });

  test("that are asked for at once share a few syncs", async () => {
    // A sync takes five milliseconds here, as on an ordinary disk.
    const store = await SqliteLeaseStore.open(path, { ...options, syncDelay: 5 });
    await Promise.all(Array.from({ length: 500 }, (_, n) => store.commit([lease(n)])));
    expect(store.stats().leases).toBe(500);
    expect(store.stats().transactions).toBe(2);
    await store.close();
  });

  test("do not hold up the event loop while a slow disk syncs", async () => {
    const store = await SqliteLeaseStore.open(path, { ...options, syncDelay: 200 });
    let committed = false;
    const commit = store.commit([lease(1)]).then(() => {
      committed = true;
    });
    let turns = 0;
    for (; turns < 100; turns++) await new Promise((resolve) => setImmediate(resolve));
    expect(committed).toBe(false);
    await commit;
    await store.close();
  });

  test("that were handed over are stored by close, and none after it", async () => {
    const store = await SqliteLeaseStore.open(path, { ...options, syncDelay: 5 });
    const commits = [1, 2, 3].map((n) => store.commit([lease(n)]));
    const closed = store.close();
    expect(await codeOf(store.commit([lease(4)]))).toBe("BW_LEASES_CLOSED");
    await Promise.all([...commits, closed, store.close()]);
    const again = await SqliteLeaseStore.open(path, options);
    expect((await again.load()).map((each) => each.updatedAt)).toEqual([1, 2, 3]);
    await again.close();
  });
});

describe("kill -9", () => {
  test("at any moment forgets no lease that was answered for", async () => {
    /** Address → the newest update that the child had been told is safe. */
    const safe = new Map<number, number>();
    let first = 0;
    for (let round = 0; round < 8; round++) {
      const writer = new Witness("./store-lease-writer.mjs", [path, String(first)]);
      await writer.said(20 + round * 37);
      await writer.kill();
      for (const n of writer.lines.flatMap((line) => line.split(" ").map(Number))) {
        safe.set(n % 500, Math.max(safe.get(n % 500) ?? 0, n));
        first = Math.max(first, n + 1);
      }
      // The child had more in flight than it could say: numbers may not be used again.
      first += 1000;
      const store = await SqliteLeaseStore.open(path, options);
      const loaded = new Map((await store.load()).map((each) => [each.address - 0x0a000000, each]));
      await store.close();
      for (const [host, n] of safe) expect(loaded.get(host)?.updatedAt).toBeGreaterThanOrEqual(n);
    }
    expect(safe.size).toBe(500);
  });
});

describe("a lease database that is not as it should be is refused with what to do, and left as it is:", () => {
  async function expectRefusal(code: string): Promise<void> {
    const digest = () => createHash("sha256").update(readFileSync(path)).digest("hex");
    const before = digest();
    expect(await codeOf(SqliteLeaseStore.open(path, options))).toBe(code);
    expect(digest()).toBe(before);
  }

  async function made(): Promise<void> {
    const store = await SqliteLeaseStore.open(path, options);
    await store.commit(Array.from({ length: 500 }, (_, n) => lease(n)));
    await store.close();
  }

  test("garbage", async () => {
    writeFileSync(path, "x".repeat(10_000));
    await expectRefusal("BW_STATE_CORRUPT");
  });

  test("damage in the middle", async () => {
    await made();
    const bytes = readFileSync(path);
    bytes.fill(0xff, 2 * 4096, 3 * 4096);
    writeFileSync(path, bytes);
    await expectRefusal("BW_STATE_CORRUPT");
  });

  test("a newer version", async () => {
    await made();
    const Sqlite = await loadSqlite();
    const db = new Sqlite(path);
    db.exec("PRAGMA user_version = 7");
    db.close();
    await expectRefusal("BW_STATE_NEWER");
  });

  test("another program's", async () => {
    const Sqlite = await loadSqlite();
    const db = new Sqlite(path);
    db.exec("CREATE TABLE cookies (name TEXT)");
    db.close();
    await expectRefusal("BW_STATE_FOREIGN");
  });

  test("a folder that is not there", async () => {
    const missing = join(folder, "missing", "leases.db");
    expect(await codeOf(SqliteLeaseStore.open(missing, options))).toBe("BW_STATE_ACCESS");
  });
});
