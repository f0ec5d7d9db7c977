import type { FlatcarProfile } from "../config/profiles/flatcar.ts";
import { mediaPath } from "../media/content-path.ts";
import { macWithHyphens } from "../net/mac.ts";
import type { Templates } from "../templates/templates.ts";
import { IGNITION_FEATURES, ignitionAnswers } from "./ignition.ts";
import type { InstallContext, Installer, LinuxPlan } from "./installer.ts";

/** Flatcar Container Linux: it runs from memory, and a unit of its Ignition config writes the disk. */
export function flatcarInstaller(templates: Templates): Installer<FlatcarProfile, LinuxPlan> {
  return {
    expresses: new Set(IGNITION_FEATURES),
    firmwares: new Set(["bios", "uefi"]),
    loaders: new Set(["ipxe", "pxelinux", "grub"]),
    minimumMemory: 2048,
    boot: (context) => bootPlan(context),
    answers: (context) => {
      const image = `${context.baseUrl}/${encodeURI(mediaPath(context.profile.image))}`;
      return ignitionAnswers(context, templates, "flatcar", { image, packed: image.endsWith(".bz2") });
    },
  };
}

function bootPlan({ host, profile, attemptUrl }: InstallContext<FlatcarProfile>): LinuxPlan {
  return {
    kind: "linux",
    kernel: mediaPath(profile.kernel),
    initrd: mediaPath(profile.initrd),
    commandLine: [
      "flatcar.first_boot=1",
      `ignition.config.url=${attemptUrl}/answers/live.ign`,
      `BOOTIF=01-${macWithHyphens(host.mac)}`,
      "console=ttyS0,115200",
      "console=tty0",
    ],
  };
}
