import type { ProxmoxProfile } from "../config/profiles/proxmox.ts";
import { BootwireError } from "../errors.ts";
import { joinPath, mediaPath, proxmoxIsoPath } from "../media/content-path.ts";
import type { Templates } from "../templates/templates.ts";
import type { Answer, InstallContext, Installer, LinuxPlan } from "./installer.ts";
import { proxmoxCallback } from "./proxmox-hook.ts";
import { countryOf, proxmoxKeyboard, proxmoxTimezone } from "./proxmox-terms.ts";
import { installView } from "./view.ts";

/** The answer file's name below `/answers/`; the installer asks for it by POST. */
export const PROXMOX_ANSWER = "answer.toml";

/**
 * Proxmox VE's own installer. It runs from the whole ISO in memory and asks for its answers by POST; packages and
 * commands are left to a script that the installed system runs at its first boot.
 */
export function proxmoxInstaller(templates: Templates): Installer<ProxmoxProfile, LinuxPlan> {
  return {
    expresses: new Set([
      "domain",
      "timezone",
      "locale",
      "keyboard",
      "user-password",
      "ssh-keys",
      "packages",
      "proxy",
      "commands",
      "disk",
      "static",
      "layout-lvm",
      "layout-btrfs",
      "layout-zfs",
    ]),
    firmwares: new Set(["bios", "uefi"]),
    loaders: new Set(["ipxe", "pxelinux", "grub"]),
    // With 4 GiB it fails, with 8 it works.
    minimumMemory: 8192,
    obstacle,
    boot: (context) => bootPlan(context),
    answers: (context) => answers(context, templates),
    callback: proxmoxCallback,
  };
}

function obstacle(context: InstallContext<ProxmoxProfile>): BootwireError | undefined {
  const { host, profile } = context;
  const { system } = profile;
  const lacks = (what: string, hint: string) =>
    new BootwireError("BW_INSTALLER_NEEDS", `installer proxmox (profile ${profile.name}) ${what}`, hint);
  if (system.users.every((user) => user.name !== "root" || user.passwordHash === undefined)) {
    return lacks(
      `wants a password of root for ${host.name}`,
      "Add to users: {name: root, passwordHash: '…'}, with what `mkpasswd -m sha-512` prints.",
    );
  }
  if (installView(context).domain === null) {
    return lacks(
      `wants a domain for ${host.name}, whose name it takes only with one`,
      "Write domain: lab.example.org.",
    );
  }
  if (proxmoxKeyboard(system.keyboard, system.locale) === undefined) {
    return lacks(`has no keyboard ${system.keyboard}`, "Write another keyboard, like us, gb, de or fr.");
  }
  if (proxmoxTimezone(system.timezone) === undefined) {
    return lacks(`has no time zone ${system.timezone}`, "Write UTC, or that of a place, like Europe/Berlin.");
  }
  if (disksOf(context).length === 0 && profile.diskFilter === undefined) {
    return lacks(
      `has to be told the disk of ${host.name}`,
      "Write disk: /dev/sda at the machine, disks: with several, or a diskFilter.",
    );
  }
  const { network } = system;
  if (network.kind === "static" && (network.gateway === undefined || network.dns.length === 0)) {
    return lacks(
      `wants a gateway and a name server with the static address of ${host.name}`,
      "Give the subnet router and dns, or the network gateway and dns.",
    );
  }
  const filesystem = filesystemOf(profile);
  const isJoined = filesystem === "zfs" || filesystem === "btrfs";
  if (!isJoined && disksOf(context).length > 1) {
    return lacks(`puts ${filesystem} on one disk only`, "Name one disk, or write filesystem: zfs or btrfs.");
  }
  if (filesystem === "btrfs" && profile.raid.startsWith("raidz")) {
    return lacks(`has no ${profile.raid} with btrfs`, "Write raid: raid0, raid1 or raid10.");
  }
  const least = isJoined ? (LEAST_DISKS[profile.raid] ?? 1) : 1;
  const count = disksOf(context).length;
  if (count > 0 && count < least) {
    return lacks(
      `wants ${least} disks for ${profile.raid}, and is told ${count}`,
      "Name more disks, or write raid: raid0.",
    );
  }
  return undefined;
}

const LEAST_DISKS: Readonly<Record<string, number>> = {
  raid0: 1,
  raid1: 2,
  raid10: 4,
  "raidz-1": 3,
  "raidz-2": 4,
  "raidz-3": 5,
};

/** Device names as it wants them, without `/dev/`. */
function disksOf({ host, profile }: InstallContext<ProxmoxProfile>): readonly string[] {
  const disks = profile.disks.length > 0 ? profile.disks : host.disk === undefined ? [] : [host.disk];
  return disks.map((disk) => disk.replace(/^\/dev\//, ""));
}

function filesystemOf({ filesystem, system }: ProxmoxProfile): "ext4" | "xfs" | "zfs" | "btrfs" {
  if (filesystem !== undefined) return filesystem;
  return system.layout === "zfs" || system.layout === "btrfs" ? system.layout : "ext4";
}

function bootPlan(context: InstallContext<ProxmoxProfile>): LinuxPlan {
  const { iso } = context.profile;
  const patched = proxmoxIsoPath(iso, `${context.attemptUrl}/answers/${PROXMOX_ANSWER}`);
  return {
    kind: "linux",
    kernel: mediaPath(iso, "boot/linux26"),
    initrd: joinPath([
      { content: mediaPath(iso, "boot/initrd.img") },
      { content: patched, as: "proxmox.iso" },
    ]),
    commandLine: ["ramdisk_size=16777216", "rw", "quiet", "splash=silent", "proxmox-start-auto-installer"],
  };
}

function answers(context: InstallContext<ProxmoxProfile>, templates: Templates): ReadonlyMap<string, Answer> {
  const common = installView(context);
  const { profile } = context;
  const root = common.users.find((user) => user.name === "root");
  const filesystem = filesystemOf(profile);
  const agent = common.guestAgent ? ["qemu-guest-agent"] : [];
  const view = {
    ...common,
    proxmoxKeyboard: proxmoxKeyboard(common.keyboard, common.locale) ?? null,
    proxmoxTimezone: proxmoxTimezone(common.timezone) ?? null,
    country: profile.country ?? countryOf(common.locale),
    mailto: profile.mailto ?? `root@${common.fqdn}`,
    rootPasswordHash: root?.passwordHash ?? null,
    rootKeys: root?.sshKeys ?? [],
    dns: common.network.static ? (common.network.dns[0] ?? null) : null,
    nicFilter: profile.nicFilter ?? { ID_NET_NAME_MAC: `*${common.mac.replaceAll(":", "")}` },
    filesystem,
    raid: filesystem === "zfs" || filesystem === "btrfs" ? profile.raid : null,
    disks: disksOf(context),
    diskFilter: profile.diskFilter ?? null,
    keys: keysOf(profile.version),
    webhook: `${common.attemptUrl}/proxmox`,
    firstBoot: `${common.attemptUrl}/answers/first-boot.sh`,
    localeLine: `${common.locale} ${common.locale.split(".")[1] ?? "UTF-8"}`,
    installPackages: [...new Set([...agent, ...common.packages])],
    report: templates.render("shared/report.sh.hbs", common),
  };
  const render = (name: string) => templates.render(`proxmox/${name}.hbs`, view);
  return new Map([
    [PROXMOX_ANSWER, { contentType: "application/toml", body: render(PROXMOX_ANSWER) }],
    ["first-boot.sh", { contentType: "text/plain; charset=utf-8", body: render("first-boot.sh") }],
  ]);
}

const KEYS = ["root-password-hashed", "root-ssh-keys", "reboot-on-error", "disk-list", "filter-match"];

/** The answer's keys of more than one word, as the version writes them. */
function keysOf(version: ProxmoxProfile["version"]): Readonly<Record<string, string>> {
  return Object.fromEntries(KEYS.map((key) => [key, version === "8" ? key.replaceAll("-", "_") : key]));
}
