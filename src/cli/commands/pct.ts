import { Command } from "commander";
import { ConfigInvalid } from "../../config/config-invalid.ts";
import { loadConfig } from "../../config/load.ts";
import type { Cli } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { type ConfigOption, type JsonOption, withConfig, withExamples, withJson } from "../options.ts";
import { scriptText } from "./qm.ts";

/** `bootwire pct`: how Proxmox makes a machine that is a container. */
export function pctCommand({ io, run }: Cli): Command {
  const command = withJson(withConfig(new Command("pct")))
    .summary("print how Proxmox makes a container")
    .description(
      "Print the pct commands that make a container (kind: lxc) with its reserved address. Containers share the host's kernel and cannot boot from the network. Run them on the Proxmox host. Needs no daemon.",
    )
    .argument("<machine>", "name or MAC of a host")
    .action(async (machine: string, options: ConfigOption & JsonOption) =>
      run(options, async () => {
        const loaded = await loadConfig(options.config);
        if (!loaded.ok) throw new ConfigInvalid(options.config, loaded.problems);
        const { containerScript } = await import("../../offline/guest-script.ts");
        io.out(scriptText(containerScript(loaded.config, machine), options));
        return EXIT.ok;
      }),
    );
  return withExamples(command, ["bootwire pct dns-1 | ssh root@pve sh"]);
}
