import type { Config, HostConfig } from "../config/model.ts";
import { BootwireError } from "../errors.ts";

/** The machine that an admin means by its name or its MAC. Throws BW_MACHINE_UNKNOWN. */
export function machineNamed(config: Config, name: string): HostConfig {
  const host = config.hosts.find((one) => one.name === name || one.mac === name.toLowerCase());
  if (host) return host;
  const names = config.hosts.map((one) => one.name).join(", ");
  throw new BootwireError(
    "BW_MACHINE_UNKNOWN",
    `no machine is called ${name}`,
    names ? `The config has: ${names}.` : "The config has no hosts yet.",
  );
}
