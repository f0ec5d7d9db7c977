import { interleaved, median, numberOptions, ratio, table } from "./common.ts";
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

/**
 * `npm run bench -- dhcp`: four-way exchanges per second at under 1 % drops, and how long answers take at fixed rates, ours
 * beside Kea's, ISC dhcpd's and dnsmasq's, over a veth pair. Needs root and perfdhcp; prints tables.
 */
export async function bench(args: readonly string[]): Promise<void> {
  const options = numberOptions(args, {
    rounds: 3,
    seconds: 3,
    clients: 10_000,
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
    `DHCP: highest rate with under 1 % of drops, ${options.clients} clients, ${options.seconds} s a try, ` +
      `medians of ${options.rounds} interleaved rounds`,
  );
  const best = await rounds(options.rounds, contestants, (contestant) =>
    withServer(contestant, (lab, server) => search(lab, server, contestant, options)),
  );
  console.log(`\n${rateTable(best)}\n\n${verdicts(best).join("\n")}`);

  const kea = Math.round(fastest(best, "kea"));
  for (const rate of new Set([options.low, ...(kea > 0 ? [kea] : [])])) {
    const what = rate === kea ? `, Kea's highest` : "";
    console.log(`\nDHCP: how long answers take at ${rate} exchanges/s${what}`);
    const able = best.filter(({ of }) => (of?.acksPerSecond ?? 0) >= 0.97 * rate);
    const load = { ...options, rate };
    const timed = await rounds(
      options.rounds,
      able.map(({ contestant }) => contestant),
      (contestant) => withServer(contestant, async (lab, server) => tryRate(lab, server, load, true)),
    );
    console.log(`\n${latencyTable(timed)}`);
  }
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
  const best = await highest(async (rate) => tryRate(lab, server, { ...options, rate }, false), {
    start: contestant.start,
    limit: options.limit,
    precision: 0.05,
  });
  return best?.result;
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

const rateOf = (result: Result | undefined): number => result?.of?.acksPerSecond ?? 0;

function fastest(results: readonly Result[], kind: DhcpContestant["kind"]): number {
  return Math.max(0, ...results.filter(({ contestant }) => contestant.kind === kind).map(rateOf));
}

function rateTable(results: readonly Result[]): string {
  const ours = rateOf(results[0]);
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
          ],
        ],
  );
  return table([["server", "exchanges/s", "OFFER", "ACK", "slowest", "CPU/exchange"], ...rows]);
}

/** Whether what we aim at is reached, and where not, by how much. */
function verdicts(results: readonly Result[]): string[] {
  const ours = rateOf(results[0]);
  const goal = (what: string, reached: number, wanted: number, unit = "×") =>
    `${reached >= wanted ? "reached" : "NOT reached"}: ${what}: ${reached.toFixed(2)}${unit}, aim ${wanted}${unit}`;
  const kea = fastest(results, "kea");
  const lines: string[] = [];
  if (kea > 0) lines.push(goal("Kea, the faster of the two", ours / kea, 1.3));
  for (const result of results) {
    if (result.contestant.kind === "other" && rateOf(result) > 0) {
      lines.push(goal(result.contestant.name, ours / rateOf(result), 15));
    }
  }
  const slow = results.find(({ contestant }) => contestant.name.endsWith("a sync"));
  if (slow) lines.push(goal(`${slow.contestant.name}, of the rate without`, rateOf(slow) / ours, 0.5));
  const memory = results
    .filter(({ contestant }) => contestant.kind === "ours")
    .map(({ of }) => of?.peakMiB ?? 0);
  const most = Math.max(...memory);
  lines.push(
    `${most < 150 ? "reached" : "NOT reached"}: memory of ours at these rates: ${most.toFixed(0)} MiB, aim 150 MiB`,
  );
  return lines;
}
