import { readFileSync } from "node:fs";
import { loadNativeSockets } from "../tftp/native.ts";
import { loadBatchReceivers } from "./batch-receiver.ts";
import { type FleetReport, type FleetTask, runFleet } from "./tftp-fleet.ts";
import { memoryMiB } from "./tftp-server-use.ts";

// `node tftp-load.js '{"original": "/path", …}'`: runs a fleet of clients to its end and prints its report as JSON.

/** What the generator is told on its command line. */
export interface LoadTask extends FleetTask {
  /** The file that should arrive. */
  readonly original: string;
  /** The server's process. */
  readonly pid: number;
  /** Whether to look at the server's memory while it works, which disturbs the measurement of time. */
  readonly watchMemory: boolean;
}

export interface LoadReport extends FleetReport {
  /** The most that was seen, or undefined. */
  readonly serverMemoryMiB: number | undefined;
}

const task: LoadTask = JSON.parse(process.argv[2] ?? "{}");
const native = await loadNativeSockets();
if (!native) throw new Error("the load generator needs Linux and koffi");
const { pid } = task;
let memory: number | undefined;
const watch = () => {
  memory = Math.max(memory ?? 0, memoryMiB(pid));
};
const original = readFileSync(task.original);
const receiverFor = await loadBatchReceivers();
const fleet = runFleet(native, receiverFor, task, original, task.watchMemory ? watch : undefined);
const report: LoadReport = { ...fleet, serverMemoryMiB: memory };
process.stdout.write(`${JSON.stringify(report)}\n`);
