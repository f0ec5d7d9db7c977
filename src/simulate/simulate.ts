import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { CLIENT_ADDRESS, CLIENT_INTERFACE, Lab, SERVER_ADDRESS } from "../bench/lab.ts";
import { needRootAnd, startBootwire } from "../bench/servers.ts";
import type { FleetTask } from "./fleet.ts";
import { type RoundReport, roundReport } from "./report.ts";

export interface SimulationOptions {
  readonly machines: number;
  readonly rounds: number;
  /** Machines that are on their way at the same time. */
  readonly together: number;
  readonly onRound: (report: RoundReport) => void;
}

/**
 * A daemon in a network namespace of its own, and machines in another, which install themselves round after round.
 * Resolves with what each round came to. Throws CannotMeasure where this machine lacks something.
 */
export async function simulate(options: SimulationOptions): Promise<RoundReport[]> {
  needRootAnd({ ip: "iproute2" });
  const lab = new Lab("fleet");
  try {
    const machines = Array.from({ length: options.machines }, (_, i) => machineOf(i));
    mkdirSync(join(lab.folder, "media"));
    writeFileSync(join(lab.folder, "media", "disk.raw"), Buffer.alloc(1024 * 1024));
    // Whichever address of these a machine is given is its own.
    lab.client("ip", ["route", "add", "local", "10.99.128.0/17", "dev", CLIENT_INTERFACE]);
    const daemon = await startBootwire(lab, lab.folder, configOf(machines));
    await daemon.printed(/Bootwire serves/);
    const task: FleetTask = {
      own: CLIENT_ADDRESS,
      server: SERVER_ADDRESS,
      token: readFileSync(join(lab.folder, "state", "admin-token"), "utf8").trim(),
      pid: daemon.pid,
      rounds: options.rounds,
      together: Math.min(options.together, options.machines),
      machines: machines.map(({ name, mac }) => ({ name, mac })),
    };
    const reports = await runFleet(lab, task, options.onRound);
    await daemon.stop();
    return reports;
  } finally {
    lab.close();
  }
}

async function runFleet(
  lab: Lab,
  task: FleetTask,
  onRound: (report: RoundReport) => void,
): Promise<RoundReport[]> {
  const fleet = fileURLToPath(new URL("./fleet.js", import.meta.url));
  const inside = lab.inClient(process.execPath, [fleet, JSON.stringify(task)]);
  const child = spawn(inside.command, inside.args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const reports: RoundReport[] = [];
  for await (const line of createInterface(child.stdout)) {
    const report = roundReport.parse(JSON.parse(line));
    reports.push(report);
    onRound(report);
  }
  await ended;
  if (child.exitCode !== 0) throw new Error(`the machines ended with ${child.exitCode ?? child.signalCode}`);
  return reports;
}

interface Simulated {
  readonly name: string;
  readonly mac: string;
  readonly address: string;
}

function machineOf(n: number): Simulated {
  const hex = (value: number) => value.toString(16).padStart(2, "0");
  const [high, low] = [n >> 8, n & 255];
  return {
    name: `vm-${n}`,
    mac: `52:54:00:5f:${hex(high)}:${hex(low)}`,
    address: `10.99.${128 + high}.${low}`,
  };
}

function configOf(machines: readonly Simulated[]): string {
  const hosts = machines.map(
    ({ name, mac, address }) => `  - {name: ${name}, mac: "${mac}", address: ${address}, profile: cloud}\n`,
  );
  // The machines' addresses are all there, and would be found to be taken.
  return `dhcp: {mode: server, probe: false, subnets: [{cidr: 10.99.0.0/16, pool: 10.99.1.1-10.99.1.200}]}
admin: {listen: "${SERVER_ADDRESS}:8081"}
profiles: {cloud: {installer: image, image: disk.raw}}
hosts:
${hosts.join("")}`;
}
