import type { DiskController } from "../config/guest.ts";
import type { HostConfig } from "../config/model.ts";
import type { UserConfig } from "../config/profile-base.ts";
import { BootwireError } from "../errors.ts";
import { KEY_FILE, NEXT_ID, type ProxmoxCommand, type ProxmoxScript } from "./command.ts";
import { ipConfig, resolverOptions, tagOf } from "./network.ts";

/** What `qm` has to know besides the host. */
export interface QmNeeds {
  readonly firmware: "bios" | "uefi";
  /** MiB, where the config says nothing. */
  readonly memory: number;
  /** Whether Windows is installed, which wants other hardware. */
  readonly windows: boolean;
  /** Volume of an uploaded seed (`local:iso/web-1-cidata.iso`), instead of Proxmox's own cloud-init drive. */
  readonly seed: string | undefined;
}

/** GiB. */
const DEFAULT_DISK = 16;
/** GiB; with less, Windows 11's Setup refuses the machine. */
const WINDOWS_DISK = 64;

type Options = readonly (readonly [string, string])[];

/** How a VM is made that is installed over the network, or a clone. Throws BW_GUEST for what Proxmox cannot make. */
export function qmScript(host: HostConfig, needs: QmNeeds): ProxmoxScript {
  switch (host.guest.kind) {
    case "vm":
      return {
        commands: [create(host, needs)],
        sshKeys: host.guest.cloudInit ? (userOf(host)?.sshKeys ?? []) : [],
      };
    case "clone":
      return clone(host, needs);
    case "lxc":
      throw new BootwireError(
        "BW_GUEST",
        `${host.name} is a container`,
        `Use \`bootwire pct ${host.name}\`, which prints its pct create.`,
      );
  }
}

function create(host: HostConfig, needs: QmNeeds): ProxmoxCommand {
  const { guest } = host;
  const { firmware, windows, memory } = needs;
  const bus = busOf(host);
  const machine = guest.machine ?? (firmware === "uefi" || windows ? "q35" : undefined);
  // iPXE is not signed: with Microsoft's keys in place only shim and GRUB start.
  const secureBoot = host.profile?.loader === "grub" ? 1 : 0;
  const options: Options = [
    ["name", host.name],
    ["memory", String(guest.memory ?? memory)],
    ["cores", String(guest.cores)],
    ["ostype", guest.osType ?? (windows ? "win11" : "l26")],
    // i440fx is what Proxmox takes by itself, and its API knows it as "pc".
    ...(machine === undefined ? [] : [["machine", machine === "q35" ? "q35" : "pc"] as const]),
    ["bios", firmware === "uefi" ? "ovmf" : "seabios"],
    ...(firmware === "uefi"
      ? ([
          ["efidisk0", `${guest.storage}:1,efitype=4m,pre-enrolled-keys=${secureBoot}`],
          // Without a random number generator OVMF offers no network boot.
          ["rng0", "source=/dev/urandom"],
        ] as const)
      : []),
    ...(windows ? [["tpmstate0", `${guest.storage}:1,version=v2.0`] as const] : []),
    ...diskOptions(host, bus, windows ? WINDOWS_DISK : DEFAULT_DISK),
    ...seedDrive(host, needs.seed, guest.cloudInit),
    ...cards(host),
    // The network stays first for good: installed machines are sent to their disk.
    ["boot", `order=net0;${bus}0`],
    ["agent", host.system.guestAgent ? "enabled=1" : "enabled=0"],
    ...(guest.cloudInit && needs.seed === undefined ? seedOptions(host) : []),
  ];
  return { program: "qm", verb: "create", operands: [idOf(host)], options };
}

/** A copy of a template, which cloud-init sets up at its first start. */
function clone(host: HostConfig, needs: QmNeeds): ProxmoxScript {
  const { guest } = host;
  if (guest.cloneOf === undefined) throw new TypeError(`${host.name} is a clone of nothing`);
  const id = idOf(host);
  const bus = busOf(host);
  const hardware: Options = [
    ["memory", String(guest.memory ?? needs.memory)],
    ["cores", String(guest.cores)],
    ...cards(host),
    ["agent", host.system.guestAgent ? "enabled=1" : "enabled=0"],
  ];
  const seed: Options = [
    ...seedDrive(host, needs.seed, true),
    ...(needs.seed === undefined ? seedOptions(host) : []),
  ];
  return {
    commands: [
      {
        program: "qm",
        verb: "clone",
        operands: [String(guest.cloneOf), id],
        options: [
          ["name", host.name],
          ["full", "1"],
          ["storage", guest.storage],
        ],
      },
      { program: "qm", verb: "set", operands: [id], options: [...hardware, ...seed] },
      ...(guest.diskSize === undefined ? [] : [resize(id, `${bus}0`, guest.diskSize)]),
    ],
    sshKeys: userOf(host)?.sshKeys ?? [],
  };
}

function resize(id: string, disk: string, size: number): ProxmoxCommand {
  return { program: "qm", verb: "disk resize", operands: [id, disk, `${size}G`], options: [] };
}

export function idOf({ guest }: HostConfig): string {
  return guest.vmid === undefined ? NEXT_ID : String(guest.vmid);
}

function busOf(host: HostConfig): Exclude<DiskController, "nvme"> {
  const { controller = "scsi" } = host.guest;
  if (controller !== "nvme") return controller;
  throw new BootwireError(
    "BW_GUEST",
    `Proxmox has no NVMe bus for ${host.name}`,
    "Write controller: scsi or virtio; nvme is for machines of which Proxmox makes nothing.",
  );
}

function diskOptions({ guest }: HostConfig, bus: Exclude<DiskController, "nvme">, size: number): Options {
  const volume = `${guest.storage}:${guest.diskSize ?? size}`;
  switch (bus) {
    case "scsi":
      return [
        ["scsihw", "virtio-scsi-single"],
        ["scsi0", `${volume},iothread=1,discard=on`],
      ];
    case "virtio":
      return [["virtio0", `${volume},iothread=1,discard=on`]];
    case "sata":
    case "ide":
      return [[`${bus}0`, `${volume},discard=on`]];
  }
}

function cards(host: HostConfig): Options {
  return [host.mac, ...host.otherMacs].map(
    (mac, index) =>
      [`net${index}`, `virtio=${mac.toUpperCase()},bridge=${host.guest.bridge}${tagOf(host)}`] as const,
  );
}

/** ide2 is where Proxmox's own pages put it; a guest whose disk is on IDE has it at ide0. */
function seedDrive(host: HostConfig, seed: string | undefined, wanted: boolean): Options {
  if (seed !== undefined) return [["ide2", `${seed},media=cdrom`]];
  return wanted ? [["ide2", `${host.guest.storage}:cloudinit`]] : [];
}

/** What Proxmox's own cloud-init drive can say: one user, and the network. */
function seedOptions(host: HostConfig): Options {
  const user = userOf(host);
  return [
    ...(user ? [["ciuser", user.name] as const] : []),
    ...(user?.passwordHash === undefined ? [] : [["cipassword", user.passwordHash] as const]),
    ...(user && user.sshKeys.length > 0 ? [["sshkeys", KEY_FILE] as const] : []),
    ["ipconfig0", ipConfig(host)],
    ...resolverOptions(host),
  ];
}

/** The one user that the drive has room for. Throws BW_GUEST where the config has more. */
function userOf(host: HostConfig): UserConfig | undefined {
  const [first, ...others] = host.system.users;
  if (others.length === 0) return first;
  throw new BootwireError(
    "BW_GUEST",
    `${host.name} has ${others.length + 1} users, and Proxmox's cloud-init drive has room for one`,
    "Name one user, or use the seed that Bootwire makes: bootwire qm --seed VOLUME.",
  );
}
