import { randomBytes } from "node:crypto";
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { interleaved, median, numberOptions, ratio, table } from "./common.ts";
import { Lab, type Running, SERVER_ADDRESS } from "./lab.ts";
import { processUse } from "./process-use.ts";
import { emptyFolder, isInstalled, needRootAnd, startBootwire } from "./servers.ts";

const PORT = 8080;
const MEBIBYTE = 1024 * 1024;

interface Contestant {
  readonly name: string;
  /** Starts the server; `media` is the folder to serve below `/media/`. */
  start(lab: Lab, media: string): Promise<Running>;
}

interface Sample {
  readonly mebibytesPerSecond: number;
  readonly cpuSecondsPerGibibyte: number;
}

const bootwire: Contestant = {
  name: "bootwire",
  start: (lab, media) =>
    startBootwire(
      lab,
      emptyFolder(lab, "bootwire"),
      `media: ${media}\nhttp: { port: ${PORT} }\ndhcp: { mode: "off" }\n`,
    ),
};

const nginx: Contestant = {
  name: "nginx, sendfile",
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
 * `npm run bench http`: large files to one and to eight clients at once, ours beside nginx (when it is installed), over
 * a veth pair. Needs root and curl; prints a table.
 */
export async function bench(args: readonly string[]): Promise<void> {
  const options = numberOptions(args, { rounds: 3, mebibytes: 512 });
  needRootAnd({ ip: "iproute2", curl: "curl" });
  const contestants = [bootwire, ...(isInstalled("nginx") ? [nginx] : [])];
  const rows: string[][] = [["case", "server", "MiB/s", "ours is", "server CPU s/GiB"]];
  for (const clients of [1, 8]) {
    const results = await interleaved(options.rounds, contestants, (contestant) =>
      measure(contestant, clients, options.mebibytes),
    );
    const middles = results.map(({ contestant, samples }) => ({
      name: contestant.name,
      speed: median(samples.map((sample) => sample.mebibytesPerSecond)),
      cpu: median(samples.map((sample) => sample.cpuSecondsPerGibibyte)),
    }));
    for (const { name, speed, cpu } of middles) {
      const what = `${clients} × ${options.mebibytes / clients} MiB`;
      rows.push([what, name, speed.toFixed(0), ratio(middles[0]?.speed ?? 0, speed), cpu.toFixed(2)]);
    }
  }
  console.log(`HTTP: medians of ${options.rounds} interleaved rounds, curl as the client\n\n${table(rows)}`);
  if (contestants.length === 1) console.log("\nnginx is not installed: nothing to compare with.");
}

async function measure(contestant: Contestant, clients: number, mebibytes: number): Promise<Sample> {
  const lab = new Lab("http");
  try {
    const media = join(lab.folder, "media");
    mkdirSync(media);
    writeNoise(join(media, "file"), Math.floor(mebibytes / clients));
    const server = await contestant.start(lab, media);
    try {
      const url = `http://${SERVER_ADDRESS}:${PORT}/media/file`;
      // Once beforehand, until it answers: the file is then in the page cache for everybody.
      lab.client("curl", [
        "-sSf",
        "-o",
        "/dev/null",
        "--retry",
        "50",
        "--retry-delay",
        "1",
        "--retry-all-errors",
        url,
      ]);
      const before = processUse(server.pid);
      const times = lab.client("curl", [
        ...["-sSf", "--parallel", "--parallel-immediate", "-w", "%{size_download} %{time_total}\\n"],
        ...Array.from({ length: clients }, () => ["-o", "/dev/null", url]).flat(),
      ]);
      const cpu = processUse(server.pid).cpuSeconds - before.cpuSeconds;
      return sampleOf(times, clients, cpu);
    } finally {
      await server.stop();
    }
  } finally {
    lab.close();
  }
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
