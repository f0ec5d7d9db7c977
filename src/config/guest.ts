import { z } from "zod";
import { textField } from "./fields.ts";
import { readGibibytes, readMebibytes, readWord } from "./read-text.ts";

/**
 * What the machine is to Proxmox. `vm`: installed over the network; `clone`: a copy of a template, set up by cloud-init;
 * `lxc`: a container, which shares the host's kernel and cannot boot from the network.
 */
export type GuestKind = "vm" | "clone" | "lxc";

/** Which bus the disk is on: it decides the disk's name in the guest. */
export type DiskController = "scsi" | "virtio" | "sata" | "ide" | "nvme";

/** How Proxmox is told to make the guest; for `bootwire qm` and `bootwire pct` alone. */
export interface GuestConfig {
  readonly kind: GuestKind;
  /** Undefined: the next free one. */
  readonly vmid: number | undefined;
  /** `kind: clone`: id of the template. */
  readonly cloneOf: number | undefined;
  /** `kind: lxc`: the volume of the container's template. */
  readonly osTemplate: string | undefined;
  readonly cores: number;
  /** MiB; undefined: as much as the installer needs. Preflight looks at it, too. */
  readonly memory: number | undefined;
  /** GiB; undefined: a new disk gets a default, a copy stays as large as its template. */
  readonly diskSize: number | undefined;
  readonly storage: string;
  readonly bridge: string;
  /** VLAN that Proxmox tags the guest's card with. */
  readonly tag: number | undefined;
  /** Undefined: Proxmox's best (VirtIO SCSI), and the guest's disk is found by detection. */
  readonly controller: DiskController | undefined;
  readonly machine: "q35" | "i440fx" | undefined;
  readonly osType: string | undefined;
  /** Whether the VM gets a cloud-init drive besides. */
  readonly cloudInit: boolean;
}

/** The values of `qm`'s `--ostype` (its manual page). */
const OS_TYPES = ["l26", "l24", "win11", "win10", "win8", "win7", "solaris", "other"] as const;

/** `guest:` in `defaults`, a profile or a host; merged key by key. */
export const guestSchema = z
  .strictObject({
    cores: z.int().min(1).max(512).meta({ description: "Processor cores.", default: 2 }).optional(),
    memory: textField(
      {
        description: "Memory; as much as the installer needs, and 2GiB at least, when it is left out.",
        examples: ["4GiB"],
      },
      readMebibytes,
    ).optional(),
    diskSize: textField(
      {
        description:
          "Size of the disk. When it is left out: 16GiB for a VM (64GiB for Windows), 8GiB for a container, as in the template for a clone.",
        examples: ["32GiB"],
      },
      readGibibytes,
    ).optional(),
    storage: textField(
      { description: "Proxmox storage of the disk.", examples: ["local-lvm"], default: "local-lvm" },
      readWord,
    ).optional(),
    bridge: textField(
      { description: "Bridge of the network cards.", examples: ["vmbr0"], default: "vmbr0" },
      readWord,
    ).optional(),
    tag: z
      .int()
      .min(1)
      .max(4094)
      .meta({ description: "VLAN that Proxmox tags the cards' packets with." })
      .optional(),
    controller: z
      .enum(["scsi", "virtio", "sata", "ide", "nvme"])
      .meta({
        description:
          "Bus of the disk. Where it is given and `disk` is not, the system is installed on that bus's first disk: /dev/vda on virtio, /dev/nvme0n1 on nvme, /dev/sda on the others.",
      })
      .optional(),
    machine: z
      .enum(["q35", "i440fx"])
      .meta({
        description: "Machine type; q35 for UEFI, Proxmox's own default for BIOS when it is left out.",
      })
      .optional(),
    osType: z
      .enum(OS_TYPES)
      .meta({ description: "Proxmox's hint of the guest's system; by the installer when it is left out." })
      .optional(),
    cloudInit: z
      .boolean()
      .meta({ description: "Whether the VM gets a cloud-init drive.", default: false })
      .optional(),
    osTemplate: textField(
      {
        description: "Containers: the template's volume, as `pveam list` shows it.",
        examples: ["local:vztmpl/debian-13-standard_13.1-1_amd64.tar.zst"],
      },
      readWord,
    ).optional(),
  })
  .meta({
    description: "How Proxmox is told to make the guest: what `bootwire qm` and `bootwire pct` print.",
  });

/** What stands at a host alone. */
export const guestIdentity = {
  kind: z
    .enum(["vm", "clone", "lxc"])
    .meta({
      description:
        "`vm`: installed over the network. `clone`: a copy of the template `cloneOf`, set up by cloud-init. `lxc`: a container, which cannot boot from the network.",
      default: "vm",
    })
    .optional(),
  vmid: z
    .int()
    .min(100)
    .max(999_999_999)
    .meta({ description: "The guest's number in Proxmox; the next free one when it is left out." })
    .optional(),
  cloneOf: z
    .int()
    .min(100)
    .max(999_999_999)
    .meta({ description: "`kind: clone`: number of the template that it is a copy of." })
    .optional(),
};

type GuestFile = z.output<typeof guestSchema>;

interface GuestIdentityFile {
  readonly kind?: GuestKind | undefined;
  readonly vmid?: number | undefined;
  readonly cloneOf?: number | undefined;
}

/** Fills in what is left out; `layers` from the farthest to the closest. */
export function resolveGuest(
  identity: GuestIdentityFile,
  layers: readonly (GuestFile | undefined)[],
): GuestConfig {
  const said: GuestFile = Object.assign({}, ...layers);
  return {
    kind: identity.kind ?? "vm",
    vmid: identity.vmid,
    cloneOf: identity.cloneOf,
    osTemplate: said.osTemplate,
    cores: said.cores ?? 2,
    memory: said.memory,
    diskSize: said.diskSize,
    storage: said.storage ?? "local-lvm",
    bridge: said.bridge ?? "vmbr0",
    tag: said.tag,
    controller: said.controller,
    machine: said.machine,
    osType: said.osType,
    cloudInit: said.cloudInit ?? false,
  };
}

/** The first disk of a bus, as Linux names it. IDE disks are /dev/sda, too. */
export function diskOf(controller: DiskController): string {
  switch (controller) {
    case "virtio":
      return "/dev/vda";
    case "nvme":
      return "/dev/nvme0n1";
    case "scsi":
    case "sata":
    case "ide":
      return "/dev/sda";
  }
}
