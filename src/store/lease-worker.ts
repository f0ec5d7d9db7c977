import { parentPort, workerData } from "node:worker_threads";
import { closeDatabase, explained, openDatabase, transaction } from "./database.ts";
import { LEASE_COLUMNS, LEASE_FORMAT } from "./lease-format.ts";
import { type LeaseReply, type LeaseRequest, type LeaseWorkerData, sendError } from "./lease-messages.ts";
import { loadSqlite, type SqlValue } from "./sqlite.ts";

/** Leases of one page: a table of 50,000 in one piece would take this thread 40 MB, which it would keep. */
const PAGE = 500;

/**
 * The thread that leases.db belongs to: here a sync may take as long as the disk wants, while DHCP, TFTP and HTTP go on.
 * Each request is answered, in order.
 */
async function main(data: LeaseWorkerData, reply: (message: LeaseReply) => void): Promise<void> {
  const { path, syncDelay } = data;
  const Sqlite = await loadSqlite();
  const { db } = openDatabase(Sqlite, path, LEASE_FORMAT, () => undefined);
  const put = db.prepare(
    `INSERT OR REPLACE INTO leases (${LEASE_COLUMNS.join(", ")})
     VALUES (${LEASE_COLUMNS.map(() => "?").join(", ")})`,
  );
  const page = db.prepare("SELECT * FROM leases WHERE address > ? ORDER BY address LIMIT ?");

  const answers = {
    load: (after: number): LeaseReply => ({ kind: "loaded", rows: page.all(after, PAGE) }),
    commit: (values: readonly SqlValue[]): LeaseReply => {
      transaction(db, () => {
        for (let at = 0; at < values.length; at += LEASE_COLUMNS.length) {
          put.run(...values.slice(at, at + LEASE_COLUMNS.length));
        }
      });
      if (syncDelay > 0) pause(syncDelay);
      return { kind: "done" };
    },
    close: (): LeaseReply => {
      closeDatabase(db);
      return { kind: "done" };
    },
  };

  parentPort?.on("message", (request: LeaseRequest) => {
    try {
      const answer = explained(path, LEASE_FORMAT, () => {
        switch (request.kind) {
          case "load":
            return answers.load(request.after);
          case "commit":
            return answers.commit(request.values);
          case "close":
            return answers.close();
        }
      });
      reply(answer);
    } catch (error) {
      reply({ kind: "failed", error: sendError(error) });
    }
    if (request.kind === "close") parentPort?.close();
  });
  reply({ kind: "done" });
}

/** Blocks this thread, as a slow disk would. */
function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

const reply = (message: LeaseReply): void => parentPort?.postMessage(message);
main(workerData, reply).catch((error: unknown) => {
  reply({ kind: "failed", error: sendError(error) });
});
