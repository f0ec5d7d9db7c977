import { ACCELERATOR_ARGUMENTS, type Accelerator } from "./accelerator.ts";

/** A VM's hardware, as an admin would set it in Proxmox. */
export interface VmHardware {
  readonly name: string;
  /** Canonical, with colons. */
  readonly mac: string;
  readonly firmware: "bios" | "uefi";
  /** Default: `pc` (i440fx), as in Proxmox. */
  readonly machine?: "pc" | "q35";
  /** VirtIO Block (`/dev/vda`) or VirtIO SCSI (`/dev/sda`). Default: `virtio`. */
  readonly diskBus?: "virtio" | "scsi";
  /** MiB; default 1024. */
  readonly memory?: number;
  /** Default 1. */
  readonly cores?: number;
  /**
   * What the network card brings along for booting. `proxmox` (the default): SeaBIOS gets QEMU's iPXE, OVMF boots by
   * itself, as with Proxmox's own build of that ROM. `qemu`: the ROM of this machine's QEMU in both cases; Debian's makes
   * iPXE OVMF's first boot entry.
   */
  readonly networkRom?: "proxmox" | "qemu";
  /** A second disk that is only read, a raw image: what Proxmox has in the cloud-init slot. */
  readonly seedDisk?: string;
  /** The machine's serial number in SMBIOS, where cloud-init looks for the address of its seed. */
  readonly serialNumber?: string;
}

/** What the VM is connected to: devices and files of this machine. */
export interface VmConnections {
  readonly accelerator: Accelerator;
  readonly tap: string;
  /** A raw image. */
  readonly disk: string;
  /** File that the serial console is written to. */
  readonly serial: string;
  /** Path of the control socket that QEMU shall listen on. */
  readonly control: string;
  /** Needed for `uefi`. `variables` is the VM's own copy. */
  readonly ovmf: { readonly code: string; readonly variables: string } | undefined;
}

/** QEMU's command line: the network first in the boot order, the disk next. Pure. */
export function vmArguments(hardware: VmHardware, to: VmConnections): readonly string[] {
  const { firmware, diskBus = "virtio", networkRom = "proxmox" } = hardware;
  const rom = networkRom === "proxmox" && firmware === "uefi" ? ",romfile=" : "";
  return [
    ...[
      "-name",
      hardware.name,
      "-machine",
      hardware.machine ?? "pc",
      ...ACCELERATOR_ARGUMENTS[to.accelerator],
    ],
    ...["-m", String(hardware.memory ?? 1024), "-smp", String(hardware.cores ?? 1)],
    ...["-no-user-config", "-nodefaults", "-display", "none", "-vga", "std"],
    ...["-chardev", `file,id=serial0,path=${to.serial}`, "-serial", "chardev:serial0"],
    ...["-qmp", `unix:${to.control},server=on,wait=off`],
    ...firmwareArguments(firmware, to.ovmf),
    ...["-netdev", `tap,id=net0,ifname=${to.tap},script=no,downscript=no`],
    ...["-device", `virtio-net-pci,netdev=net0,mac=${hardware.mac},bootindex=0${rom}`],
    // The disk is worth nothing when this machine goes down, so nothing of it has to be on the platter before.
    ...[
      "-drive",
      `file=${to.disk},format=raw,if=none,id=disk0,cache=unsafe,discard=unmap,detect-zeroes=unmap`,
    ],
    ...diskArguments(diskBus),
    ...(hardware.seedDisk === undefined ? [] : seedArguments(hardware.seedDisk)),
    ...(hardware.serialNumber === undefined ? [] : ["-smbios", `type=1,serial=${hardware.serialNumber}`]),
    // Without a source of random numbers OVMF offers no network boot.
    ...["-object", "rng-random,id=rng0,filename=/dev/urandom", "-device", "virtio-rng-pci,rng=rng0"],
  ];
}

function diskArguments(bus: "virtio" | "scsi"): readonly string[] {
  return bus === "virtio"
    ? ["-device", "virtio-blk-pci,drive=disk0,bootindex=1"]
    : ["-device", "virtio-scsi-pci,id=scsi0", "-device", "scsi-hd,bus=scsi0.0,drive=disk0,bootindex=1"];
}

function seedArguments(file: string): readonly string[] {
  return [
    ...["-drive", `file=${file},format=raw,if=none,id=seed0,readonly=on`],
    ...["-device", "virtio-blk-pci,drive=seed0"],
  ];
}

function firmwareArguments(firmware: "bios" | "uefi", ovmf: VmConnections["ovmf"]): readonly string[] {
  if (firmware === "bios") return [];
  if (ovmf === undefined) throw new Error("a VM with UEFI needs OVMF (Debian package ovmf)");
  return [
    ...["-drive", `if=pflash,unit=0,format=raw,readonly=on,file=${ovmf.code}`],
    ...["-drive", `if=pflash,unit=1,format=raw,file=${ovmf.variables}`],
  ];
}
