import { cpus } from "node:os";
import { CannotMeasure } from "./common.ts";

// `npm run bench [tftp|dhcp|http|fleet] [-- options]`: our figures beside those of others, measured in the same run.

const benches: Readonly<Record<string, () => Promise<{ bench(args: readonly string[]): Promise<void> }>>> = {
  dhcp: () => import("./dhcp.ts"),
  fleet: () => import("./fleet.ts"),
  http: () => import("./http.ts"),
  tftp: () => import("./tftp.ts"),
};

// An exit, not the end by the signal: then the labs take their namespaces away.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

const [name, ...args] = process.argv.slice(2);
const chosen = name === undefined ? Object.keys(benches) : [name];
const unknown = chosen.find((one) => !(one in benches));
if (unknown !== undefined) {
  console.error(`There is no benchmark called ${unknown}; there are: ${Object.keys(benches).join(", ")}.`);
  process.exitCode = 2;
} else {
  const processors = cpus();
  console.log(
    `${processors.length} × ${processors[0]?.model ?? "unknown processor"}, Node ${process.versions.node}\n`,
  );
  try {
    for (const one of chosen) {
      const module = await benches[one]?.();
      await module?.bench(args);
      console.log("");
    }
  } catch (error) {
    if (!(error instanceof CannotMeasure)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
