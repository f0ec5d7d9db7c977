import type { KickstartProfile } from "../config/profiles/kickstart.ts";
import { BootwireError } from "../errors.ts";
import { mediaPath } from "../media/content-path.ts";
import { macWithHyphens } from "../net/mac.ts";
import type { Templates } from "../templates/templates.ts";
import { COMMON_FEATURES } from "./feature.ts";
import type { Answer, InstallContext, Installer, LinuxPlan } from "./installer.ts";
import { type InstallView, installView } from "./view.ts";

/** Anaconda (RHEL and its kin, Fedora), answered by a kickstart file; its scripts tell how it gets on. */
export function kickstartInstaller(templates: Templates): Installer<KickstartProfile, LinuxPlan> {
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
    minimumMemory: 3072,
    memoryOf: ({ profile }) => (profile.family === "rhel10" ? 4096 : 3072),
    obstacle,
    boot: (context) => bootPlan(context),
    answers: (context) => answers(context, templates),
  };
}

function obstacle({ profile, host }: InstallContext<KickstartProfile>): BootwireError | undefined {
  const { layout, packages } = profile.system;
  if (layout === "btrfs" && isRhel(profile)) {
    return new BootwireError(
      "BW_INSTALLER_CANNOT",
      `profile ${profile.name} wants btrfs for ${host.name}, which ${profile.family} does not have`,
      "Write layout: plain or lvm.",
    );
  }
  // %packages is a list of lines, and what begins with a percent sign begins or ends a section.
  const section = packages.find((name) => name.startsWith("%"));
  if (section === undefined) return undefined;
  return new BootwireError(
    "BW_INSTALLER_CANNOT",
    `${section} is no name of a package`,
    "Packages are written by name, groups with @ before theirs, and what to leave out with a hyphen.",
  );
}

function isRhel(profile: KickstartProfile): boolean {
  return profile.family.startsWith("rhel");
}

function bootPlan(context: InstallContext<KickstartProfile>): LinuxPlan {
  const { tree } = context.profile;
  return {
    kind: "linux",
    kernel: mediaPath(tree, "images/pxeboot/vmlinuz"),
    initrd: mediaPath(tree, "images/pxeboot/initrd.img"),
    commandLine: [
      `inst.stage2=${context.baseUrl}/${mediaPath(tree)}`,
      `inst.ks=${context.attemptUrl}/answers/ks.cfg`,
      "inst.ks.sendmac",
      "ip=dhcp",
      // Of several network cards, the one that booted.
      `BOOTIF=01-${macWithHyphens(context.host.mac)}`,
      "inst.text",
      "inst.cmdline",
    ],
  };
}

function answers(
  context: InstallContext<KickstartProfile>,
  templates: Templates,
): ReadonlyMap<string, Answer> {
  const common = installView(context);
  const { tree, url } = context.profile;
  const isOwnTree = url === undefined;
  const agent = common.guestAgent ? ["qemu-guest-agent"] : [];
  const clones = common.template ? ["cloud-init"] : [];
  const view = {
    ...common,
    isRhel: isRhel(context.profile),
    // Anaconda knows no C.UTF-8.
    lang: /^(C|POSIX)(\.|$)/.test(common.locale) ? "en_US.UTF-8" : common.locale,
    sourceUrl: url ?? `${context.baseUrl}/${mediaPath(tree)}`,
    // Our own tree is near.
    sourceProxy: isOwnTree ? null : common.proxy,
    networkOptions: networkOptions(common),
    rootPasswordHash: common.users.find((user) => user.name === "root")?.passwordHash ?? null,
    services: ["sshd", ...agent],
    installPackages: [...new Set(["openssh-server", ...agent, ...clones, ...common.packages])],
  };
  const lib = templates.render("kickstart/lib.sh.hbs", common);
  const report = templates.render("shared/report.sh.hbs", common);
  const firstBoot = templates.render("shared/first-boot.sh.hbs", { report, root: "" });
  const generic = templates.render("shared/generic.sh.hbs", { root: "" });
  const pre = templates.render("kickstart/pre.sh.hbs", { ...view, lib }).trimEnd();
  const post = templates.render("kickstart/post.sh.hbs", { ...view, lib, firstBoot, generic }).trimEnd();
  const body = templates.render("kickstart/ks.cfg.hbs", { ...view, lib: lib.trimEnd(), pre, post });
  return new Map([["ks.cfg", { contentType: "text/plain; charset=utf-8", body }]]);
}

/** What the `network` command says of the address, and of a VLAN below it; never of the card. */
function networkOptions({ network }: InstallView): string {
  const words = network.static
    ? [
        "--bootproto=static",
        `--ip=${network.address}`,
        `--netmask=${network.netmask}`,
        ...(network.gateway === null ? [] : [`--gateway=${network.gateway}`]),
        ...(network.dns.length === 0 ? ["--nodns"] : [`--nameserver=${network.dns.join(",")}`]),
      ]
    : ["--bootproto=dhcp"];
  const vlan =
    network.vlan === null ? [] : [`--vlanid=${network.vlan}`, `--interfacename=vlan${network.vlan}`];
  // Not in the installer, which would lose its way to us where only the boot network leads there.
  return [...words, ...vlan, "--onboot=yes", "--no-activate"].join(" ");
}
