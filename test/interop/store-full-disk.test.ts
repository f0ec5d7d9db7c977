import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Lease } from "../../src/dhcp/ports.ts";
import { Machines } from "../../src/machines/machines.ts";
import { ipv4 } from "../../src/net/ipv4.ts";
import { createState } from "../../src/store/state.ts";
import { describeIf } from "../support/require.ts";
import { hostConfig, macOf } from "../unit/machines/host-fixture.ts";
import { ManualTimers } from "../unit/machines/lab.ts";
import { countingIds } from "../unit/machines/life-fixture.ts";
import { importBuilt } from "./store-support.ts";

type LeaseStoreModule = typeof import("../../src/store/lease-store.ts");

describeIf({ root: true, commands: ["mount", "umount"] }, "a full disk", () => {
  let disk: string;

  beforeEach(() => {
    disk = mkdtempSync(join(tmpdir(), "bootwire-full-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "bootwire-test", disk]);
  });

  afterEach(() => {
    // Lazily: the SQLite of old Node versions holds its files until its statements are collected.
    execFileSync("umount", ["--lazy", disk]);
    rmSync(disk, { recursive: true });
  });

  function fill(): void {
    const filler = join(disk, "filler");
    for (const size of [65_536, 4096, 1]) {
      try {
        for (;;) appendFileSync(filler, Buffer.alloc(size));
      } catch (error) {
        // ENOSPC is what we came for.
        expect(error).toMatchObject({ code: "ENOSPC" });
      }
    }
  }

  test("begins no install that could not be remembered, and goes on when there is room again", async () => {
    const state = await createState(join(disk, "state"), { now: () => 0, token: () => "admin" });
    const host = hostConfig("vm1", macOf(1));
    const errors: unknown[] = [];
    const timers = new ManualTimers();
    const machines = new Machines({
      store: state.machines,
      hosts: [host],
      now: () => 1_000_000,
      ids: countingIds(),
      schedule: timers.schedule,
      onError: (error) => errors.push(error),
    });
    fill();
    expect(() => machines.networkBoot(host, "bios")).toThrow(
      expect.objectContaining({ code: "BW_STATE_WRITE" }),
    );
    expect(machines.get("vm1")).toMatchObject({ record: { state: { kind: "ready" } }, attempt: undefined });
    // What only watches does not fall over.
    machines.seen(macOf(1));
    machines.tick();
    timers.run();
    expect(errors.length).toBeGreaterThan(0);

    rmSync(join(disk, "filler"));
    expect(machines.networkBoot(host, "bios")).toMatchObject({ kind: "install", fresh: true });
    machines.close();
    state.close();
  });

  test("acknowledges no lease that could not be stored, and goes on when there is room again", async () => {
    const { SqliteLeaseStore } = await importBuilt<LeaseStoreModule>("store/lease-store.js");
    const store = await SqliteLeaseStore.open(join(disk, "leases.db"), {
      onBroken: (error) => {
        throw error;
      },
    });
    const leases = Array.from(
      { length: 5000 },
      (_, n): Lease => ({
        address: ipv4(0x0a000000 + n),
        mac: macOf(n),
        clientId: undefined,
        hostName: undefined,
        state: "bound",
        expiresAt: n,
        updatedAt: n,
      }),
    );
    fill();
    await expect(store.commit(leases)).rejects.toMatchObject({ code: "BW_STATE_WRITE" });
    expect(await store.load()).toEqual([]);
    rmSync(join(disk, "filler"));
    await store.commit(leases);
    expect(await store.load()).toHaveLength(5000);
    await store.close();
  });
});
