import type { AutoyastProfile } from "../config/profiles/autoyast.ts";
import { mediaPath } from "../media/content-path.ts";
import { macWithHyphens } from "../net/mac.ts";
import type { Templates } from "../templates/templates.ts";
import { COMMON_FEATURES } from "./feature.ts";
import type { Answer, InstallContext, Installer, LinuxPlan } from "./installer.ts";
import { installView } from "./view.ts";

/** Packages that every machine gets beside its patterns. */
const PACKAGES = ["openssh", "sudo", "curl"];

/** openSUSE Leap 15 and SLES 15: YaST, answered by an AutoYaST profile, with scripts before its disks and at its end. */
export function autoyastInstaller(templates: Templates): Installer<AutoyastProfile, LinuxPlan> {
  return {
    expresses: new Set([
      ...COMMON_FEATURES,
      "vlan",
      "bond",
      "layout-plain",
      "layout-lvm",
      "layout-btrfs",
      "template",
    ]),
    firmwares: new Set(["bios", "uefi"]),
    loaders: new Set(["ipxe", "pxelinux", "grub"]),
    // The installation system lies in memory.
    minimumMemory: 2048,
    boot: (context) => bootPlan(context),
    answers: (context) => answers(context, templates),
  };
}

function bootPlan(context: InstallContext<AutoyastProfile>): LinuxPlan {
  const { host, profile, baseUrl, attemptUrl } = context;
  const { proxy } = profile.system;
  return {
    kind: "linux",
    kernel: mediaPath(profile.iso, "boot/x86_64/loader/linux"),
    initrd: mediaPath(profile.iso, "boot/x86_64/loader/initrd"),
    commandLine: [
      `install=${baseUrl}/${encodeURI(mediaPath(profile.iso))}/`,
      `autoyast=${attemptUrl}/answers/autoinst.xml`,
      // pxelinux's form of "the interface that booted": 01 is ARP hardware type Ethernet.
      `BOOTIF=01-${macWithHyphens(host.mac)}`,
      ...(proxy === undefined ? [] : [`proxy=${proxy}`]),
      "textmode=1",
      "console=ttyS0,115200",
      "console=tty0",
    ],
  };
}

function answers(
  context: InstallContext<AutoyastProfile>,
  templates: Templates,
): ReadonlyMap<string, Answer> {
  const { profile } = context;
  const common = installView(context);
  const agent = common.guestAgent ? ["qemu-guest-agent"] : [];
  const { macs, bond, vlan } = common.network;
  const base = bond === null ? "eth0" : "bond0";
  const scripts = {
    ...common,
    lib: templates.render("shared/installer.sh.hbs", common),
    report: templates.render("shared/report.sh.hbs", common),
  };
  const system = templates.render("shared/system.sh.hbs", scripts);
  const view = {
    ...scripts,
    product: profile.product,
    patterns: profile.patterns,
    registrationCode: profile.registrationCode ?? null,
    installPackages: [...new Set([...PACKAGES, ...agent, ...common.packages])],
    // YaST knows languages without their character set.
    language: common.locale.replace(/[.@].*$/, "").replace(/^(C|POSIX)$/, "en_US"),
    cards: macs.map((mac, index) => ({ device: `eth${index}`, mac })),
    /** What carries the address. */
    link: vlan === null ? base : `${base}.${vlan}`,
    base,
    preScript: templates.render("autoyast/pre.sh.hbs", scripts),
    endScript: templates.render("autoyast/end.sh.hbs", { ...scripts, system }),
  };
  const body = templates.render("autoyast/autoinst.xml.hbs", view);
  return new Map([["autoinst.xml", { contentType: "application/xml; charset=utf-8", body }]]);
}
