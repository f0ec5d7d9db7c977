import { Worker } from "node:worker_threads";
import { z } from "zod";
import { eventsSchema } from "../api/events.ts";
import { processUse } from "../bench/process-use.ts";
import { parseIpv4 } from "../net/ipv4.ts";
import { parseMac } from "../net/mac.ts";
import type { AdminReport } from "./admin-worker.ts";
import { SimulatedMachine } from "./machine.ts";
import { Relay } from "./relay.ts";
import { orderFaults, type RoundReport, type Timed } from "./report.ts";

// `node fleet.js '<task>'`, in the machines' network namespace: rounds of installs, each reported as a line of JSON.

const taskSchema = z.object({
  own: z.string(),
  server: z.string(),
  token: z.string(),
  /** The daemon's process. */
  pid: z.number(),
  rounds: z.number(),
  /** Machines that are on their way at the same time. */
  together: z.number(),
  machines: z.array(z.object({ name: z.string(), mac: z.string() })),
});

export type FleetTask = z.infer<typeof taskSchema>;

const task = taskSchema.parse(JSON.parse(process.argv[2] ?? "{}"));
const base = `http://${task.server}:8081/api/v1`;
const headers = { authorization: `Bearer ${task.token}` };
const own = parseIpv4(task.own);
if (own === undefined) throw new Error(`${task.own} is no address`);
const relay = await Relay.open({ text: task.own, address: own }, task.server);
const names = task.machines.map(({ name }) => name);
const admin = new Worker(new URL("./admin-worker.js", import.meta.url), {
  workerData: { base, token: task.token, names },
});
// What stood in the timeline before is not the first round's.
await reportOfAdmin();
for (let round = 1; round <= task.rounds; round++) {
  const began = performance.now();
  const failures: string[] = [];
  let installed = 0;
  await eachOf(task.machines, task.together, async ({ name, mac }) => {
    try {
      await liveOnce(mac);
      installed += 1;
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
  const seconds = (performance.now() - began) / 1000;
  const { list, one, events } = await reportOfAdmin();
  const report: RoundReport = {
    round,
    installed,
    failures: failures.slice(0, 20),
    failed: failures.length,
    seconds,
    list: timed(list),
    one: timed(one),
    events: events.length,
    faults: orderFaults(events, names).slice(0, 20),
    residentMiB: processUse(task.pid).residentMiB,
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
  if (round < task.rounds) await eachOf(names, task.together, rearm);
  await reportOfAdmin();
}
relay.close();
await admin.terminate();
process.exit(0);

/** From the first DISCOVER to the installed system's call home, and once more from the network to its disk. */
async function liveOnce(text: string): Promise<void> {
  const mac = parseMac(text);
  if (mac === undefined) throw new Error(`${text} is no MAC`);
  const machine = new SimulatedMachine(mac, relay, task.server);
  try {
    const boot = await machine.boot();
    if (boot.kind !== "install") throw new Error("was not installed, but sent to its disk");
    await machine.install(boot);
    const again = await machine.boot();
    if (again.kind !== "local") throw new Error("was to be installed twice");
    await machine.home(boot);
  } finally {
    machine.off();
  }
}

async function rearm(name: string): Promise<void> {
  const response = await fetch(`${base}/machines/${name}/reinstall`, { method: "POST", headers });
  if (!response.ok) throw new Error(`${name}: ${response.status} ${await response.text()}`);
  await response.arrayBuffer();
}

/** What the admin saw, up to what the daemon has stored by now. */
async function reportOfAdmin(): Promise<AdminReport> {
  const response = await fetch(`${base}/events?limit=1`, { headers });
  const newest = eventsSchema.parse(await response.json()).events.at(-1)?.id ?? 0;
  return await new Promise((resolve) => {
    admin.once("message", resolve);
    admin.postMessage(newest);
  });
}

async function eachOf<T>(
  items: readonly T[],
  together: number,
  action: (item: T) => Promise<void>,
): Promise<void> {
  const rest = [...items];
  const lane = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await action(item);
  };
  await Promise.all(Array.from({ length: together }, lane));
}

function timed(milliseconds: readonly number[]): Timed {
  const sorted = [...milliseconds].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { calls: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
