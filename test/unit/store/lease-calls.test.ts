import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { LeaseCalls } from "../../../src/store/lease-calls.ts";

/** A thread that answers `load` and comes to grief over `commit`. */
const FRAIL = `
  const { parentPort } = require("node:worker_threads");
  parentPort.on("message", (request) => {
    if (request.kind === "commit") GRIEF;
    parentPort.postMessage({ kind: "loaded", leases: [] });
  });
  parentPort.postMessage({ kind: "done" });
`;

test.each([
  ["throws", 'throw new Error("out of memory")', /out of memory/],
  ["ends", "process.exit(3)", /code 3/],
])(
  "when its thread %s, everybody who waits is told, and nobody waits after that",
  async (_, grief, message) => {
    const broken: Error[] = [];
    const worker = new Worker(FRAIL.replace("GRIEF", grief), { eval: true });
    const calls = new LeaseCalls(worker, (error) => broken.push(error));
    await calls.started();
    expect(await calls.call({ kind: "load", after: -1 })).toEqual({ kind: "loaded", leases: [] });

    const commit = calls.call({ kind: "commit", values: [] });
    const behind = calls.call({ kind: "load", after: -1 });
    const expected = { code: "BW_LEASES_BROKEN", message: expect.stringMatching(message) };
    await expect(commit).rejects.toMatchObject(expected);
    await expect(behind).rejects.toMatchObject(expected);
    expect(broken).toHaveLength(1);
    await expect(calls.call({ kind: "load", after: -1 })).rejects.toMatchObject(expected);
    await calls.close();
    expect(broken).toHaveLength(1);
  },
);

test("when it is told to end, that is no accident", async () => {
  const broken: Error[] = [];
  const worker = new Worker(FRAIL, { eval: true });
  const calls = new LeaseCalls(worker, (error) => broken.push(error));
  await calls.started();
  await calls.abandon();
  expect(broken).toEqual([]);
});
