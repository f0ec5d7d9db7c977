import { seedToken } from "../boot/seed-tokens.ts";
import type { Config } from "../config/model.ts";
import { BootwireError } from "../errors.ts";
import { noCloudSeed } from "../installers/nocloud.ts";
import { cidataIso } from "../media/cidata.ts";
import { formatIpv4 } from "../net/ipv4.ts";
import { builtInTemplates, loadTemplates } from "../templates/templates.ts";
import { machineNamed } from "./machine-named.ts";

/** A machine's cloud-init seed, made without a daemon. */
export interface Seed {
  /** Where the daemon serves it: `http://10.0.0.1:8080/nocloud/<token>/`, with the slash that cloud-init wants. */
  readonly url: string;
  readonly files: ReadonlyMap<string, string>;
  readonly iso: Buffer;
}

/**
 * Makes a machine's seed. `secret`: the daemon's (its admin token); `baseUrl`: how the machine reaches the daemon, where
 * the config does not say it (`advertise`). Throws BW_MACHINE_UNKNOWN, BW_SEED_ADDRESS.
 */
export async function machineSeed(
  config: Config,
  machineName: string,
  secret: string,
  baseUrl = advertisedUrl(config),
): Promise<Seed> {
  const host = machineNamed(config, machineName);
  const seedUrl = `${baseUrl}/nocloud/${seedToken(secret, host)}`;
  const templates = await loadTemplates(builtInTemplates(), config.templates);
  const answers = noCloudSeed(host, { baseUrl, seedUrl }, templates);
  const files = new Map([...answers].map(([name, answer]) => [name, answer.body]));
  return { url: `${seedUrl}/`, files, iso: cidataIso(files) };
}

function advertisedUrl({ advertise, http }: Config): string {
  if (advertise !== undefined) return `http://${formatIpv4(advertise)}:${http.port}`;
  throw new BootwireError(
    "BW_SEED_ADDRESS",
    "nothing says at which address the machine reaches this server",
    "Write --base-url http://10.0.0.2:8080, or `advertise:` in the config.",
  );
}
