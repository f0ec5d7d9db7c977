import type { AlpineProfile } from "../config/profiles/alpine.ts";
import { mediaPath } from "../media/content-path.ts";
import { macWithHyphens } from "../net/mac.ts";
import type { Templates } from "../templates/templates.ts";
import { archiveAnswer } from "./archive.ts";
import type { Answer, InstallContext, Installer, LinuxPlan } from "./installer.ts";
import { type InstallView, installView } from "./view.ts";

/** Packages that every machine gets. */
const PACKAGES = ["sudo", "curl"];
/** The overlay that turns the live system into our installer; its name is the end of a URL that the kernel is given. */
const OVERLAY = "bootwire.apkovl.tar.gz";

/** Alpine Linux: a live system from memory, whose overlay brings answers for setup-alpine and a script that runs it. */
export function alpineInstaller(templates: Templates): Installer<AlpineProfile, LinuxPlan> {
  return {
    expresses: new Set([
      "domain",
      "timezone",
      "keyboard",
      "users",
      "user-password",
      "ssh-keys",
      "packages",
      "proxy",
      "commands",
      "disk",
      "static",
      "layout-plain",
      "template",
    ]),
    firmwares: new Set(["bios", "uefi"]),
    loaders: new Set(["ipxe", "pxelinux", "grub"]),
    minimumMemory: 512,
    boot: (context) => bootPlan(context),
    answers: (context) => answers(context, templates),
  };
}

function bootPlan({ host, profile, baseUrl, attemptUrl }: InstallContext<AlpineProfile>): LinuxPlan {
  return {
    kind: "linux",
    kernel: mediaPath(profile.kernel),
    initrd: mediaPath(profile.initrd),
    commandLine: [
      "ip=dhcp",
      `BOOTIF=01-${macWithHyphens(host.mac)}`,
      `alpine_repo=${profile.mirror}/${profile.release}/main`,
      `modloop=${baseUrl}/${encodeURI(mediaPath(profile.modloop))}`,
      `apkovl=${attemptUrl}/answers/${OVERLAY}`,
      "modules=loop,squashfs,sd-mod,virtio_net",
      "console=ttyS0,115200",
      "console=tty0",
    ],
  };
}

function answers(context: InstallContext<AlpineProfile>, templates: Templates): ReadonlyMap<string, Answer> {
  const { profile } = context;
  const common = installView(context);
  const agent = common.guestAgent ? ["qemu-guest-agent"] : [];
  const lib = {
    ...common,
    lib: templates.render("shared/installer.sh.hbs", common),
    report: templates.render("shared/report.sh.hbs", common),
    // setup-keymap wants a layout and a variant, which has the layout's name where there is none.
    hasRoot: common.users.some((user) => user.name === "root"),
    keymap: [common.keyboard.split("-")[0] ?? common.keyboard, common.keyboard],
    dnsOptions: dnsOptions(common),
    repositories: ["main", "community"]
      .map((part) => `${profile.mirror}/${profile.release}/${part}`)
      .join(" "),
    installPackages: [...new Set([...PACKAGES, ...agent, ...common.packages])],
  };
  const script = templates.render("alpine/install.sh.hbs", {
    ...lib,
    system: templates.render("alpine/system.sh.hbs", lib),
  });
  const file = (path: string, permissions: number, text: string) =>
    ({ kind: "file", path, permissions, text }) as const;
  const overlay = archiveAnswer([
    file("etc/hostname", 0o644, `${common.hostname}\n`),
    file("etc/network/interfaces", 0o644, templates.render("alpine/live-interfaces.hbs", common)),
    // Present: the live system is to start what it starts without an overlay.
    file("etc/.default_boot_services", 0o644, ""),
    file("etc/apk/world", 0o644, "alpine-base\n"),
    file("etc/bootwire/answers", 0o600, templates.render("alpine/answers.hbs", lib)),
    file("etc/local.d/bootwire.start", 0o755, script),
    { kind: "link", path: "etc/runlevels/default/local", target: "/etc/init.d/local" },
  ]);
  return new Map([[OVERLAY, overlay]]);
}

/** What setup-dns takes: the domain, then the servers. */
function dnsOptions({ network, domain }: InstallView): string {
  const servers = network.static ? network.dns : [];
  return [...(domain === null ? [] : ["-d", domain]), ...servers].join(" ");
}
