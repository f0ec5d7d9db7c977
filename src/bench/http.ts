import { randomBytes } from "node:crypto";
import { closeSync, mkdirSync, openSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { interleaved, median, numberOptions, ratio, table } from "./common.ts";
import { Lab, type Running, SERVER_ADDRESS } from "./lab.ts";
import { cpuSecondsOfChildren, processUse, resetPeak } from "./process-use.ts";
import { emptyFolder, isInstalled, needRootAnd, startBootwire } from "./servers.ts";
import { type Goal, type Shown, verdicts } from "./tftp-goals.ts";

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
  /** Whether the clients come over the loopback instead of a veth pair. */
  readonly loopback: boolean;
  /** What we want of it, beside the best peer. */
  readonly goal?: Goal;
}

interface Sample {
  readonly mebibytesPerSecond: number;
  /** CPU seconds for a GiB: of the server alone, and with those of the clients, who pay for what a server leaves to them. */
  readonly server: number;
  readonly both: number;
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

/** Of a file inside an ISO beside a plain file: at most so many times the CPU for a GiB. */
const INSIDE_CPU = 1.5;
/** How much memory may grow while a file of 4 GiB is sent, MiB: a few buffers, and what a young heap takes. */
const FLAT_MIB = 32;

const CASES: readonly Case[] = [
  {
    name: "1 client, one core, loopback",
    ...{ clients: 1, oneCore: true, loopback: true },
    goal: { speed: 1.2, cpu: 1.5 },
  },
  { name: "1 client, one core, veth", clients: 1, oneCore: true, loopback: false },
  { name: "1 client, loopback", clients: 1, oneCore: false, loopback: true },
  { name: "8 clients, loopback", clients: 8, oneCore: false, loopback: true },
];

const COUNTED = `CPU is counted twice: that of the server's process, and with that of the clients (curl) added, who copy out of the page cache
what sendfile never touched. The goals are those of the sum, with everything that a transfer costs this machine.`;

/**
 * `npm run bench http`: a large file to one and to eight clients, on one processor and on several, ours beside nginx
 * (when it is installed), and from inside an ISO (when xorriso is, which makes one); then how much memory a file of 4 GiB
 * takes. Needs root, curl and taskset; prints tables, and each goal with its verdict.
 */
export async function bench(args: readonly string[]): Promise<void> {
  const options = numberOptions(args, { rounds: 3, mebibytes: 1024 });
  needRootAnd({ ip: "iproute2", curl: "curl", taskset: "util-linux" });
  const peers = isInstalled("nginx") ? [nginx] : [];
  const isos = isInstalled("xorriso") ? [inside] : [];
  const lab = new Lab("http");
  try {
    const media = join(lab.folder, "media");
    mkdirSync(media);
    writeNoise(join(media, FILE), options.mebibytes);
    if (isos.length > 0) makeIso(lab, join(media, ISO), join(media, FILE));
    // What is still on its way to the disk would be written while we measure.
    lab.prepare("sync", []);

    const rows: string[][] = [
      ["case", "server", "MiB/s", "ours is", "server s/GiB", "both s/GiB", "ours is"],
    ];
    const lines: string[] = [];
    for (const one of CASES) {
      const all = [bootwire, ...isos, ...peers];
      const results = await interleaved(options.rounds, all, (contestant) =>
        measure(lab, media, contestant, one),
      );
      const shown = new Map(
        results.map(({ contestant, samples }) => [
          contestant,
          {
            name: contestant.name,
            speed: median(samples.map((sample) => sample.mebibytesPerSecond)),
            cpu: median(samples.map((sample) => sample.both)),
            server: median(samples.map((sample) => sample.server)),
            memoryMiB: 0,
          },
        ]),
      );
      const ours = shown.get(bootwire);
      if (!ours) continue;
      for (const { name, speed, cpu, server } of shown.values()) {
        const speeds = [speed.toFixed(0), ratio(ours.speed, speed)];
        rows.push([one.name, name, ...speeds, server.toFixed(2), cpu.toFixed(2), ratio(ours.cpu, cpu)]);
      }
      const of = (some: readonly Contestant[]): Shown[] => some.flatMap((each) => shown.get(each) ?? []);
      if (one.goal) lines.push(...verdicts(one.name, one.goal, ours, of(peers)));
      const [iso] = isos.flatMap((each) => shown.get(each) ?? []);
      if (one.goal && iso) {
        const goal = { cpu: INSIDE_CPU };
        lines.push(...verdicts(`${one.name}, inside an ISO`, goal, iso, [ours]));
        lines.push(
          ...verdicts(`${one.name}, inside an ISO, the server alone`, goal, { ...iso, cpu: iso.server }, [
            { ...ours, cpu: ours.server },
          ]),
        );
      }
    }
    const file = `HTTP: a file of ${options.mebibytes} MiB for each client, medians of ${options.rounds} interleaved rounds`;
    console.log(`${file}\n${COUNTED}\n\n${table(rows)}`);
    if (peers.length === 0) console.log("\nnginx is not installed: nothing to compare with.");
    if (isos.length === 0) console.log("\nxorriso is not installed: no ISO to serve from.");
    console.log(`\n${[...lines, await memory(lab, media)].join("\n")}`);
  } finally {
    lab.close();
  }
}

async function measure(lab: Lab, media: string, contestant: Contestant, one: Case): Promise<Sample> {
  const server = await contestant.start(lab, media);
  try {
    // All threads of it, with those that it starts later.
    if (one.oneCore) lab.prepare("taskset", ["--all-tasks", "--cpu-list", "--pid", "0", String(server.pid)]);
    const url = `http://${SERVER_ADDRESS}:${PORT}/media/${contestant.file}`;
    // Once beforehand, until it answers: the file is then in the page cache for everybody.
    curl(lab, one, ["-o", "/dev/null", "--retry", "50", "--retry-delay", "1", "--retry-all-errors", url]);
    const before = processUse(server.pid);
    const printed = curl(lab, one, [
      ...(one.clients > 1 ? ["--parallel", "--parallel-immediate"] : []),
      ...["-w", "%{size_download} %{time_total}\\n"],
      ...Array.from({ length: one.clients }, () => ["-o", "/dev/null", url]).flat(),
    ]);
    return sampleOf(printed, one.clients, processUse(server.pid).cpuSeconds - before.cpuSeconds);
  } finally {
    await server.stop();
  }
}

/** What the server's memory comes to while it sends a file of 4 GiB, with a verdict. */
async function memory(lab: Lab, media: string): Promise<string> {
  writeFileSync(join(media, LARGE), "");
  truncateSync(join(media, LARGE), LARGE_MEBIBYTES * MEBIBYTE);
  const server = await bootwire.start(lab, media);
  try {
    const client = { oneCore: false, loopback: true };
    const url = `http://${SERVER_ADDRESS}:${PORT}/media/${LARGE}`;
    const retry = ["--retry", "50", "--retry-delay", "1", "--retry-all-errors"];
    curl(lab, client, ["-o", "/dev/null", "-r", "0-67108863", ...retry, url]);
    resetPeak(server.pid);
    const before = processUse(server.pid);
    curl(lab, client, ["-o", "/dev/null", url]);
    const { peakMiB } = processUse(server.pid);
    const grown = peakMiB - before.residentMiB;
    const met = grown <= FLAT_MIB ? "met" : "NOT MET";
    const figures = `${before.residentMiB.toFixed(0)} MiB of memory after its first 64 MiB, ${peakMiB.toFixed(0)} MiB at most while all of it was sent`;
    return `a file of ${LARGE_MEBIBYTES} MiB: ${figures}, goal at most ${FLAT_MIB} MiB more: ${met}`;
  } finally {
    await server.stop();
  }
}

/** Runs curl to its end; returns what it printed, and behind that the shell's line of /proc/<pid>/stat. */
function curl(
  lab: Lab,
  { oneCore, loopback }: Pick<Case, "oneCore" | "loopback">,
  args: readonly string[],
): string {
  const pinned = oneCore ? ["taskset", "--cpu-list", "0"] : [];
  const words = [...pinned, "curl", "-sSf", ...args];
  const shell = ["-c", '"$@"; cat /proc/$$/stat', "sh", ...words];
  return loopback ? lab.besideServer("sh", shell) : lab.client("sh", shell);
}

function makeIso(lab: Lab, iso: string, file: string): void {
  lab.prepare("xorriso", ["-outdev", iso, "-map", file, `/${FILE}`, "-commit"]);
}

/** Curl's lines of bytes and seconds, one a client, all started at once: the slowest says how long it took. */
function sampleOf(printed: string, clients: number, server: number): Sample {
  const lines = [...printed.matchAll(/^(\d+) ([\d.]+)$/gm)].map(([, bytes, seconds]) => ({
    bytes: Number(bytes),
    seconds: Number(seconds),
  }));
  if (lines.length !== clients) throw new Error(`curl did not get every file: ${printed}`);
  const bytes = lines.reduce((sum, line) => sum + line.bytes, 0);
  const [stat] = /^\d+ \(sh\) .*$/m.exec(printed) ?? [];
  if (stat === undefined) throw new Error(`no word of what curl used: ${printed}`);
  const gibibytes = bytes / MEBIBYTE / 1024;
  return {
    mebibytesPerSecond: bytes / MEBIBYTE / Math.max(...lines.map((line) => line.seconds)),
    server: server / gibibytes,
    both: (server + cpuSecondsOfChildren(stat)) / gibibytes,
  };
}

function writeNoise(path: string, mebibytes: number): void {
  const file = openSync(path, "w");
  const noise = randomBytes(MEBIBYTE);
  for (let i = 0; i < mebibytes; i++) writeSync(file, noise);
  closeSync(file);
}
