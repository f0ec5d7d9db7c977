import type { FaiProfile } from "../config/profiles/fai.ts";
import { mediaPath } from "../media/content-path.ts";
import { macWithHyphens } from "../net/mac.ts";
import type { Templates } from "../templates/templates.ts";
import { archiveAnswer } from "./archive.ts";
import { COMMON_FEATURES } from "./feature.ts";
import type { Answer, InstallContext, Installer, LinuxPlan } from "./installer.ts";
import { networkdFiles } from "./networkd.ts";
import type { TarEntry } from "./tar.ts";
import { installView } from "./view.ts";

/** FAI takes the name of its archive, up to the first dot, for a class. */
const CLASS = "BOOTWIRE";
const CONFIG_SPACE = `${CLASS}.tar.gz`;

/** What a bootable system needs beside FAI's base, with a name server cache set up last (`90-end`). */
const PACKAGES = ["systemd-sysv", "udev", "dbus", "openssh-server", "sudo", "curl", "ca-certificates"];

/** FAI: a Debian live system over HTTP, which reads a configuration space that is made for each machine. */
export function faiInstaller(templates: Templates): Installer<FaiProfile, LinuxPlan> {
  return {
    expresses: new Set([...COMMON_FEATURES, "vlan", "bond", "layout-plain", "template"]),
    firmwares: new Set(["bios", "uefi"]),
    loaders: new Set(["ipxe", "pxelinux", "grub"]),
    // The nfsroot lies in memory, and what it writes beside it.
    minimumMemory: 2048,
    boot: (context) => bootPlan(context),
    answers: (context) => answers(context, templates),
  };
}

function bootPlan(context: InstallContext<FaiProfile>): LinuxPlan {
  const { host, profile, baseUrl, attemptUrl } = context;
  return {
    kind: "linux",
    kernel: mediaPath(profile.kernel),
    initrd: mediaPath(profile.initrd),
    commandLine: [
      `root=live:${baseUrl}/${encodeURI(mediaPath(profile.root))}`,
      "rd.neednet=1",
      "ip=dhcp",
      `BOOTIF=01-${macWithHyphens(host.mac)}`,
      "rd.live.image",
      "rd.live.overlay.overlayfs=1",
      "FAI_ACTION=install",
      // Without one of these it would wait for a key at its end.
      `FAI_FLAGS=verbose,${profile.template ? "halt" : "reboot"}`,
      `FAI_CONFIG_SRC=${attemptUrl}/answers/${CONFIG_SPACE}`,
      `hostname=${installView(context).hostname}`,
      "console=tty0",
      "console=ttyS0,115200",
    ],
  };
}

/** The configuration space: which file is for what is FAI's own order (fai-guide, "The config space"). */
function answers(context: InstallContext<FaiProfile>, templates: Templates): ReadonlyMap<string, Answer> {
  const { profile } = context;
  const common = installView(context);
  const agent = common.guestAgent ? ["qemu-guest-agent"] : [];
  const uefi = context.firmware === "uefi";
  const scripts = {
    ...common,
    lib: templates.render("shared/installer.sh.hbs", common),
    report: templates.render("shared/report.sh.hbs", common),
  };
  const view = {
    ...scripts,
    mirror: profile.mirror,
    classes: [CLASS, ...profile.classes],
    uefi,
    grubPackage: uefi ? "grub-efi-amd64" : "grub-pc",
    basePackages: [...PACKAGES, ...agent, profile.kernelPackage],
    networkFiles: networkdFiles(common, templates, { always: true }),
    system: templates.render("shared/system.sh.hbs", scripts),
    zoneinfo: `/usr/share/zoneinfo/${common.timezone}`,
    generatedLocale: /^(C|POSIX)(\.|$)/.test(common.locale) ? null : common.locale,
  };
  const file = (path: string, template: string, permissions: number, more: object = {}): TarEntry => ({
    kind: "file",
    path,
    permissions,
    text: templates.render(`fai/${template}.hbs`, { ...view, ...more }),
  });
  const progress = (task: string, percent: number, text: string) =>
    file(`hooks/${task}.${CLASS}.sh`, "hooks/progress.sh", 0o755, { percent, text });
  return new Map([
    [
      CONFIG_SPACE,
      archiveAnswer([
        file("class/10-bootwire", "class/classes", 0o755),
        file(`class/${CLASS}.var`, "class/variables", 0o644),
        file(`disk_config/${CLASS}`, "disk_config", 0o644),
        // A configuration space without any is a fault to FAI, which would be reported as a failed install.
        file(`debconf/${CLASS}`, "debconf", 0o644),
        file(`package_config/${CLASS}`, "package_config", 0o644),
        file(`files/etc/apt/sources.list/${CLASS}`, "files/sources.list", 0o644),
        file("hooks/subroutines", "hooks/subroutines", 0o644),
        progress("partition", 10, "partitioning"),
        progress("extrbase", 20, "unpacking the base system"),
        file(`hooks/updatebase.${CLASS}.sh`, "hooks/updatebase.sh", 0o755),
        progress("instsoft", 40, "installing packages"),
        progress("configure", 80, "configuring"),
        file(`hooks/savelog.${CLASS}.sh`, "hooks/savelog.sh", 0o755),
        file(`scripts/${CLASS}/10-system`, "scripts/system", 0o755),
        file(`scripts/${CLASS}/20-users`, "scripts/users", 0o755),
        file(`scripts/${CLASS}/80-boot`, "scripts/boot", 0o755),
        file(`scripts/${CLASS}/90-end`, "scripts/end", 0o755),
      ]),
    ],
  ]);
}
