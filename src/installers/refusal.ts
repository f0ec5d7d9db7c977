import { BootwireError } from "../errors.ts";
import type { Feature } from "./feature.ts";
import type { InstallContext, Installer } from "./installer.ts";
import { usedFeatures } from "./used-features.ts";

/**
 * What stands against installing this machine in this way, by the config alone: `check` says it, and a boot is held for
 * it, so that nothing that an admin wrote is dropped in silence. `undefined`: nothing.
 */
export function refusalOf(installer: Installer, context: InstallContext): BootwireError | undefined {
  const { host, profile, firmware } = context;
  const what = `installer ${profile.installer} (profile ${profile.name})`;
  const lacking = usedFeatures(context).filter(({ feature }) => !installer.expresses.has(feature));
  if (lacking.length > 0) {
    const words = lacking.map((used) => used.words).join("; ");
    return new BootwireError(
      "BW_INSTALLER_CANNOT",
      `${what} has no way to give ${host.name} this: ${words}`,
      hintFor(lacking.map((used) => used.feature)),
    );
  }
  if (!installer.firmwares.has(firmware)) {
    return new BootwireError(
      "BW_INSTALLER_FIRMWARE",
      `${what} does not work on ${firmware === "uefi" ? "UEFI" : "BIOS"} firmware, which ${host.name} has`,
      `Give the VM ${firmware === "uefi" ? "SeaBIOS" : "OVMF"}, or the machine another profile.`,
    );
  }
  if (!installer.loaders.has(profile.loader)) {
    return new BootwireError(
      "BW_INSTALLER_LOADER",
      `${what} cannot be started by loader ${profile.loader}`,
      `Write loader: ${[...installer.loaders].join(" or ")}.`,
    );
  }
  if (profile.template && profile.system.network.kind === "static") {
    return new BootwireError(
      "BW_INSTALLER_CANNOT",
      `${what} makes a golden image, but ${host.name} has a static address, which every clone would have`,
      "Take `network: static` away: the clones get their addresses by cloud-init or DHCP.",
    );
  }
  return installer.obstacle?.(context);
}

function hintFor(features: readonly Feature[]): string {
  if (features.includes("template")) return "Golden images are for other installers: take template away.";
  return "Take it away for this machine, do it with runCommands or a template of your own, or use another installer.";
}
