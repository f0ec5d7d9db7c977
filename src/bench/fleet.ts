import { roundLine } from "../simulate/round-text.ts";
import { simulate } from "../simulate/simulate.ts";
import { median, numberOptions } from "./common.ts";

/** p95 of an admin's call, in milliseconds. */
const RESPONSIVE = 100;
/** How much the daemon may have grown between rounds 3–5 and the last three. */
const FLAT = 1.1;

/**
 * `npm run bench -- fleet`: rounds of installs, with an admin who looks on. The first two rounds fill caches and heap;
 * memory counts as flat when the median of the last three is within 10 % of that of rounds 3 to 5.
 */
export async function bench(args: readonly string[]): Promise<void> {
  const options = numberOptions(args, { machines: 500, rounds: 10, together: 50 });
  console.log(`Fleet: ${options.machines} machines, ${options.together} at a time, ${options.rounds} rounds`);
  const reports = await simulate({ ...options, onRound: (report) => console.log(`  ${roundLine(report)}`) });
  const worst = Math.max(...reports.flatMap(({ list, one }) => [list.p95, one.p95]));
  const memory = reports.map(({ residentMiB }) => residentMiB);
  const verdicts = [
    verdict(
      reports.every(({ failed }) => failed === 0),
      "every machine is installed, once",
    ),
    verdict(
      worst < RESPONSIVE,
      `p95 of an API call ${worst.toFixed(0)} ms, at most ${RESPONSIVE} in each round`,
    ),
    verdict(
      reports.every(({ faults }) => faults.length === 0),
      "events in order and complete",
    ),
  ];
  if (memory.length >= 6) {
    const growth = median(memory.slice(-3)) / median(memory.slice(2, 5));
    verdicts.push(
      verdict(growth <= FLAT, `memory flat: ${growth.toFixed(2)}× from rounds 3–5 to the last three`),
    );
  }
  console.log(`\n${verdicts.join("\n")}`);
}

function verdict(isMet: boolean, what: string): string {
  return `${isMet ? "met    " : "NOT MET"}  ${what}`;
}
