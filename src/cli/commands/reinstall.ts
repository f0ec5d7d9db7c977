import { Command } from "commander";
import { machineSchema } from "../../api/machines.ts";
import { AdminClient } from "../admin-client.ts";
import type { Cli } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { type DaemonOptions, type JsonOption, withDaemon, withExamples, withJson } from "../options.ts";

/** `bootwire reinstall`: arms a machine again. */
export function reinstallCommand({ io, run }: Cli): Command {
  const command = withJson(withDaemon(new Command("reinstall")))
    .summary("install a machine again, wiping its disk")
    .description(
      "Arm a machine: its next network boot installs its profile and WIPES ITS DISK. An install under way is cancelled.",
    )
    .argument("<machine>", "name of a host")
    .action(async (name: string, options: DaemonOptions & JsonOption) =>
      run(options, async () => {
        const client = await AdminClient.open(options);
        const machine = await client.post(`/machines/${encodeURIComponent(name)}/reinstall`, machineSchema);
        if (options.json === true) io.out(`${JSON.stringify(machine, null, 2)}\n`);
        else if (machine.next === "install") {
          io.out(
            `${machine.name} is armed: its next network boot installs ${machine.profile ?? "it"} and wipes its disk.\n`,
          );
        } else
          io.out(`${machine.name} is ${machine.state}, and its next network boot gets: ${machine.reason}\n`);
        return EXIT.ok;
      }),
    );
  return withExamples(command, ["bootwire reinstall web-1"]);
}
