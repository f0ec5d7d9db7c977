import type { AgamaProfile } from "../config/profiles/agama.ts";
import { mediaPath } from "../media/content-path.ts";
import { macWithHyphens } from "../net/mac.ts";
import type { Templates } from "../templates/templates.ts";
import { COMMON_FEATURES } from "./feature.ts";
import type { Answer, InstallContext, Installer, LinuxPlan } from "./installer.ts";
import { jsonAnswer } from "./json-answer.ts";
import { installView } from "./view.ts";

const PACKAGES = ["openssh-server", "sudo", "curl"];

/** openSUSE Leap 16 and SLES 16: Agama, a live system that reads a JSON profile. */
export function agamaInstaller(templates: Templates): Installer<AgamaProfile, LinuxPlan> {
  return {
    expresses: new Set([...COMMON_FEATURES, "layout-plain", "layout-lvm", "layout-btrfs", "template"]),
    firmwares: new Set(["bios", "uefi"]),
    loaders: new Set(["ipxe", "pxelinux", "grub"]),
    // The whole live system is loaded into memory.
    minimumMemory: 4096,
    mediaInMemory: 1.5,
    boot: (context) => bootPlan(context),
    answers: (context) => answers(context, templates),
  };
}

function bootPlan(context: InstallContext<AgamaProfile>): LinuxPlan {
  const { host, profile, baseUrl, attemptUrl } = context;
  const { proxy } = profile.system;
  return {
    kind: "linux",
    kernel: mediaPath(profile.iso, "boot/x86_64/loader/linux"),
    initrd: mediaPath(profile.iso, "boot/x86_64/loader/initrd"),
    commandLine: [
      `root=live:${baseUrl}/${encodeURI(mediaPath(profile.iso))}`,
      "rd.neednet=1",
      "ip=dhcp",
      `BOOTIF=01-${macWithHyphens(host.mac)}`,
      `inst.auto=${attemptUrl}/answers/profile.json`,
      // It would wait for somebody to press a button.
      `inst.finish=${profile.template ? "poweroff" : "reboot"}`,
      ...(profile.repository === undefined ? [] : [`inst.install_url=${profile.repository}`]),
      ...(proxy === undefined ? [] : [`proxy=${proxy}`]),
      "console=ttyS0,115200",
      "console=tty0",
    ],
  };
}

function answers(context: InstallContext<AgamaProfile>, templates: Templates): ReadonlyMap<string, Answer> {
  const { profile } = context;
  const common = installView(context);
  const agent = common.guestAgent ? ["qemu-guest-agent"] : [];
  const scripts = {
    ...common,
    lib: templates.render("shared/installer.sh.hbs", common),
    report: templates.render("shared/report.sh.hbs", common),
  };
  const root = common.users.find((user) => user.name === "root");
  const view = {
    ...scripts,
    product: profile.product,
    patterns: profile.patterns ?? null,
    registrationCode: profile.registrationCode ?? null,
    installPackages: [...new Set([...PACKAGES, ...agent, ...common.packages])],
    rootPasswordHash: root?.passwordHash ?? null,
    rootKeys: root?.sshKeys ?? [],
    startScript: templates.render("agama/start.sh.hbs", scripts),
    systemScript: templates.render("agama/system.sh.hbs", {
      ...scripts,
      system: templates.render("shared/system.sh.hbs", scripts),
    }),
    endScript: templates.render("agama/end.sh.hbs", scripts),
  };
  return new Map([["profile.json", jsonAnswer(templates, "agama/profile.yaml.hbs", view)]]);
}
