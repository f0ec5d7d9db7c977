import { writeFile } from "node:fs/promises";
import { Command } from "commander";
import { ConfigInvalid } from "../../config/config-invalid.ts";
import { loadConfig } from "../../config/load.ts";
import { BootwireError } from "../../errors.ts";
import { readAdminToken } from "../admin-client.ts";
import type { Cli } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { type ConfigOption, type JsonOption, withConfig, withExamples, withJson } from "../options.ts";

interface SeedOptions extends ConfigOption, JsonOption {
  readonly output?: string;
  readonly url?: boolean;
  readonly baseUrl?: string;
}

/** `bootwire seed`: a machine's cloud-init seed, as text, as a disc, or where the daemon serves it. */
export function seedCommand({ io, run }: Cli): Command {
  const command = withJson(withConfig(new Command("seed")))
    .summary("print or write a machine's cloud-init seed")
    .description(
      "Print the cloud-init seed (NoCloud) of an installed machine or of a clone, write it as a disc for Proxmox's cloud-init slot, or print where the daemon serves it. The seed holds password hashes: its address is a secret.",
    )
    .argument("<machine>", "name or MAC of a host")
    .option("-o, --output <file>", "write the seed as a disc (cidata.iso) to this file")
    .option("--url", "print where the daemon serves it, for ds=nocloud;s=URL")
    .option("--base-url <url>", "how the machine reaches the daemon (default: `advertise` of the config)")
    .action(async (machine: string, options: SeedOptions) =>
      run(options, async () => {
        const loaded = await loadConfig(options.config);
        if (!loaded.ok) throw new ConfigInvalid(options.config, loaded.problems);
        const secret = await readAdminToken(loaded.config.state, options.config);
        const { machineSeed } = await import("../../offline/seed.ts");
        const seed = await machineSeed(loaded.config, machine, secret, baseUrlOf(options.baseUrl));
        if (options.output !== undefined) await writeFile(options.output, seed.iso, { mode: 0o600 });
        if (options.json === true) {
          io.out(`${JSON.stringify({ url: seed.url, files: Object.fromEntries(seed.files) }, null, 2)}\n`);
        } else if (options.output !== undefined) io.out(`${options.output} holds the seed of ${machine}\n`);
        else if (options.url === true) io.out(`${seed.url}\n`);
        else io.out([...seed.files].map(([name, text]) => `==> ${name} <==\n${text}`).join("\n"));
        return EXIT.ok;
      }),
    );
  return withExamples(command, [
    "bootwire seed web-1 --output /var/lib/vz/template/iso/web-1-cidata.iso",
    "bootwire seed web-1 --url",
  ]);
}

/** Throws BW_SEED_ADDRESS for what is no base URL. */
function baseUrlOf(text: string | undefined): string | undefined {
  if (text === undefined || /^https?:\/\/[^/?#\s]+\/?$/.test(text)) return text?.replace(/\/$/, "");
  throw new BootwireError(
    "BW_SEED_ADDRESS",
    `${text} is not how a machine reaches this server`,
    "Write it like http://10.0.0.2:8080.",
  );
}
