import type { DebianProfile } from "../config/profiles/debian.ts";
import { macWithHyphens } from "../net/mac.ts";
import type { Templates } from "../templates/templates.ts";
import { COMMON_FEATURES } from "./feature.ts";
import type { Answer, InstallContext, Installer, LinuxPlan } from "./installer.ts";
import { type InstallView, installView } from "./view.ts";

/** Packages that every machine gets: what its users need, and what tells us that it runs. */
const PACKAGES = ["openssh-server", "sudo", "wget"];

/** The Debian installer, answered by a preseed file, with scripts at its start, before its disks and at its end. */
export function debianInstaller(templates: Templates): Installer<DebianProfile, LinuxPlan> {
  return {
    expresses: new Set([...COMMON_FEATURES, "vlan", "layout-plain", "layout-lvm", "template"]),
    firmwares: new Set(["bios", "uefi"]),
    loaders: new Set(["ipxe", "pxelinux", "grub"]),
    // With 512 MiB it stops at a question.
    minimumMemory: 1024,
    boot: (context) => bootPlan(context),
    answers: (context) => answers(context, templates),
  };
}

function answers(context: InstallContext<DebianProfile>, templates: Templates): ReadonlyMap<string, Answer> {
  const common = installView(context);
  const { mirror, suite } = context.profile;
  const report = templates.render("shared/report.sh.hbs", common);
  const view = {
    ...common,
    mirror: { ...mirror, proxy: mirror.proxy ?? null },
    suite,
    installerLocale: installerLocale(common.locale),
    installPackages: [...new Set([...PACKAGES, ...ownPackages(common), ...common.packages])],
    usersScript: templates.render("shared/users.sh.hbs", { ...common, inTarget: "in-target" }).trimEnd(),
    firstBoot: templates.render("shared/first-boot.sh.hbs", { report, root: "/target" }).trimEnd(),
    generic: templates.render("shared/generic.sh.hbs", { root: "/target" }).trimEnd(),
    rootPasswordHash: common.users.find((user) => user.name === "root")?.passwordHash ?? null,
    lib: templates.render("debian/lib.sh.hbs", common),
  };
  const names = ["preseed.cfg", "early.sh", "partman.sh", "late.sh"];
  return new Map(
    names.map((name) => [
      name,
      { contentType: "text/plain; charset=utf-8", body: templates.render(`debian/${name}.hbs`, view) },
    ]),
  );
}

/** What else this machine needs: lets Proxmox talk to it, gives clones their identity, knows tagged networks. */
function ownPackages({ guestAgent, template, network }: InstallView): readonly string[] {
  const agent = guestAgent ? ["qemu-guest-agent"] : [];
  const clones = template ? ["cloud-init"] : [];
  return [...agent, ...clones, ...(network.vlan === null ? [] : ["vlan"])];
}

/** The installer asks for a country when its locale names none (C.UTF-8), so it gets another one for itself. */
function installerLocale(locale: string): string {
  return /^(C|POSIX)(\.|$)/.test(locale) ? "en_US.UTF-8" : locale;
}

function bootPlan(context: InstallContext<DebianProfile>): LinuxPlan {
  const { host, profile } = context;
  return {
    kind: "linux",
    kernel: `media/${profile.kernel}`,
    initrd: `media/${profile.initrd}`,
    commandLine: [
      // Put off the first questions until the preseed file is here, and ask only what has no default.
      "auto=true",
      "priority=critical",
      `url=${context.attemptUrl}/answers/preseed.cfg`,
      // Of several network cards, the one that booted (pxelinux's notation: 01 is ARP hardware type Ethernet).
      "interface=auto",
      `BOOTIF=01-${macWithHyphens(host.mac)}`,
      ...networkArguments(installView(context), context.baseUrl),
      "---",
      "quiet",
    ],
  };
}

/** The network is set up before the preseed file is fetched over it, so its answers stand on the command line. */
function networkArguments(view: InstallView, baseUrl: string): readonly string[] {
  const { network } = view;
  // Not "hostname=", which newer kernels take for themselves. netcfg/hostname wins over what DHCP says.
  const names = [`netcfg/get_hostname=${view.hostname}`, `netcfg/hostname=${view.hostname}`];
  if (view.domain !== null) names.push(`netcfg/get_domain=${view.domain}`);
  // Without any name server the installer stops and asks: our own address is no name server, but it goes on, and an
  // install from a mirror or a proxy that is given by address gets through.
  // One is all that fits: the loaders disagree about blanks in an argument. late.sh knows the others.
  const own = network.static && network.vlan === null ? network.dns : [];
  const [dns = new URL(baseUrl).hostname] = own;
  const questions = [`netcfg/get_nameservers=${dns}`, "netcfg/no_default_route=true"];
  // A tagged network is the installed system's alone (late.sh): we are in the one that the machine boots from.
  if (!network.static || network.vlan !== null) return [...names, ...questions];
  return [
    ...names,
    ...questions,
    "netcfg/disable_autoconfig=true",
    `netcfg/get_ipaddress=${network.address}`,
    `netcfg/get_netmask=${network.netmask}`,
    `netcfg/get_gateway=${network.gateway ?? "none"}`,
    "netcfg/confirm_static=true",
  ];
}
