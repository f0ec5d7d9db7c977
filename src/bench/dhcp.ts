import { interleaved, median, numberOptions, ratio, table, verdict } from "./common.ts";
import { fastest, latencyVerdicts, memoryVerdict, rateVerdicts, type Shown } from "./dhcp-goals.ts";
import { type DhcpContestant, dhcpContestants } from "./dhcp-servers.ts";
import { Lab, type Running } from "./lab.ts";
import { answersNow, keptUp, type Load, perfdhcp } from "./perfdhcp.ts";
import { processUse, resetPeak } from "./process-use.ts";
import { highest } from "./search.ts";
import { needRootAnd } from "./servers.ts";

/** What one run of the load came to. */
interface Sample {
  readonly acksPerSecond: number;
  readonly offerMilliseconds: number;
  readonly ackMilliseconds: number;
  /** The slowest of all answers. */
  readonly worstMilliseconds: number;
  readonly cpuMicroseconds: number;
  readonly peakMiB: number;
}

type Result = { readonly contestant: DhcpContestant; readonly of: Sample | undefined };

/** Clients that a network has at once: where it is about memory and the time of answers. */
const CLIENTS = 10_000;
/** Before anything counts, each server gets some load: ours compiles what it runs, others lay out their tables. */
const WARM_UP = { seconds: 3, share: 0.5 };

/**
 * `npm run bench -- dhcp`: four-way exchanges per second at under 1 % drops, and how long answers take at fixed rates, ours
 * beside Kea's, ISC dhcpd's and dnsmasq's, over a veth pair. Needs root and perfdhcp; prints tables, and each goal with
 * its verdict.
 */
export async function bench(args: readonly string[]): Promise<void> {
  const options = numberOptions(args, {
    rounds: 2,
    seconds: 3,
    clients: 1_000_000,
    limit: 32_000,
    low: 200,
    only: dhcpContestants.length,
  });
  needRootAnd({
    ip: "iproute2",
    perfdhcp: "kea-admin",
    "kea-dhcp4": "kea-dhcp4-server",
    dhcpd: "isc-dhcp-server",
    dnsmasq: "dnsmasq-base",
  });
  const contestants = dhcpContestants.slice(0, options.only);
  console.log(
    `DHCP: highest rate with under 1 % of drops, ${options.clients} clients (so that nearly every lease is a new one), ` +
      `${options.seconds} s a try, medians of ${options.rounds} interleaved rounds`,
  );
  const best = await rounds(options.rounds, contestants, (contestant) =>
    withServer(contestant, (lab, server) => search(lab, server, contestant, options)),
  );
  const [ours, ...peers] = best.map(shown);
  if (!ours) return;
  const slow = peers.find(({ name }) => name.endsWith("a sync"));
  console.log(`\n${rateTable(best)}\n`);
  const goals = rateVerdicts(ours, slow, peers);

  const kea = fastest(peers.filter(({ kind, rate }) => kind === "kea" && rate > 0));
  const keas = Math.round(kea?.rate ?? 0);
  for (const rate of new Set([options.low, ...(kea ? [keas] : [])])) {
    const what = rate === keas ? `, the highest of ${kea?.name}` : "";
    console.log(`\nDHCP: how long answers take at ${rate} exchanges/s${what}, ${CLIENTS} clients`);
    const able = best.filter(({ of }) => (of?.acksPerSecond ?? 0) >= 0.97 * rate);
    const load = { seconds: options.seconds, clients: CLIENTS, rate };
    const timed = await rounds(
      options.rounds,
      able.map(({ contestant }) => contestant),
      (contestant) => withServer(contestant, async (lab, server) => timeAnswers(lab, server, load)),
    );
    console.log(`\n${latencyTable(timed)}`);
    if (kea && rate === keas) goals.push(...atKeasHighest(timed, kea));
  }
  console.log(`\n${goals.join("\n")}`);
}

/** Ours beside the faster Kea, at what is the most for that. */
function atKeasHighest(timed: readonly Result[], kea: Shown): string[] {
  const of = (name: string | undefined) =>
    timed.find(({ contestant }) => contestant.name === name)?.of ?? undefined;
  const latency = (sample: Sample) => ({ offer: sample.offerMilliseconds, ack: sample.ackMilliseconds });
  const [own, others] = [of(dhcpContestants[0]?.name), of(kea.name)];
  const lines =
    own && others
      ? latencyVerdicts(latency(own), latency(others), kea.name)
      : [verdict(`answers at the highest rate of ${kea.name}`, "ours does not reach it", false)];
  for (const { contestant, of: sample } of timed) {
    if (contestant.kind === "ours" && sample) lines.push(memoryVerdict(contestant.name, sample.peakMiB));
  }
  return lines;
}

function shown({ contestant, of }: Result): Shown {
  return { name: contestant.name, kind: contestant.kind, rate: of?.acksPerSecond ?? 0 };
}

async function rounds(
  count: number,
  contestants: readonly DhcpContestant[],
  measure: (contestant: DhcpContestant) => Promise<Sample | undefined>,
): Promise<Result[]> {
  const results = await interleaved(count, contestants, async (contestant, round) => {
    const sample = await measure(contestant);
    console.log(`  round ${round}, ${contestant.name}: ${describe(sample)}`);
    return sample;
  });
  return results.map(({ contestant, samples }) => ({ contestant, of: summary(samples) }));
}

function describe(sample: Sample | undefined): string {
  if (sample === undefined) return "did not hold even the first rate";
  const { acksPerSecond, offerMilliseconds, ackMilliseconds } = sample;
  return `${acksPerSecond.toFixed(0)}/s, OFFER ${offerMilliseconds.toFixed(2)} ms, ACK ${ackMilliseconds.toFixed(2)} ms`;
}

async function withServer<R>(
  contestant: DhcpContestant,
  measure: (lab: Lab, server: Running) => Promise<R>,
): Promise<R> {
  const lab = new Lab("dhcp");
  try {
    const server = await contestant.open(lab);
    try {
      waitUntilItAnswers(lab, server);
      return await measure(lab, server);
    } finally {
      await server.stop();
    }
  } finally {
    lab.close();
  }
}

async function search(
  lab: Lab,
  server: Running,
  contestant: DhcpContestant,
  options: { seconds: number; clients: number; limit: number },
): Promise<Sample | undefined> {
  warmUp(lab, server, contestant.start, options.clients);
  const best = await highest(async (rate) => tryRate(lab, server, { ...options, rate }, false), {
    start: contestant.start,
    limit: options.limit,
    precision: 0.05,
  });
  return best?.result;
}

function timeAnswers(lab: Lab, server: Running, load: Load): Sample | undefined {
  warmUp(lab, server, load.rate, load.clients);
  return tryRate(lab, server, load, true);
}

function warmUp(lab: Lab, server: Running, rate: number, clients: number): void {
  perfdhcp(lab, { rate: Math.ceil(rate * WARM_UP.share), seconds: WARM_UP.seconds, clients });
  waitUntilItAnswers(lab, server);
}

/** `undefined` when the server did not keep up, unless it need not (`always`). */
function tryRate(lab: Lab, server: Running, load: Load, always: boolean): Sample | undefined {
  resetPeak(server.pid);
  const before = processUse(server.pid);
  const report = perfdhcp(lab, load);
  const after = processUse(server.pid);
  if (!always && !keptUp(report, load)) {
    // What still stands in the queues must not fall upon the next try.
    waitUntilItAnswers(lab, server);
    return undefined;
  }
  const { offers, acks } = report;
  return {
    acksPerSecond: acks.received / load.seconds,
    offerMilliseconds: offers.averageMilliseconds,
    ackMilliseconds: acks.averageMilliseconds,
    worstMilliseconds: Math.max(offers.maxMilliseconds, acks.maxMilliseconds),
    cpuMicroseconds: ((after.cpuSeconds - before.cpuSeconds) * 1e6) / acks.received,
    peakMiB: after.peakMiB,
  };
}

/** Asks until an exchange completes: at most twenty times, about a second and a half each. */
function waitUntilItAnswers(lab: Lab, server: Running): void {
  for (let left = 20; left > 0; left--) if (answersNow(lab)) return;
  throw new Error(`the server answers no DHCP request:\n${server.output()}`);
}

function summary(samples: readonly (Sample | undefined)[]): Sample | undefined {
  const held = samples.filter((sample) => sample !== undefined);
  if (held.length === 0) return undefined;
  const middle = (pick: (sample: Sample) => number) => median(held.map(pick));
  return {
    acksPerSecond: middle((sample) => sample.acksPerSecond),
    offerMilliseconds: middle((sample) => sample.offerMilliseconds),
    ackMilliseconds: middle((sample) => sample.ackMilliseconds),
    worstMilliseconds: middle((sample) => sample.worstMilliseconds),
    cpuMicroseconds: middle((sample) => sample.cpuMicroseconds),
    peakMiB: middle((sample) => sample.peakMiB),
  };
}

function rateTable(results: readonly Result[]): string {
  const ours = results[0]?.of?.acksPerSecond ?? 0;
  const rows = results.map(({ contestant, of }) =>
    of === undefined
      ? [contestant.name, "–", "–", "–", "–", "–", "–", contestant.durable]
      : [
          contestant.name,
          of.acksPerSecond.toFixed(0),
          ratio(ours, of.acksPerSecond),
          `${of.offerMilliseconds.toFixed(2)} ms`,
          `${of.ackMilliseconds.toFixed(2)} ms`,
          `${of.cpuMicroseconds.toFixed(0)} µs`,
          `${of.peakMiB.toFixed(0)} MiB`,
          contestant.durable,
        ],
  );
  const head = [
    "server",
    "exchanges/s",
    "ours is",
    "OFFER",
    "ACK",
    "CPU/exchange",
    "memory",
    "durable at ACK",
  ];
  return table([head, ...rows]);
}

function latencyTable(results: readonly Result[]): string {
  const rows = results.flatMap(({ contestant, of }) =>
    of === undefined
      ? []
      : [
          [
            contestant.name,
            of.acksPerSecond.toFixed(0),
            `${of.offerMilliseconds.toFixed(2)} ms`,
            `${of.ackMilliseconds.toFixed(2)} ms`,
            `${of.worstMilliseconds.toFixed(1)} ms`,
            `${of.cpuMicroseconds.toFixed(0)} µs`,
            `${of.peakMiB.toFixed(0)} MiB`,
          ],
        ],
  );
  return table([["server", "exchanges/s", "OFFER", "ACK", "slowest", "CPU/exchange", "memory"], ...rows]);
}
