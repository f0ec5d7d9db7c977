import { Command, Option } from "commander";
import { ConfigInvalid } from "../../config/config-invalid.ts";
import { loadConfig } from "../../config/load.ts";
import type { Cli } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { type ConfigOption, type JsonOption, withConfig, withExamples, withJson } from "../options.ts";

interface RenderOptions extends ConfigOption, JsonOption {
  readonly firmware?: "bios" | "uefi";
}

/** `bootwire render`: what a machine would be served for an install. */
export function renderCommand({ io, run }: Cli): Command {
  const command = withJson(withConfig(new Command("render")))
    .summary("print what a machine would get")
    .description(
      "Print the boot script and the answers that a machine would get for an install, from the config alone. Needs no daemon.",
    )
    .argument("<machine>", "name or MAC of a host")
    .argument("[what]", "one of its files by name; all of them without it")
    .addOption(
      new Option(
        "--firmware <kind>",
        "what the machine boots with (default: what the config says, else uefi)",
      ).choices(["bios", "uefi"]),
    )
    .action(async (machine: string, what: string | undefined, options: RenderOptions) =>
      run(options, async () => {
        const loaded = await loadConfig(options.config);
        if (!loaded.ok) throw new ConfigInvalid(options.config, loaded.problems);
        const { config } = loaded;
        const host = config.hosts.find((one) => one.name === machine || one.mac === machine.toLowerCase());
        const { renderMachine } = await import("../../offline/render.ts");
        const firmware = options.firmware ?? host?.firmware ?? "uefi";
        const files = await renderMachine(config, host?.name ?? machine, what, firmware);
        if (options.json === true) io.out(`${JSON.stringify({ files }, null, 2)}\n`);
        else if (what !== undefined) io.out(files.map((file) => file.body).join(""));
        else io.out(files.map((file) => withHeading(file.name, file.body)).join("\n"));
        return EXIT.ok;
      }),
    );
  return withExamples(command, [
    "bootwire render web-1",
    "bootwire render web-1 user-data > user-data",
    "bootwire render 52:54:00:12:34:56 --firmware bios",
  ]);
}

function withHeading(name: string, body: string): string {
  return `==> ${name} <==\n${body}${body.endsWith("\n") ? "" : "\n"}`;
}
