import type { TalosProfile } from "../config/profiles/talos.ts";
import { mediaPath } from "../media/content-path.ts";
import { macWithHyphens } from "../net/mac.ts";
import type { Templates } from "../templates/templates.ts";
import type { Answer, InstallContext, Installer, LinuxPlan } from "./installer.ts";
import { installView } from "./view.ts";

/** The release from which the network has documents of its own; in v1.13 it has nothing else. */
const NETWORK_DOCUMENTS = 12;

/**
 * Talos Linux. There is no shell and no phone-home: the machine's life goes by a static pod that it runs once it is
 * installed (Talos starts none before).
 */
export function talosInstaller(templates: Templates): Installer<TalosProfile, LinuxPlan> {
  return {
    expresses: new Set(["domain", "disk", "static", "vlan", "bond"]),
    firmwares: new Set(["bios", "uefi"]),
    loaders: new Set(["ipxe", "pxelinux", "grub"]),
    minimumMemory: 2048,
    boot: (context) => bootPlan(context),
    answers: (context) => answers(context, templates),
  };
}

function bootPlan({ host, profile, attemptUrl }: InstallContext<TalosProfile>): LinuxPlan {
  return {
    kind: "linux",
    kernel: mediaPath(profile.kernel),
    initrd: mediaPath(profile.initrd),
    commandLine: [
      "talos.platform=metal",
      `talos.config=${attemptUrl}/answers/machine.yaml`,
      // What Talos asks for on its own hardening (kernel self protection).
      "init_on_alloc=1",
      "slab_nomerge",
      "pti=on",
      "consoleblank=0",
      "printk.devkmsg=on",
      `BOOTIF=01-${macWithHyphens(host.mac)}`,
      "console=ttyS0,115200",
      "console=tty0",
    ],
  };
}

function answers(context: InstallContext<TalosProfile>, templates: Templates): ReadonlyMap<string, Answer> {
  const { profile } = context;
  const common = installView(context);
  const { macs, bond, vlan } = common.network;
  const base = bond === null ? "card0" : "bond0";
  const link = vlan === null ? base : `${base}.${vlan}`;
  const cards = macs.map((mac, index) => ({ alias: `card${index}`, mac }));
  const view = {
    ...common,
    role: profile.role,
    controlPlane: profile.role === "controlplane",
    cluster: profile.cluster,
    secrets: profile.secrets,
    installImage: profile.installImage ?? null,
    callHomeImage: profile.callHomeImage,
    cards,
    base,
    link,
    address: common.network.static ? templates.render("talos/address.yaml.hbs", common) : "",
  };
  const form = profile.minor >= NETWORK_DOCUMENTS ? "documents" : "machine";
  const network = templates.render(`talos/network-${form}.yaml.hbs`, view);
  const body = templates.render("talos/machine.yaml.hbs", {
    ...view,
    machineNetwork: form === "machine" ? network : "",
    networkDocuments: form === "documents" ? network : "",
  });
  return new Map([["machine.yaml", { contentType: "application/yaml; charset=utf-8", body }]]);
}
