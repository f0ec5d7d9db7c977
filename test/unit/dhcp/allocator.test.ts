import { describe, expect, it } from "vitest";
import { AddressPool } from "../../../src/dhcp/address-pool.ts";
import { Allocator } from "../../../src/dhcp/allocator.ts";
import { FreeQueue } from "../../../src/dhcp/free-queue.ts";
import type { Lease } from "../../../src/dhcp/ports.ts";
import { ScopeIndex } from "../../../src/dhcp/subnet.ts";
import { formatIpv4, type Ipv4, ipv4 } from "../../../src/net/ipv4.ts";
import { macFromBytes } from "../../../src/net/mac.ts";
import { directory, NOW, subnet } from "./engine-bench.ts";
import { CLIENT, ip, mac, OTHER_CLIENT } from "./packets.ts";

function lease(address: Ipv4, said: Partial<Lease> = {}): Lease {
  return {
    address,
    mac: CLIENT,
    clientId: undefined,
    hostName: undefined,
    state: "bound",
    expiresAt: NOW + 3_600_000,
    updatedAt: NOW,
    ...said,
  };
}

function numbered(index: number) {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt32BE(index, 2);
  bytes[0] = 0x52;
  const found = macFromBytes(bytes);
  if (!found) throw new RangeError("no MAC");
  return { mac: found, clientId: undefined };
}

describe("a pool of 65,000 addresses", () => {
  const big = subnet({ cidr: "10.0.0.0/8", pool: [["10.1.0.0", "10.1.255.255"]] });
  const scope = new ScopeIndex([big]).at(ip("10.0.0.1"));
  if (!scope) throw new Error("no scope");

  it("is given out to the last address, each once, without looking at each of them every time", () => {
    const table = new Allocator({ subnets: [big], hosts: directory([]), excluded: new Set() });
    const given = new Set<Ipv4>();
    // With a scan per request this would be two thousand million steps, and run into the test's time limit.
    for (let index = 0; index < 65_536; index++) {
      const address = table.pick(numbered(index), scope, NOW);
      if (address === undefined) throw new Error(`nothing left after ${index}`);
      table.apply({ kind: "lease", lease: lease(address, { mac: numbered(index).mac }) });
      given.add(address);
    }
    expect(given.size).toBe(65_536);
    for (let index = 0; index < 10_000; index++) {
      expect(table.pick(numbered(70_000), scope, NOW)).toBeUndefined();
    }
    // All of them run out, and are given out anew, the oldest first.
    expect(table.pick(numbered(70_000), scope, NOW + 4_000_000)).toBe(ip("10.1.0.0"));
  });

  it("stays quick and small when its clients renew for ever", () => {
    const table = new Allocator({ subnets: [big], hosts: directory([]), excluded: new Set() });
    const address = ip("10.1.0.0");
    for (let round = 0; round < 300_000; round++) {
      table.apply({
        kind: "lease",
        lease: lease(address, { expiresAt: NOW + round, updatedAt: NOW + round }),
      });
      if (round % 1000 === 0) expect(table.pick(numbered(1), scope, NOW)).toBe(ip("10.1.0.1"));
    }
  });
});

describe("the lease table", () => {
  const one = subnet({ pool: [["10.0.0.10", "10.0.0.12"]] });
  const scope = new ScopeIndex([one]).at(ip("10.0.0.1"));
  if (!scope) throw new Error("no scope");
  const settings = { subnets: [one], hosts: directory([]), excluded: new Set<Ipv4>() };
  const me = { mac: CLIENT, clientId: undefined };
  const other = { mac: OTHER_CLIENT, clientId: undefined };

  it("takes up the leases that were stored", () => {
    const table = new Allocator(settings, [
      lease(ip("10.0.0.10")),
      lease(ip("10.0.0.11"), { mac: OTHER_CLIENT }),
    ]);
    expect(table.leaseOf(me)?.address).toBe(ip("10.0.0.10"));
    expect(table.pick({ mac: mac("52:54:00:00:00:09"), clientId: undefined }, scope, NOW)).toBe(
      ip("10.0.0.12"),
    );
    expect(table.leaseCount).toBe(2);
  });

  it("keeps leases of subnets that the config lost, until they come back", () => {
    const table = new Allocator(settings, [lease(ip("10.0.0.10"))]);
    table.reconfigure({ ...settings, subnets: [] });
    table.reconfigure(settings);
    expect(table.verdict(ip("10.0.0.10"), other, scope, NOW)).toEqual({ free: false, because: "leased" });
    expect(table.pick(other, scope, NOW)).toBe(ip("10.0.0.11"));
  });

  it("knows the latest of a client's leases", () => {
    const old = lease(ip("10.0.0.10"), { updatedAt: NOW - 1000 });
    const recent = lease(ip("10.0.0.12"));
    for (const leases of [
      [old, recent],
      [recent, old],
    ]) {
      expect(new Allocator(settings, leases).leaseOf(me)?.address).toBe(ip("10.0.0.12"));
    }
  });

  it("gives a released address back only after those never used", () => {
    const table = new Allocator(settings, [
      lease(ip("10.0.0.10"), { state: "released", expiresAt: NOW, updatedAt: NOW }),
    ]);
    expect(table.pick(other, scope, NOW + 1)).toBe(ip("10.0.0.11"));
  });

  it("does not give a clone the address of the machine whose identifier it shares", () => {
    const shared = lease(ip("10.0.0.10"), { clientId: "ff01" });
    const table = new Allocator(settings, [shared]);
    const clone = { mac: OTHER_CLIENT, clientId: "ff01" };
    expect(table.leaseOf(clone)?.address).toBe(ip("10.0.0.10"));
    table.apply({ kind: "clone", mac: OTHER_CLIENT });
    expect(table.isClone(OTHER_CLIENT)).toBe(true);
    table.apply({ kind: "lease", lease: lease(ip("10.0.0.11"), { mac: OTHER_CLIENT }) });
    // Also when it is forgotten that it is one.
    expect(table.leaseOf(clone)?.address).toBe(ip("10.0.0.11"));
    expect(table.leaseOf({ mac: CLIENT, clientId: "ff01" })?.address).toBe(ip("10.0.0.10"));
  });
});

describe("the order of free addresses", () => {
  it("is that of time", () => {
    const queue = new FreeQueue();
    const times = Array.from({ length: 500 }, (_, index) => (index * 7919) % 503);
    times.forEach((time, index) => {
      queue.push(ipv4(index), time);
    });
    const popped: number[] = [];
    for (let top = queue.peek(); top; top = queue.peek()) {
      popped.push(top.freeAt);
      queue.pop();
    }
    expect(popped).toEqual([...times].sort((a, b) => a - b));
  });

  it("goes through the ranges as they are written", () => {
    const pool = new AddressPool([
      { first: ip("10.0.0.5"), last: ip("10.0.0.6") },
      { first: ip("10.0.0.1"), last: ip("10.0.0.1") },
    ]);
    const taken = new Map<Ipv4, number>();
    const order: string[] = [];
    for (;;) {
      const next = pool.next(
        NOW,
        (address) => taken.get(address),
        () => true,
      );
      if (next === undefined) break;
      order.push(formatIpv4(next));
      taken.set(next, NOW + 1);
      pool.taken(next, NOW + 1);
    }
    expect(order).toEqual(["10.0.0.5", "10.0.0.6", "10.0.0.1"]);
  });
});
