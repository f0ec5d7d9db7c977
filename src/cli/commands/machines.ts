import { Command } from "commander";
import { machinesSchema } from "../../api/machines.ts";
import { statusSchema } from "../../api/status.ts";
import { AdminClient } from "../admin-client.ts";
import type { Cli } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { machineTable } from "../machine-text.ts";
import { type DaemonOptions, type JsonOption, withDaemon, withExamples, withJson } from "../options.ts";

/** `bootwire machines`: the state of every machine, as the running daemon knows it. */
export function machinesCommand({ io, run }: Cli): Command {
  const command = withJson(withDaemon(new Command("machines")))
    .summary("list the machines and their states")
    .description(
      "List the machines of the config: state, install under way, what their next network boot gets and why.",
    )
    .action(async (options: DaemonOptions & JsonOption) =>
      run(options, async () => {
        const client = await AdminClient.open(options);
        const { machines } = await client.get("/machines", machinesSchema);
        if (options.json === true) {
          io.out(`${JSON.stringify({ machines }, null, 2)}\n`);
          return EXIT.ok;
        }
        const { guarded } = await client.get("/status", statusSchema);
        if (guarded) {
          io.err(
            "The state was found lost: nothing is installed until you decide (`bootwire init`: a new lab).\n",
          );
        }
        io.out(machines.length === 0 ? "No machines in the config.\n" : machineTable(io, machines));
        return EXIT.ok;
      }),
    );
  return withExamples(command, [
    "bootwire machines",
    "bootwire machines --json | jq -r '.machines[] | select(.state == \"failed\") | .name'",
  ]);
}
