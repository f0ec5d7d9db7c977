import type { CoreosProfile } from "../config/profiles/coreos.ts";
import { mediaPath } from "../media/content-path.ts";
import { macWithHyphens } from "../net/mac.ts";
import type { Templates } from "../templates/templates.ts";
import { IGNITION_FEATURES, ignitionAnswers } from "./ignition.ts";
import type { InstallContext, Installer, LinuxPlan } from "./installer.ts";

/** Fedora CoreOS: its live system runs from memory, and a unit of its Ignition config writes the disk. */
export function coreosInstaller(templates: Templates): Installer<CoreosProfile, LinuxPlan> {
  return {
    expresses: new Set(IGNITION_FEATURES),
    firmwares: new Set(["bios", "uefi"]),
    loaders: new Set(["ipxe", "pxelinux", "grub"]),
    // The live root file system, with the disk image in it, lies in memory.
    minimumMemory: 3072,
    boot: (context) => bootPlan(context),
    answers: (context) => ignitionAnswers(context, templates, "coreos", {}),
  };
}

function bootPlan({ host, profile, baseUrl, attemptUrl }: InstallContext<CoreosProfile>): LinuxPlan {
  return {
    kind: "linux",
    kernel: mediaPath(profile.kernel),
    initrd: mediaPath(profile.initrd),
    commandLine: [
      `coreos.live.rootfs_url=${baseUrl}/${encodeURI(mediaPath(profile.rootfs))}`,
      "ignition.firstboot",
      "ignition.platform.id=metal",
      `ignition.config.url=${attemptUrl}/answers/live.ign`,
      "rd.neednet=1",
      "ip=dhcp",
      `BOOTIF=01-${macWithHyphens(host.mac)}`,
      "console=ttyS0,115200",
      "console=tty0",
    ],
  };
}
