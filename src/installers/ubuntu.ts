import type { UbuntuProfile } from "../config/profiles/ubuntu.ts";
import type { CallbackEvent } from "../machines/life.ts";
import { mediaPath } from "../media/content-path.ts";
import { macWithHyphens } from "../net/mac.ts";
import type { Templates } from "../templates/templates.ts";
import { COMMON_FEATURES } from "./feature.ts";
import type { Answer, InstallContext, Installer, InstallerCall, LinuxPlan } from "./installer.ts";
import { indented, isStacked, networkV2 } from "./network-v2.ts";
import { parseReportingEvent } from "./reporting-event.ts";
import { cloudInitEvents, subiquityEvents } from "./subiquity-events.ts";
import { type InstallView, installView } from "./view.ts";

/** Ubuntu Server's installer (subiquity), answered by autoinstall, with scripts at its start, its end and its failure. */
export function ubuntuInstaller(templates: Templates): Installer<UbuntuProfile, LinuxPlan> {
  return {
    expresses: new Set([
      ...COMMON_FEATURES,
      "vlan",
      "bond",
      "layout-plain",
      "layout-lvm",
      "layout-zfs",
      "template",
    ]),
    firmwares: new Set(["bios", "uefi"]),
    loaders: new Set(["ipxe", "pxelinux", "grub"]),
    minimumMemory: 4096,
    // The ISO is loaded into memory, and what is in it needs room beside it.
    mediaInMemory: 2,
    boot: (context) => bootPlan(context),
    answers: (context) => answers(context, templates),
    callback,
  };
}

function bootPlan(context: InstallContext<UbuntuProfile>): LinuxPlan {
  const { iso } = context.profile;
  return {
    kind: "linux",
    kernel: mediaPath(iso, "casper/vmlinuz"),
    initrd: mediaPath(iso, "casper/initrd"),
    commandLine: [
      "ip=dhcp",
      // Of several network cards, the one that booted.
      `BOOTIF=01-${macWithHyphens(context.host.mac)}`,
      // casper takes a URL for an ISO only when it ends in .iso.
      `url=${context.baseUrl}/${mediaPath(iso)}`,
      // Else cloud-init takes the ISO's URL for that of its configuration, and loads it a second time.
      "cloud-config-url=/dev/null",
      // Without this word it asks before it writes.
      "autoinstall",
      `ds=nocloud-net;s=${context.attemptUrl}/answers/`,
      "---",
    ],
  };
}

function answers(context: InstallContext<UbuntuProfile>, templates: Templates): ReadonlyMap<string, Answer> {
  const common = installView(context);
  const { profile } = context;
  const packages = common.guestAgent ? ["qemu-guest-agent", ...common.packages] : common.packages;
  const script = (name: string) => scriptCommand(context.attemptUrl, name);
  const view = {
    ...common,
    source: profile.source ?? null,
    mirror: profile.mirror ?? null,
    updates: profile.updates,
    snaps: profile.snaps.map((name) => ({ name })),
    installPackages: [...new Set(common.template ? ["cloud-init", ...packages] : packages)],
    storageName: STORAGE[common.layout ?? "lvm"],
    passwordLogin: common.users.some((user) => user.passwordHash !== null),
    rootPasswordHash: common.users.find((user) => user.name === "root")?.passwordHash ?? null,
    installNetwork: indented(installNetwork(common, templates), 4),
    targetNetwork: isStacked(common.network) ? indented(networkV2(common, templates, false), 2) : null,
    earlyCommand: script("early"),
    lateCommand: script("late"),
    errorCommand: script("error"),
    lib: templates.render("ubuntu/lib.sh.hbs", common),
    report: templates.render("shared/report.sh.hbs", common),
    usersScript: templates
      .render("shared/users.sh.hbs", { ...common, inTarget: "curtin in-target --target=/target --" })
      .trimEnd(),
    generic: templates.render("shared/generic.sh.hbs", { root: "/target" }),
  };
  const yaml = "text/yaml; charset=utf-8";
  const shell = "text/plain; charset=utf-8";
  const files: readonly [string, string][] = [
    ["user-data", yaml],
    ["meta-data", yaml],
    ["vendor-data", yaml],
    ["early.sh", shell],
    ["late.sh", shell],
    ["error.sh", shell],
  ];
  return new Map(
    files.map(([name, contentType]) => [
      name,
      { contentType, body: templates.render(`ubuntu/${name}.hbs`, view) },
    ]),
  );
}

/** Names of the installer's own layouts. It has none with btrfs. */
const STORAGE = { plain: "direct", lvm: "lvm", zfs: "zfs", btrfs: "direct" } as const;

/**
 * The network while it installs. A tagged network or a bond would cut the installer off from us where the switch has the
 * boot network untagged, so with these it keeps asking the boot network by DHCP.
 */
function installNetwork(view: InstallView, templates: Templates): string {
  if (!isStacked(view.network)) return networkV2(view, templates, false);
  const plain = { static: false, vlan: null, bond: null, macs: view.network.macs } as const;
  return networkV2({ ...view, network: plain }, templates, false);
}

/** Fetches one of the scripts and runs it: in the installer's own words, a command is told to everybody who looks. */
function scriptCommand(attemptUrl: string, name: string): string {
  const file = `/run/bootwire-${name}.sh`;
  return `curl -fsS --max-time 60 --retry 10 --retry-connrefused -o ${file} ${attemptUrl}/answers/${name}.sh && sh ${file}`;
}

function callback(call: InstallerCall): readonly CallbackEvent[] | undefined {
  if (call.name !== "subiquity" && call.name !== "cloud-init") return undefined;
  const event = parseReportingEvent(call.body);
  if (!event) return undefined;
  return call.name === "subiquity" ? subiquityEvents(event) : cloudInitEvents(event);
}
