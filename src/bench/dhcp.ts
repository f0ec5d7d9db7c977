import { join } from "node:path";
import { interleaved, median, numberOptions, ratio, table } from "./common.ts";
import { Lab, type Running, SERVER_INTERFACE } from "./lab.ts";
import { answersNow, keptUp, type PerfdhcpReport, perfdhcp } from "./perfdhcp.ts";
import { processUse } from "./process-use.ts";
import { highest } from "./search.ts";
import { emptyFolder, needRootAnd, startBootwire } from "./servers.ts";

const POOL = { first: "10.99.1.0", last: "10.99.255.250" };

interface Contestant {
  readonly name: string;
  /** Whether a lease is on stable storage when its ACK leaves. */
  readonly durable: string;
  start(lab: Lab): Promise<Running>;
}

interface Sample {
  readonly acksPerSecond: number;
  readonly averageMilliseconds: number;
  readonly cpuMicroseconds: number;
  readonly peakMiB: number;
}

const contestants: readonly Contestant[] = [
  {
    name: "bootwire",
    durable: "yes",
    start: (lab) =>
      startBootwire(
        lab,
        emptyFolder(lab, "bootwire"),
        `dhcp:
  mode: server
  unknownHosts: lease
  subnets:
    - { cidr: 10.99.0.0/16, pool: ${POOL.first}-${POOL.last}, leaseTime: 12h }
`,
      ),
  },
  {
    name: "dnsmasq, lease file",
    durable: "no sync",
    start: (lab) => startDnsmasq(lab, [`--dhcp-leasefile=${join(emptyFolder(lab, "dnsmasq"), "leases")}`]),
  },
  {
    name: "dnsmasq, no lease file",
    durable: "no",
    start: (lab) => startDnsmasq(lab, ["--leasefile-ro"]),
  },
];

async function startDnsmasq(lab: Lab, leases: readonly string[]): Promise<Running> {
  return lab.serve("dnsmasq", "dnsmasq", [
    ...[
      "--keep-in-foreground",
      "--conf-file=/dev/null",
      "--pid-file",
      "--user=root",
      "--port=0",
      "--quiet-dhcp",
    ],
    ...["--interface", SERVER_INTERFACE, "--bind-interfaces", "--no-ping", "--dhcp-lease-max=70000"],
    ...[`--dhcp-range=${POOL.first},${POOL.last},255.255.0.0,12h`, ...leases],
  ]);
}

/**
 * `npm run bench dhcp`: four-way exchanges per second at under 1 % drops, ours beside dnsmasq's, over a veth pair.
 * Needs root and perfdhcp (Debian package kea-admin); prints a table.
 */
export async function bench(args: readonly string[]): Promise<void> {
  const options = numberOptions(args, { rounds: 3, seconds: 3, clients: 1000, start: 50, limit: 32_000 });
  needRootAnd({ ip: "iproute2", perfdhcp: "kea-admin", dnsmasq: "dnsmasq-base" });
  console.log(
    `DHCP: highest rate with under 1 % of drops, ${options.clients} clients, ${options.seconds} s a try, ` +
      `medians of ${options.rounds} interleaved rounds`,
  );
  const results = await interleaved(options.rounds, contestants, async (contestant, round) => {
    const sample = await measure(contestant, options);
    const what =
      sample === undefined ? "did not hold even the first rate" : `${sample.acksPerSecond.toFixed(0)}/s`;
    console.log(`  round ${round}, ${contestant.name}: ${what}`);
    return sample;
  });
  const rows = results.map(({ contestant, samples }) => ({ contestant, of: summary(samples) }));
  const ours = rows[0]?.of?.acksPerSecond ?? 0;
  console.log(
    `\n${table([
      ["server", "exchanges/s", "ours is", "ACK after", "CPU/exchange", "peak memory", "durable at ACK"],
      ...rows.map(({ contestant, of }) =>
        of === undefined
          ? [contestant.name, "–", "–", "–", "–", "–", contestant.durable]
          : [
              contestant.name,
              of.acksPerSecond.toFixed(0),
              ratio(ours, of.acksPerSecond),
              `${of.averageMilliseconds.toFixed(2)} ms`,
              `${of.cpuMicroseconds.toFixed(0)} µs`,
              `${of.peakMiB.toFixed(0)} MiB`,
              contestant.durable,
            ],
      ),
    ])}`,
  );
}

async function measure(
  contestant: Contestant,
  options: { seconds: number; clients: number; start: number; limit: number },
): Promise<Sample | undefined> {
  const lab = new Lab("dhcp");
  try {
    const server = await contestant.start(lab);
    try {
      waitUntilItAnswers(lab, server, contestant.name);
      const best = await highest(async (rate) => tryRate(lab, server, { ...options, rate }), {
        start: options.start,
        limit: options.limit,
        precision: 0.05,
      });
      return best?.result;
    } finally {
      await server.stop();
    }
  } finally {
    lab.close();
  }
}

function tryRate(
  lab: Lab,
  server: Running,
  load: { rate: number; seconds: number; clients: number },
): Sample | undefined {
  const before = processUse(server.pid);
  const report: PerfdhcpReport = perfdhcp(lab, load);
  const after = processUse(server.pid);
  if (!keptUp(report, load)) {
    // What still stands in the queues must not fall upon the next try.
    waitUntilItAnswers(lab, server, "the server");
    return undefined;
  }
  return {
    acksPerSecond: report.acks.received / load.seconds,
    averageMilliseconds: report.acks.averageMilliseconds,
    cpuMicroseconds: ((after.cpuSeconds - before.cpuSeconds) * 1e6) / report.acks.received,
    peakMiB: after.peakMiB,
  };
}

/** Asks until an exchange completes: at most twenty times, about a second and a half each. */
function waitUntilItAnswers(lab: Lab, server: Running, name: string): void {
  for (let left = 20; left > 0; left--) if (answersNow(lab)) return;
  throw new Error(`${name} answers no DHCP request:\n${server.output()}`);
}

function summary(samples: readonly (Sample | undefined)[]): Sample | undefined {
  const held = samples.filter((sample) => sample !== undefined);
  if (held.length === 0) return undefined;
  const middle = (pick: (sample: Sample) => number) => median(held.map(pick));
  return {
    acksPerSecond: middle((sample) => sample.acksPerSecond),
    averageMilliseconds: middle((sample) => sample.averageMilliseconds),
    cpuMicroseconds: middle((sample) => sample.cpuMicroseconds),
    peakMiB: middle((sample) => sample.peakMiB),
  };
}
