import { Command, Option } from "commander";
import {
  type ExplainQuery,
  type Explanation,
  explanationSchema,
  FIRMWARES,
  LOADERS,
  STEPS,
} from "../../api/explain.ts";
import { BootwireError } from "../../errors.ts";
import { parseMac } from "../../net/mac.ts";
import { AdminClient } from "../admin-client.ts";
import type { Cli } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { explanationText, replayText } from "../explain-text.ts";
import { type DaemonOptions, type JsonOption, withDaemon, withExamples, withJson } from "../options.ts";

interface ExplainOptions extends DaemonOptions, JsonOption, Partial<Omit<ExplainQuery, "secrets">> {
  readonly secrets?: boolean;
  readonly hex?: boolean;
  readonly offline?: boolean;
  readonly pcap?: string;
}

/** `bootwire explain`: what a machine would be answered at each step of a network boot, and why. */
export function explainCommand({ io, run }: Cli): Command {
  const command = withJson(withDaemon(new Command("explain")))
    .summary("say what a machine would be answered, and why")
    .description(
      "Follow a machine's network boot step by step: what DHCP answers, which loader it gets, its script, its answers, each with the reason. Asks the running daemon; where none runs, the config and the state as they lie there. Nothing changes. With --pcap: what the DHCP messages of a capture would have been answered.",
    )
    .argument("[machine]", "name or MAC of a machine; the MAC may be one that the config does not know")
    .addOption(
      new Option("--firmware <kind>", "what boots (default: what the config says, else uefi)").choices(
        FIRMWARES,
      ),
    )
    .addOption(
      new Option("--loader <loader>", "the loader that runs already (default: what DHCP leads to)").choices(
        LOADERS,
      ),
    )
    .addOption(new Option("--step <step>", "this step alone").choices(STEPS))
    .option("--secrets", "show tokens and hashes of passwords as they are")
    .option("--hex", "show DHCP messages as octets too")
    .option("--offline", "do not ask the daemon, though one may run")
    .option("--pcap <file>", "replay a capture (pcap or pcapng) instead")
    .action(async (machine: string | undefined, options: ExplainOptions) =>
      run(options, () => {
        if (options.pcap !== undefined) return explainCapture(options.pcap, options);
        if (machine !== undefined) return explainMachine(machine, options);
        throw new BootwireError(
          "BW_EXPLAIN_WHAT",
          "nothing was named to explain",
          "Name a machine or a MAC, or a capture with --pcap FILE.",
        );
      }),
    );
  return withExamples(command, [
    "bootwire explain web-1",
    "bootwire explain 52:54:00:12:34:56 --firmware bios --step dhcp --hex",
    "bootwire explain web-1 --step script --json | jq -r '.steps[].text'",
    "bootwire explain --pcap boot.pcap",
  ]);

  async function explainMachine(machine: string, options: ExplainOptions): Promise<ExitCode> {
    const explanation =
      options.offline === true ? await fromFiles(machine, options) : await fromDaemon(machine, options);
    if (options.json === true) io.out(`${JSON.stringify(explanation, null, 2)}\n`);
    else io.out(explanationText(io, explanation, options.hex === true));
    return EXIT.ok;
  }

  async function fromDaemon(machine: string, options: ExplainOptions): Promise<Explanation> {
    try {
      const client = await AdminClient.open(options);
      const query = new URLSearchParams({ secrets: String(options.secrets === true) });
      for (const key of ["firmware", "loader", "step"] as const) {
        const value = options[key];
        if (value !== undefined) query.set(key, value);
      }
      return await client.get(`/explain/${encodeURIComponent(machine)}?${query}`, explanationSchema);
    } catch (error) {
      if (!(error instanceof BootwireError) || error.code !== "BW_DAEMON_UNREACHABLE") throw error;
      return fromFiles(machine, options);
    }
  }

  async function fromFiles(machine: string, options: ExplainOptions): Promise<Explanation> {
    const { lookAtFiles } = await import("../../offline/explain-files.ts");
    const look = await lookAtFiles(options.config);
    try {
      const mac = look.active.byName(machine)?.mac ?? parseMac(machine);
      if (mac === undefined) throw unknown(machine, look.active.config.hosts);
      const { firmware, loader, step, secrets = false } = options;
      return await look.explainer.explain({ mac, firmware, loader, step, secrets });
    } finally {
      await look.close();
    }
  }

  async function explainCapture(path: string, options: ExplainOptions): Promise<ExitCode> {
    const { lookAtFiles } = await import("../../offline/explain-files.ts");
    const look = await lookAtFiles(options.config);
    try {
      const replayed = await look.replay(path);
      if (options.json === true) io.out(`${JSON.stringify(replayed, null, 2)}\n`);
      else io.out(replayText(io, replayed, options.hex === true));
      return EXIT.ok;
    } finally {
      await look.close();
    }
  }
}

function unknown(machine: string, hosts: readonly { readonly name: string }[]): BootwireError {
  const names = hosts.map((one) => one.name).join(", ");
  return new BootwireError(
    "BW_MACHINE_UNKNOWN",
    `no machine is called ${machine}, and it is no MAC address`,
    names ? `The config has: ${names}.` : "The config has no hosts yet.",
  );
}
