import { Command } from "commander";
import { machineSchema } from "../../api/machines.ts";
import { AdminClient } from "../admin-client.ts";
import type { Cli } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { type DaemonOptions, type JsonOption, withDaemon, withExamples, withJson } from "../options.ts";

/** `bootwire local`: a machine boots from its own disk from now on. */
export function localCommand({ io, run }: Cli): Command {
  const command = withJson(withDaemon(new Command("local")))
    .summary("send a machine to its own disk")
    .description(
      "Send a machine to its own disk from now on, as if it were installed. An install under way is cancelled; nothing is installed again before `bootwire reinstall`.",
    )
    .argument("<machine>", "name of a host")
    .action(async (name: string, options: DaemonOptions & JsonOption) =>
      run(options, async () => {
        const client = await AdminClient.open(options);
        const machine = await client.post(`/machines/${encodeURIComponent(name)}/local`, machineSchema);
        if (options.json === true) io.out(`${JSON.stringify(machine, null, 2)}\n`);
        else io.out(`${machine.name} boots from its own disk from now on.\n`);
        return EXIT.ok;
      }),
    );
  return withExamples(command, ["bootwire local web-1"]);
}
