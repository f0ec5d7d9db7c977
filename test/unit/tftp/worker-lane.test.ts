import { expect, test } from "vitest";
import type { LaneEvent, TransferSpec } from "../../../src/tftp/lane.ts";
import { DEFAULT_LIMITS } from "../../../src/tftp/limits.ts";
import { WorkerLane } from "../../../src/tftp/worker-lane-shell.ts";

const setup = { limits: DEFAULT_LIMITS, ports: undefined, sharedPorts: undefined };

/** A thread that is there, and ends at the first thing that it is told. */
const MORTAL = `
  import { openSync } from "node:fs";
  import { parentPort } from "node:worker_threads";
  parentPort.postMessage({ kind: "ready", description: "mortal", wakeup: openSync("/dev/null", "w") });
  parentPort.on("message", () => { throw new Error("out of memory"); });
`;

test("transfers of a thread that dies have failed, are counted as such, and freed", async () => {
  const events: LaneEvent[] = [];
  let died = (_reason: string): void => undefined;
  const death = new Promise<string>((resolve) => {
    died = resolve;
  });
  const lane = await WorkerLane.start({
    script: new URL(`data:text/javascript,${encodeURIComponent(MORTAL)}`),
    setup,
    emit: (event) => events.push(event),
    onDeath: (_lane, reason) => died(reason),
  });
  if (!lane) throw new Error("the thread did not start");
  const spec: TransferSpec = {
    id: 7,
    filename: "vmlinuz",
    mode: "octet",
    options: new Map([["blksize", { name: "blksize", value: "1000" }]]),
    client: { address: "10.0.0.9", port: 2070, family: "IPv4" },
    server: "10.0.0.1",
    maxBlockSize: 1468,
    content: { kind: "bytes", bytes: Buffer.alloc(5000) },
  };
  lane.begin(spec);
  expect(lane.load).toBe(1);
  expect(await death).toBe("out of memory");
  expect(lane.load).toBe(0);
  expect(events).toMatchObject([
    {
      kind: "event",
      event: {
        kind: "failed",
        transfer: { filename: "vmlinuz", client: { port: 2070 }, size: 5000, blockSize: 1000, windowSize: 1 },
        reason: "its thread ended: out of memory",
      },
    },
    { kind: "freed", id: 7, again: false },
  ]);
  // It is gone: what comes now is nobody's, and nothing throws.
  lane.again(7);
  await lane.close(0);
});

test("a thread that cannot do what it is for is none", async () => {
  const script = new URL("data:text/javascript,process.exit(1)");
  const nothing = () => undefined;
  expect(await WorkerLane.start({ script, setup, emit: nothing, onDeath: nothing })).toBeUndefined();
});
