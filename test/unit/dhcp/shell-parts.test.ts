import { describe, expect, it } from "vitest";
import { CommitQueue } from "../../../src/dhcp/commit-queue.ts";
import { judgeConflict } from "../../../src/dhcp/conflict.ts";
import { EventGate } from "../../../src/dhcp/event-gate.ts";
import { checksum, echoRequest, readEchoReply } from "../../../src/dhcp/icmp.ts";
import type { Lease } from "../../../src/dhcp/ports.ts";
import { RateLimiter } from "../../../src/dhcp/rate-limit.ts";
import { plainEvent, Reporter } from "../../../src/dhcp/reporter.ts";
import { ipv4 } from "../../../src/net/ipv4.ts";
import { CLIENT, ip, mac, OTHER_CLIENT } from "./packets.ts";

const NOW = 1_000_000;

function lease(index: number, said: Partial<Lease> = {}): Lease {
  return {
    address: ipv4(index),
    mac: CLIENT,
    clientId: undefined,
    hostName: undefined,
    state: "bound",
    expiresAt: NOW + 1000,
    updatedAt: NOW,
    ...said,
  };
}

/** A store whose disk is as slow as the test wants. */
class SlowStore {
  readonly batches: (readonly Lease[])[] = [];
  readonly #waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];

  load() {
    return Promise.resolve([]);
  }

  commit(batch: readonly Lease[]): Promise<void> {
    this.batches.push(batch);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
  }

  async synced(error?: Error): Promise<void> {
    const first = this.#waiting.shift();
    if (error) first?.reject(error);
    else first?.resolve();
    // Three turns of the promise queue: the store's, the queue's, ours.
    for (let turn = 0; turn < 3; turn++) await Promise.resolve();
  }
}

function queueOn(store: SlowStore, limit = 100) {
  const turns: (() => void)[] = [];
  const queue = new CommitQueue({ store, limit, endOfTurn: (callback) => void turns.push(callback) });
  const endTurn = () => {
    for (const callback of turns.splice(0)) callback();
  };
  return { queue, endTurn };
}

describe("group commit", () => {
  it("makes one batch of a turn, and of all that comes while one is on its way", async () => {
    const store = new SlowStore();
    const { queue, endTurn } = queueOn(store);
    const done: string[] = [];
    const add = (index: number) =>
      queue.add(lease(index), (error) => done.push(`${index}${error ? " failed" : ""}`));
    add(1);
    add(2);
    expect(store.batches).toHaveLength(0);
    endTurn();
    expect(store.batches.map((batch) => batch.length)).toEqual([2]);
    add(3);
    add(4);
    add(5);
    endTurn();
    expect(store.batches).toHaveLength(1);
    expect(done).toEqual([]);
    await store.synced();
    expect(done).toEqual(["1", "2"]);
    expect(store.batches.map((batch) => batch.length)).toEqual([2, 3]);
    await store.synced();
    expect(done).toEqual(["1", "2", "3", "4", "5"]);
  });

  it("stores the last state of an address alone", () => {
    const store = new SlowStore();
    const { queue, endTurn } = queueOn(store);
    queue.add(lease(1), () => undefined);
    queue.add(lease(1, { state: "released" }), () => undefined);
    endTurn();
    expect(store.batches).toEqual([[lease(1, { state: "released" })]]);
  });

  it("tells everybody of a batch when it could not be stored, and goes on with the next", async () => {
    const store = new SlowStore();
    const { queue, endTurn } = queueOn(store);
    const errors: unknown[] = [];
    queue.add(lease(1), (error) => errors.push(error));
    endTurn();
    queue.add(lease(2), (error) => errors.push(error));
    const full = new Error("disk full");
    await store.synced(full);
    await store.synced();
    expect(errors).toEqual([full, undefined]);
  });

  it("takes no more than may wait", async () => {
    const store = new SlowStore();
    const { queue, endTurn } = queueOn(store, 2);
    const add = (index: number) => queue.add(lease(index), () => undefined);
    expect([add(1), add(2), add(3)]).toEqual([true, true, false]);
    endTurn();
    await store.synced();
    expect(add(4)).toBe(true);
  });

  it("flushes what waits", async () => {
    const store = new SlowStore();
    const { queue } = queueOn(store);
    let stored = 0;
    for (const index of [1, 2]) queue.add(lease(index), () => stored++);
    const flushed = queue.flush();
    await store.synced();
    await flushed;
    expect(stored).toBe(2);
  });
});

describe("the rate limit", () => {
  const limit = { burst: 3, perSecond: 1, clients: 2 };

  it("lets a burst pass, then so many a second, and tells of a refusal once", () => {
    const limiter = new RateLimiter(limit);
    const ask = (now: number) => limiter.check(1, now);
    expect([ask(0), ask(0), ask(0), ask(0), ask(0)]).toEqual([
      "pass",
      "pass",
      "pass",
      "refuse-first",
      "refuse",
    ]);
    expect([ask(1000), ask(1000)]).toEqual(["pass", "refuse-first"]);
  });

  it("holds nobody back for long when the clock is set back", () => {
    const limiter = new RateLimiter(limit);
    for (let run = 0; run < 4; run++) limiter.check(1, 3_600_000);
    expect([limiter.check(1, 0), limiter.check(1, 1000)]).toEqual(["refuse-first", "pass"]);
  });

  it("is each client's own, and remembers no more of them than it may", () => {
    const limiter = new RateLimiter(limit);
    for (let run = 0; run < 4; run++) limiter.check(1, 0);
    expect(limiter.check(2, 0)).toBe("pass");
    expect(limiter.check(1, 0)).toBe("refuse");
    // Others push it out, once it is not heard any more.
    for (let other = 10; other < 20; other++) limiter.check(other, 0);
    expect(limiter.check(1, 0)).toBe("pass");
  });
});

describe("events", () => {
  const event = plainEvent({
    kind: "silent",
    code: "unknown-host",
    reason: "r",
    interface: "eth0",
    mac: CLIENT,
  });

  it("are told once, and not for every packet that repeats them; bindings always", () => {
    const gate = new EventGate(1000, 5000);
    expect([gate.passes(event, 0), gate.passes(event, 999), gate.passes(event, 1000)]).toEqual([
      true,
      false,
      true,
    ]);
    expect(gate.passes({ ...event, mac: OTHER_CLIENT }, 1001)).toBe(true);
    const ack = { ...event, kind: "ack" } as const;
    expect([gate.passes(ack, 0), gate.passes(ack, 0)]).toEqual([true, true]);
    // An empty pool is the segment's matter, whoever asked.
    const empty = { ...event, kind: "pool-exhausted" } as const;
    const asked = [0, 1000, 4999, 5000].map((at) => gate.passes({ ...empty, mac: OTHER_CLIENT }, at));
    expect(asked).toEqual([true, false, false, true]);
  });

  it("are all counted, by message, outcome and reason, whatever the observer does", () => {
    let heard = 0;
    const reporter = new Reporter({
      onEvent() {
        heard += 1;
        throw new Error("an observer's fault");
      },
    });
    for (let run = 0; run < 5; run++) reporter.tell("discover", event, run);
    expect(heard).toBe(1);
    expect(reporter.counters()).toEqual([
      { message: "discover", outcome: "silent", code: "unknown-host", count: 5 },
    ]);
  });
});

describe("somebody answers for an address that was to be offered", () => {
  const holder = mac("52:54:00:00:00:99");
  const base = {
    address: ip("10.0.0.10"),
    client: CLIENT,
    holder,
    lease: undefined,
    now: NOW,
    quarantine: 5000,
  };

  it("is a stranger: quarantine", () => {
    expect(judgeConflict(base).change).toMatchObject({
      kind: "lease",
      lease: { state: "declined", mac: holder, expiresAt: NOW + 5000 },
    });
    expect(judgeConflict({ ...base, holder: undefined }).reason).toContain("somebody");
  });

  it("is its last holder, who forgot to renew: it is left to it", () => {
    const past = lease(base.address, { mac: holder, expiresAt: NOW - 1 });
    expect(judgeConflict({ ...base, lease: past }).change).toMatchObject({
      kind: "lease",
      lease: { state: "bound", mac: holder, expiresAt: NOW + 5000 },
    });
  });

  it("is the machine that the client is a clone of: the clone is known by its MAC", () => {
    const current = lease(base.address, { mac: holder, clientId: "ff01", expiresAt: NOW + 1 });
    expect(judgeConflict({ ...base, lease: current }).change).toEqual({ kind: "clone", mac: CLIENT });
  });
});

describe("ICMP echoes", () => {
  it("have a right checksum (RFC 1071)", () => {
    const request = echoRequest(0x1234, 7);
    expect(checksum(request)).toBe(0);
    expect(checksum(Buffer.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7))).toBe(~0xddf2 & 0xffff);
    expect(checksum(Buffer.of(1, 2, 3))).toBe(~0x0402 & 0xffff);
  });

  it("are known as answers to ours by their id", () => {
    const reply = Buffer.concat([
      Buffer.from("4500001c000000004001000008080808c0a80001", "hex"),
      Buffer.of(0, 0, 0, 0, 0x12, 0x34, 0, 7),
    ]);
    expect(readEchoReply(reply, 0x1234)).toBe(ip("8.8.8.8"));
    expect(readEchoReply(reply, 0x9999)).toBeUndefined();
    reply[20] = 8;
    expect(readEchoReply(reply, 0x1234)).toBeUndefined();
    for (let size = 0; size < reply.length; size++)
      expect(readEchoReply(reply.subarray(0, size), 0x1234)).toBeUndefined();
  });
});
