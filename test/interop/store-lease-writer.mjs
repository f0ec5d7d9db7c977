// Child of store-leases.test.ts: commits leases as fast as it can, and says after each commit what is safe.
// Usage: store-lease-writer.mjs <leases.db> <first sequence number>
import { writeSync } from "node:fs";
import { SqliteLeaseStore } from "../../dist/store/lease-store.js";

const [path, first] = process.argv.slice(2);
const store = await SqliteLeaseStore.open(path, {
  onBroken: (error) => {
    throw error;
  },
});

/** The n-th lease: its address goes round in a pool of 500, its time tells which one it is. */
function lease(n) {
  const host = n % 500;
  return {
    address: 0x0a000000 + host,
    mac: `52:54:00:00:0${host >> 8}:${(host & 255).toString(16).padStart(2, "0")}`,
    clientId: undefined,
    hostName: `host${n}`,
    state: "bound",
    expiresAt: n + 1,
    updatedAt: n,
  };
}

let next = Number(first);
/** Eight askers, each of which waits for its own batch, as a DHCP server's ACKs do. */
await Promise.all(
  Array.from({ length: 8 }, async (_, asker) => {
    for (;;) {
      const batch = Array.from({ length: 1 + asker }, () => lease(next++));
      await store.commit(batch);
      writeSync(1, `${batch.map((each) => each.updatedAt).join(" ")}\n`);
    }
  }),
);
