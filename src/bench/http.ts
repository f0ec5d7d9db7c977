import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, mkdirSync, openSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { interleaved, median, numberOptions, ratio, table } from "./common.ts";
import { Lab, type Running, SERVER_ADDRESS } from "./lab.ts";
import { processUse } from "./process-use.ts";
import { emptyFolder, isInstalled, needRootAnd, startBootwire } from "./servers.ts";

const PORT = 8080;
const MEBIBYTE = 1024 * 1024;

interface Contestant {
  readonly name: string;
  /** Below `/media/`; FILE for the file itself. */
  readonly file: string;
  /** Starts the server; `media` is the folder to serve below `/media/`. */
  start(lab: Lab, media: string): Promise<Running>;
}

interface Case {
  readonly name: string;
  readonly clients: number;
  /** Whether server and clients share one processor. */
  readonly oneCore: boolean;
  readonly contestants: readonly Contestant[];
}

interface Sample {
  readonly mebibytesPerSecond: number;
  readonly cpuSecondsPerGibibyte: number;
}

const FILE = "file";
const ISO = "file.iso";
/** A file that does not fit into the memory that any buffer may take. */
const LARGE = "large";
const LARGE_MEBIBYTES = 4096;

const bootwire: Contestant = {
  name: "bootwire",
  file: FILE,
  start: async (lab, media) => {
    const config = `media: ${media}\nhttp: { port: ${PORT} }\ndhcp: { mode: "off" }\n`;
    const running = await startBootwire(lab, emptyFolder(lab, "bootwire"), config);
    await running.printed(/"msg":"ready"/);
    return running;
  },
};

const inside: Contestant = { ...bootwire, name: "bootwire, inside an ISO", file: `${ISO}/${FILE}` };

const nginx: Contestant = {
  name: "nginx, sendfile",
  file: FILE,
  start: (lab, media) => {
    const folder = emptyFolder(lab, "nginx");
    const config = join(folder, "nginx.conf");
    writeFileSync(
      config,
      `user root; worker_processes 1; master_process off; daemon off; pid ${folder}/pid; error_log stderr;
events {}
http {
  access_log off; sendfile on; tcp_nopush on;
  server { listen ${SERVER_ADDRESS}:${PORT}; location /media/ { alias ${media}/; } }
}
`,
    );
    return lab.serve("nginx", "nginx", ["-p", folder, "-c", config]);
  },
};

/**
 * `npm run bench http`: a large file to one and to eight clients, on one processor and on several, ours beside nginx
 * (when it is installed), and from inside an ISO (when xorriso is, which makes one); then how much memory a file of 4 GiB
 * takes. Over a veth pair. Needs root, curl and taskset; prints tables.
 */
export async function bench(args: readonly string[]): Promise<void> {
  const options = numberOptions(args, { rounds: 3, mebibytes: 1024 });
  needRootAnd({ ip: "iproute2", curl: "curl", taskset: "util-linux" });
  const contestants = [
    bootwire,
    ...(isInstalled("xorriso") ? [inside] : []),
    ...(isInstalled("nginx") ? [nginx] : []),
  ];
  const cases: readonly Case[] = [
    { name: "1 client, one core", clients: 1, oneCore: true, contestants },
    { name: "1 client", clients: 1, oneCore: false, contestants },
    { name: "8 clients", clients: 8, oneCore: false, contestants },
  ];
  const rows: string[][] = [["case", "server", "MiB/s", "ours is", "server CPU s/GiB", "ours is"]];
  for (const one of cases) {
    const results = await interleaved(options.rounds, one.contestants, (contestant) =>
      measure(contestant, one, options.mebibytes),
    );
    const middles = results.map(({ contestant, samples }) => ({
      name: contestant.name,
      speed: median(samples.map((sample) => sample.mebibytesPerSecond)),
      cpu: median(samples.map((sample) => sample.cpuSecondsPerGibibyte)),
    }));
    const [ours] = middles;
    for (const { name, speed, cpu } of middles) {
      const speeds = [speed.toFixed(0), ratio(ours?.speed ?? 0, speed)];
      rows.push([one.name, name, ...speeds, cpu.toFixed(2), ratio(ours?.cpu ?? 0, cpu)]);
    }
  }
  console.log(
    `HTTP: ${options.mebibytes} MiB in all, medians of ${options.rounds} interleaved rounds, curl as the client\n\n${table(rows)}`,
  );
  if (!contestants.includes(nginx)) console.log("\nnginx is not installed: nothing to compare with.");
  if (!contestants.includes(inside)) console.log("\nxorriso is not installed: no ISO to serve from.");
  console.log(`\n${await memory()}`);
}

async function measure(contestant: Contestant, one: Case, mebibytes: number): Promise<Sample> {
  return withServer(
    contestant,
    one.oneCore,
    (lab, media) => {
      writeNoise(join(media, FILE), Math.floor(mebibytes / one.clients));
      if (contestant === inside) makeIso(lab, join(media, ISO), join(media, FILE));
    },
    (lab, server) => {
      const url = `http://${SERVER_ADDRESS}:${PORT}/media/${contestant.file}`;
      // Once beforehand, until it answers: the file is then in the page cache for everybody.
      curl(lab, one, [
        "-o",
        "/dev/null",
        ...["--retry", "50", "--retry-delay", "1"],
        "--retry-all-errors",
        url,
      ]);
      const before = processUse(server.pid);
      const times = curl(lab, one, [
        ...["--parallel", "--parallel-immediate", "-w", "%{size_download} %{time_total}\\n"],
        ...Array.from({ length: one.clients }, () => ["-o", "/dev/null", url]).flat(),
      ]);
      const cpu = processUse(server.pid).cpuSeconds - before.cpuSeconds;
      return sampleOf(times, one.clients, cpu);
    },
  );
}

/** What the server's memory comes to while it sends a file of 4 GiB. */
function memory(): Promise<string> {
  const one = { oneCore: false };
  return withServer(
    bootwire,
    false,
    (_lab, media) => {
      writeFileSync(join(media, LARGE), "");
      truncateSync(join(media, LARGE), LARGE_MEBIBYTES * MEBIBYTE);
    },
    (lab, server) => {
      const url = `http://${SERVER_ADDRESS}:${PORT}/media/${LARGE}`;
      const retry = ["--retry", "50", "--retry-delay", "1", "--retry-all-errors"];
      curl(lab, one, ["-o", "/dev/null", "-r", "0-67108863", ...retry, url]);
      const before = processUse(server.pid);
      curl(lab, one, ["-o", "/dev/null", url]);
      const after = processUse(server.pid);
      const figures = [before.residentMiB, after.peakMiB].map((value) => value.toFixed(0));
      return `A file of ${LARGE_MEBIBYTES} MiB: ${figures[0]} MiB of memory after its first 64 MiB, ${figures[1]} MiB at most while all of it was sent.`;
    },
  );
}

async function withServer<T>(
  contestant: Contestant,
  oneCore: boolean,
  prepare: (lab: Lab, media: string) => void,
  work: (lab: Lab, server: Running) => T,
): Promise<T> {
  const lab = new Lab("http");
  try {
    const media = join(lab.folder, "media");
    mkdirSync(media);
    prepare(lab, media);
    const server = await contestant.start(lab, media);
    // All threads of it, with those that it starts later.
    if (oneCore) spawnSync("taskset", ["--all-tasks", "--cpu-list", "--pid", "0", String(server.pid)]);
    try {
      return work(lab, server);
    } finally {
      await server.stop();
    }
  } finally {
    lab.close();
  }
}

function curl(lab: Lab, { oneCore }: Pick<Case, "oneCore">, args: readonly string[]): string {
  const all = ["-sSf", ...args];
  return oneCore ? lab.client("taskset", ["--cpu-list", "0", "curl", ...all]) : lab.client("curl", all);
}

function makeIso(lab: Lab, iso: string, file: string): void {
  lab.prepare("xorriso", ["-outdev", iso, "-map", file, `/${FILE}`, "-commit"]);
}

/** Curl's lines of bytes and seconds, one a client, all started at once: the slowest says how long it took. */
function sampleOf(times: string, clients: number, cpuSeconds: number): Sample {
  const lines = [...times.matchAll(/^(\d+) ([\d.]+)$/gm)].map(([, bytes, seconds]) => ({
    bytes: Number(bytes),
    seconds: Number(seconds),
  }));
  if (lines.length !== clients) throw new Error(`curl did not get every file: ${times}`);
  const bytes = lines.reduce((sum, line) => sum + line.bytes, 0);
  return {
    mebibytesPerSecond: bytes / MEBIBYTE / Math.max(...lines.map((line) => line.seconds)),
    cpuSecondsPerGibibyte: cpuSeconds / (bytes / MEBIBYTE / 1024),
  };
}

function writeNoise(path: string, mebibytes: number): void {
  const file = openSync(path, "w");
  const noise = randomBytes(MEBIBYTE);
  for (let i = 0; i < mebibytes; i++) writeSync(file, noise);
  closeSync(file);
}
