import { Command } from "commander";
import { ConfigInvalid } from "../../config/config-invalid.ts";
import { loadConfig } from "../../config/load.ts";
import { type ProxmoxScript, shellText } from "../../proxmox/command.ts";
import type { Cli } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { type ConfigOption, type JsonOption, withConfig, withExamples, withJson } from "../options.ts";

interface QmOptions extends ConfigOption, JsonOption {
  readonly seed?: string;
}

/** `bootwire qm`: how Proxmox makes a machine's VM, or its clone of a template. */
export function qmCommand({ io, run }: Cli): Command {
  const command = withJson(withConfig(new Command("qm")))
    .summary("print how Proxmox makes a machine's VM")
    .description(
      "Print the qm commands that make a machine's VM, with everything that network boot needs, or its clone of a template (kind: clone) with its cloud-init settings. Run them on the Proxmox host. Needs no daemon.",
    )
    .argument("<machine>", "name or MAC of a host")
    .option("--seed <volume>", "attach this seed, made by `bootwire seed`, instead of Proxmox's own drive")
    .action(async (machine: string, options: QmOptions) =>
      run(options, async () => {
        const loaded = await loadConfig(options.config);
        if (!loaded.ok) throw new ConfigInvalid(options.config, loaded.problems);
        const { vmScript } = await import("../../offline/guest-script.ts");
        io.out(scriptText(await vmScript(loaded.config, machine, options.seed), options));
        return EXIT.ok;
      }),
    );
  return withExamples(command, [
    "bootwire qm web-1 | ssh root@pve sh",
    "bootwire qm web-1 --seed local:iso/web-1-cidata.iso",
  ]);
}

/** For a shell, or for scripts of another kind. */
export function scriptText(script: ProxmoxScript, { json }: JsonOption): string {
  return json === true ? `${JSON.stringify(script, null, 2)}\n` : shellText(script);
}
