import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { interleaved, median, numberOptions, ratio, table } from "./common.ts";
import { meterCpu } from "./cpu-meter.ts";
import { Lab, type Running, SERVER_ADDRESS, SERVER_INTERFACE } from "./lab.ts";
import { isInstalled, needRootAnd } from "./servers.ts";
import { type Goal, type Shown, verdicts } from "./tftp-goals.ts";
import type { LoadReport, LoadTask } from "./tftp-load.ts";

const PORT = 69;
const MEBIBYTE = 1024 * 1024;
/** Seconds. */
const WARM_UP = 2;
const LOAD = fileURLToPath(new URL("./tftp-load.js", import.meta.url));
const SERVE = fileURLToPath(new URL("./tftp-serve.js", import.meta.url));
/** Where unpacked Debian packages may lie: tftpd-hpa and atftpd cannot be installed beside each other. */
const PEERS = process.env["BOOTWIRE_BENCH_PEERS"];

interface Contestant {
  readonly name: string;
  /** Whether it has children do the work and never asks what became of them. */
  readonly forgetsChildren?: boolean;
  start(lab: Lab, root: string): Promise<Running>;
}

interface Case {
  readonly name: string;
  readonly clients: number;
  readonly mebibytes: number;
  readonly blockSize: number;
  readonly windowSize: number;
  /** Look at memory instead of time. */
  readonly memory?: boolean;
  readonly goal?: Goal;
}

/** What else is printed of a contestant in a case. */
interface Seen {
  readonly turnaround: number | undefined;
  readonly failures: number;
  readonly timeouts: number;
  readonly windowAgreed: boolean;
}

interface Sample {
  readonly mebibytesPerSecond: number;
  /** Undefined where it cannot be counted. */
  readonly cpuSecondsPerGibibyte: number | undefined;
  readonly turnaround: number | undefined;
  readonly memoryMiB: number | undefined;
  readonly failures: number;
  readonly timeouts: number;
  readonly windowAgreed: boolean;
}

/** What the project set itself, as ratios to the best peer of the same run. */
const LOCK_STEP: Goal = { speed: 1 };
const LOCK_STEP_MANY: Goal = { speed: 1.2 };
const WINDOW_16: Goal = { speed: 3.5, cpu: 0.3 };
const WINDOW_64: Goal = { speed: 5 };
const MEMORY: Goal = { memoryMiB: 200 };

/** The library alone, as the peers are alone: no database, no HTTP. */
const bootwire: Contestant = {
  name: "bootwire",
  start: (lab, root) => lab.serve("bootwire", process.execPath, [SERVE, SERVER_ADDRESS, String(PORT), root]),
};

const dnsmasq: Contestant = {
  name: "dnsmasq",
  start: (lab, root) =>
    lab.serve("dnsmasq", "dnsmasq", [
      ...["--keep-in-foreground", "--conf-file=/dev/null", "--pid-file", "--user=root", "--port=0"],
      ...["--interface", SERVER_INTERFACE, "--bind-interfaces", "--log-facility=/dev/null"],
      ...["--enable-tftp", `--tftp-root=${root}`, "--tftp-max=2000"],
    ]),
};

const tftpdHpa: Contestant = {
  name: "tftpd-hpa",
  forgetsChildren: true,
  start: (lab, root) =>
    serveUnpacked(lab, "tftpd-hpa", "in.tftpd", [
      ...["--foreground", "--listen", "--address", `${SERVER_ADDRESS}:${PORT}`, "--user", "root"],
      ...["--secure", root],
    ]),
};

const atftpd: Contestant = {
  name: "atftpd",
  start: (lab, root) =>
    serveUnpacked(lab, "atftpd", "atftpd", [
      ...["--daemon", "--no-fork", "--port", String(PORT), "--bind-address", SERVER_ADDRESS],
      ...["--user", "root", "--group", "root", "--maxthread", "2000", "--verbose=0", root],
    ]),
};

/** Starts a peer with the libraries that lie unpacked beside it. */
function serveUnpacked(lab: Lab, name: string, command: string, args: readonly string[]): Promise<Running> {
  const libraries = `LD_LIBRARY_PATH=${PEERS === undefined ? "" : join(PEERS, "usr/lib/x86_64-linux-gnu")}`;
  return lab.serve(name, "env", [libraries, peer(command) ?? command, ...args]);
}

/** A program that is installed, or lies unpacked in the folder of peers. */
function peer(command: string): string | undefined {
  if (PEERS !== undefined) {
    const path = join(PEERS, "usr/sbin", command);
    if (existsSync(path)) return path;
  }
  return isInstalled(command) ? command : undefined;
}

/**
 * `npm run bench tftp`: files over TFTP, ours beside dnsmasq, tftpd-hpa and atftpd (those that are there), over a veth
 * pair, with clients that compare every octet. `--cores 1`: server and clients share a processor; 2: one each; 3: as
 * the system likes. Needs root; prints tables.
 */
export async function bench(args: readonly string[]): Promise<void> {
  const options = numberOptions(args, {
    rounds: 3,
    mebibytes: 32,
    clients: 128,
    cores: 2,
    peers: 3,
    only: 99,
  });
  needRootAnd({ ip: "iproute2", dnsmasq: "dnsmasq-base", taskset: "util-linux" });
  const others = [dnsmasq, ...(peer("atftpd") ? [atftpd] : []), ...(peer("in.tftpd") ? [tftpdHpa] : [])];
  const contestants = [bootwire, ...others.slice(0, options.peers)];
  const { clients, mebibytes } = options;
  const many = { clients, mebibytes: Math.max(mebibytes / 32, 0.125) };
  const cases: readonly Case[] = [
    {
      name: "lock-step 512",
      clients: 1,
      mebibytes: mebibytes / 4,
      blockSize: 512,
      windowSize: 1,
      goal: LOCK_STEP,
    },
    { name: "lock-step 1432", clients: 1, mebibytes, blockSize: 1432, windowSize: 1, goal: LOCK_STEP },
    { name: "window 4", clients: 1, mebibytes, blockSize: 1468, windowSize: 4 },
    {
      name: "window 16",
      clients: 1,
      mebibytes: mebibytes * 4,
      blockSize: 1468,
      windowSize: 16,
      goal: WINDOW_16,
    },
    {
      name: "window 64",
      clients: 1,
      mebibytes: mebibytes * 4,
      blockSize: 1468,
      windowSize: 64,
      goal: WINDOW_64,
    },
    { name: "lock-step 512", ...many, blockSize: 512, windowSize: 1, goal: LOCK_STEP_MANY },
    { name: "lock-step 1432", ...many, blockSize: 1432, windowSize: 1, goal: LOCK_STEP_MANY },
    { name: "window 4", ...many, blockSize: 1468, windowSize: 4 },
    { name: "window 16", ...many, blockSize: 1468, windowSize: 16, goal: WINDOW_16 },
    { name: "window 64", ...many, blockSize: 1468, windowSize: 64, goal: WINDOW_64 },
    {
      name: "memory",
      clients: 512,
      mebibytes: 40,
      blockSize: 1468,
      windowSize: 16,
      memory: true,
      goal: MEMORY,
    },
  ];
  console.log(
    `TFTP: medians of ${options.rounds} interleaved rounds, ${["", "server and clients on one processor", "a processor for the server and one for the clients"][options.cores] ?? "processors as the system likes"}`,
  );
  const rows: string[][] = [
    ["case", "server", "MiB/s", "ours is", "CPU s/GiB", "ours is", "turnaround", "failed", "time-outs"],
  ];
  const memoryRows: string[][] = [["512 clients on 40 MiB, window 16", "memory MiB", "failed"]];
  const verdictLines: string[] = [];
  const chosen = options.only < cases.length + 1 ? cases.slice(options.only - 1, options.only) : cases;
  for (const one of chosen) {
    const rounds = one.memory ? 1 : options.rounds;
    const results = await interleaved(rounds, contestants, async (contestant, round) => {
      const sample = await measure(contestant, one, options.cores);
      const figures = `${sample.mebibytesPerSecond.toFixed(1)} MiB/s, ${fixed(sample.cpuSecondsPerGibibyte)} s/GiB`;
      console.log(`  ${one.name}, ${one.clients} clients, round ${round}, ${contestant.name}: ${figures}`);
      return sample;
    });
    const summaries = results.map(({ contestant, samples }) => summary(contestant.name, samples));
    const [ours, ...peers] = summaries;
    if (ours && one.goal) verdictLines.push(...verdicts(caseName(one), one.goal, ours, peers));
    for (const of of summaries) {
      if (one.memory) {
        memoryRows.push([of.name, of.memoryMiB.toFixed(0), String(of.failures)]);
        continue;
      }
      const what = caseName(one);
      const window = one.windowSize > 1 && !of.windowAgreed ? " (no window)" : "";
      rows.push([
        what,
        of.name + window,
        of.speed.toFixed(1),
        ratio(ours?.speed ?? 0, of.speed),
        fixed(of.cpu),
        ratio(ours?.cpu ?? 0, of.cpu ?? 0),
        of.turnaround === undefined ? "" : `${of.turnaround.toFixed(1)} µs`,
        String(of.failures),
        String(of.timeouts),
      ]);
    }
  }
  if (rows.length > 1) console.log(`\n${table(rows)}`);
  if (memoryRows.length > 1) console.log(`\n${table(memoryRows)}`);
  if (verdictLines.length > 0) console.log(`\n${verdictLines.join("\n")}`);
  if (contestants.length < 4) {
    console.log(
      "\nNot all peers are there: apt-get download tftpd-hpa atftpd libwrap0, dpkg -x them into one folder,",
    );
    console.log("and name it in BOOTWIRE_BENCH_PEERS.");
  }
}

function caseName({ clients, mebibytes, name }: Case): string {
  return `${clients} × ${mebibytes} MiB, ${name}`;
}

function summary(name: string, samples: readonly Sample[]): Shown & Seen {
  return {
    name,
    speed: median(samples.map((sample) => sample.mebibytesPerSecond)),
    cpu: medianOf(samples.map((sample) => sample.cpuSecondsPerGibibyte)),
    turnaround: medianOf(samples.map((sample) => sample.turnaround)),
    memoryMiB: Math.max(...samples.map((sample) => sample.memoryMiB ?? 0)),
    failures: samples.reduce((sum, sample) => sum + sample.failures, 0),
    timeouts: samples.reduce((sum, sample) => sum + sample.timeouts, 0),
    windowAgreed: samples.some((sample) => sample.windowAgreed),
  };
}

function fixed(value: number | undefined): string {
  return value === undefined ? "–" : value.toFixed(2);
}

/** The median of what is known; undefined when nothing is. */
function medianOf(values: readonly (number | undefined)[]): number | undefined {
  const known = values.flatMap((value) => (value === undefined ? [] : [value]));
  return known.length > 0 ? median(known) : undefined;
}

async function measure(contestant: Contestant, one: Case, cores: number): Promise<Sample> {
  const lab = new Lab("tftp");
  try {
    const root = join(lab.folder, "root");
    mkdirSync(root);
    writeFileSync(join(root, "file"), randomBytes(Math.round(one.mebibytes * MEBIBYTE)));
    writeFileSync(join(root, "small"), "ready");
    const server = await contestant.start(lab, root);
    const meter = meterCpu(server.pid);
    try {
      const small = {
        original: join(root, "small"),
        filename: "small",
        clients: 1,
        blockSize: 512,
        windowSize: 1,
      };
      const file = { ...one, original: join(root, "file"), filename: "file" };
      await untilItAnswers(lab, { ...small, pid: server.pid });
      if (cores < 3) lab.prepare("taskset", ["-a", "-c", "-p", "0", String(server.pid)]);
      // A little beforehand: everybody is measured as one that has run for a while.
      if (!one.memory) load(lab, { ...file, clients: 1, pid: server.pid }, cores, WARM_UP);
      const watchMemory = one.memory === true;
      const before = meter.read();
      const report = load(lab, { ...file, pid: server.pid, watchMemory }, cores, watchMemory ? 15 : 120);
      const cpuSeconds = meter.read() - before;
      return {
        mebibytesPerSecond: report.bytes / MEBIBYTE / report.seconds,
        cpuSecondsPerGibibyte:
          meter.countsTheDead || !contestant.forgetsChildren
            ? cpuSeconds / (report.bytes / MEBIBYTE / 1024)
            : undefined,
        turnaround: report.turnaround,
        memoryMiB: report.serverMemoryMiB,
        failures: report.failures,
        timeouts: report.timeouts,
        windowAgreed: report.windowAgreed,
      };
    } finally {
      await server.stop();
      meter.close();
    }
  } finally {
    lab.close();
  }
}

type Wanted = Pick<LoadTask, "original" | "filename" | "clients" | "blockSize" | "windowSize" | "pid"> & {
  readonly watchMemory?: boolean;
};

/** Runs the generator to its end. Throws with what it said when it fails. */
function load(lab: Lab, wanted: Wanted, cores: number, maxSeconds: number): LoadReport {
  const { original, filename, clients, blockSize, windowSize, pid, watchMemory = false } = wanted;
  const task: LoadTask = {
    ...{ original, filename, clients, blockSize, windowSize, pid, watchMemory, maxSeconds },
    server: { address: SERVER_ADDRESS, port: PORT },
    filesPerClient: 1,
    // With a processor to itself: then a server's speed is not that of waking its clients up.
    spin: cores === 2,
  };
  const command = [process.execPath, LOAD, JSON.stringify(task)];
  const [first = "", ...rest] = cores < 3 ? ["taskset", "-c", String(cores - 1), ...command] : command;
  const output = lab.client(first, rest);
  try {
    return JSON.parse(output);
  } catch {
    throw new Error(`the load generator failed: ${output}`);
  }
}

async function untilItAnswers(lab: Lab, wanted: Wanted): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    const report = load(lab, wanted, 3, 1.5);
    if (report.files === 1) return;
    await sleep(200);
  }
  throw new Error("the server does not answer");
}
