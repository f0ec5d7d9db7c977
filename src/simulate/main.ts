import { CannotMeasure, numberOptions } from "../bench/common.ts";
import { roundLine } from "./round-text.ts";
import { simulate } from "./simulate.ts";

// `npm run simulate -- --machines 500`: machines that boot, install and report, as far as a boot server can see.

// An exit, not the end by the signal: then the lab takes its namespaces away.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
try {
  const options = numberOptions(process.argv.slice(2), { machines: 100, rounds: 1, together: 50 });
  const reports = await simulate({ ...options, onRound: (report) => console.log(roundLine(report)) });
  const isWell = reports.every(({ failed, faults }) => failed === 0 && faults.length === 0);
  process.exitCode = isWell ? 0 : 1;
} catch (error) {
  if (!(error instanceof CannotMeasure)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
