import type { Config, HostConfig } from "../config/model.ts";
import { installerFor } from "../installers/registry.ts";
import type { ProxmoxScript } from "../proxmox/command.ts";
import { pctScript } from "../proxmox/pct.ts";
import { qmScript } from "../proxmox/qm.ts";
import { builtInTemplates, loadTemplates } from "../templates/templates.ts";
import { machineNamed } from "./machine-named.ts";

/** MiB that a VM has at least where the config does not say how much. */
const LEAST_MEMORY = 2048;

/** How Proxmox makes a machine's VM or clone. Throws BW_MACHINE_UNKNOWN, BW_GUEST. */
export async function vmScript(
  config: Config,
  machineName: string,
  seed: string | undefined,
): Promise<ProxmoxScript> {
  const host = machineNamed(config, machineName);
  const needed = await installerMemory(config, host);
  const windows = isWindows(host);
  return qmScript(host, {
    firmware: host.firmware ?? (windows || host.profile?.loader === "grub" ? "uefi" : "bios"),
    memory: Math.max(LEAST_MEMORY, needed),
    windows,
    seed,
  });
}

/** How Proxmox makes a machine's container. Throws BW_MACHINE_UNKNOWN, BW_GUEST. */
export function containerScript(config: Config, machineName: string): ProxmoxScript {
  return pctScript(machineNamed(config, machineName));
}

async function installerMemory(config: Config, { profile }: HostConfig): Promise<number> {
  if (!profile) return 0;
  const templates = await loadTemplates(builtInTemplates(), config.templates);
  return installerFor(profile, templates).minimumMemory;
}

function isWindows({ profile, guest }: HostConfig): boolean {
  const installer: string | undefined = profile?.installer;
  return installer === "windows" || (guest.osType?.startsWith("win") ?? false);
}
