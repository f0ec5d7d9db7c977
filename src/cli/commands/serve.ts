import path from "node:path";
import { Command, Option } from "commander";
import { isLogLevel, LOG_LEVELS } from "../../log.ts";
import type { Cli } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { type ConfigOption, type JsonOption, withConfig, withExamples } from "../options.ts";

interface ServeOptions extends ConfigOption, JsonOption {
  readonly log: string;
}

/** `bootwire serve`: the daemon itself, in the foreground. */
export function serveCommand({ io, run }: Cli): Command {
  const command = withConfig(new Command("serve"))
    .summary("run the daemon")
    .description(
      "Serve DHCP, TFTP and HTTP as the config says, until SIGINT or SIGTERM. SIGHUP reads the config again.",
    )
    .addOption(new Option("--log <level>", "how much to log").choices(LOG_LEVELS).default("info"))
    .option("--json", "log JSON, one event a line (the default where the output is no terminal)")
    .action(async (options: ServeOptions) =>
      run(options, async () => {
        const { runDaemon } = await import("../../daemon/daemon.ts");
        const code = await runDaemon({
          configPath: path.resolve(options.config),
          logLevel: isLogLevel(options.log) ? options.log : "info",
          pretty: io.terminal && options.json !== true,
        });
        return code === 0 ? EXIT.ok : EXIT.failed;
      }),
    );
  return withExamples(command, [
    "bootwire serve --config /etc/bootwire/bootwire.yaml",
    "bootwire serve --log debug",
  ]);
}
