import type { RoundReport, Timed } from "./report.ts";

/** One round for people: a line, and below it what went wrong. Pure. */
export function roundLine(report: RoundReport): string {
  const { round, installed, failed, failures, seconds, list, one, events, faults, residentMiB } = report;
  const calls = (what: string, { calls: count, p50, p95, p99 }: Timed) =>
    `${what} ${p50.toFixed(0)}/${p95.toFixed(0)}/${p99.toFixed(0)} ms (${count})`;
  return [
    `round ${round}: ${installed} installed, ${failed} failed in ${seconds.toFixed(1)} s; p50/p95/p99 of ` +
      `${calls("the list", list)}, ${calls("a machine", one)}; ${events} events, ` +
      `${faults.length === 0 ? "in order and complete" : "NOT in order"}; daemon ${residentMiB.toFixed(0)} MiB`,
    ...[...failures, ...faults].map((line) => `    ${line}`),
  ].join("\n");
}
