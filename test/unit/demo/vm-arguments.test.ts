import { describe, expect, test } from "vitest";
import { type VmConnections, type VmHardware, vmArguments } from "../../../src/demo/vm-arguments.ts";

const HARDWARE: VmHardware = { name: "web-1", mac: "52:54:00:00:00:01", firmware: "bios" };
const TO: VmConnections = {
  accelerator: "tcg",
  tap: "tap0",
  disk: "/lab/disk.raw",
  serial: "/lab/serial.log",
  control: "/lab/control.sock",
  ovmf: { code: "/ovmf/code.fd", variables: "/lab/variables.fd" },
};

/** The values of every `-device`. */
function devices(hardware: VmHardware): readonly string[] {
  const all = vmArguments(hardware, TO);
  return all.flatMap((argument, at) => (all[at - 1] === "-device" ? [argument] : []));
}

describe("a VM", () => {
  test.each(["virtio", "scsi"] as const)("boots from the network first, then from its %s disk", (diskBus) => {
    const order = devices({ ...HARDWARE, diskBus }).filter((device) => device.includes("bootindex="));
    expect(order).toHaveLength(2);
    expect(order[0]).toMatch(/^virtio-net-pci,.*mac=52:54:00:00:00:01,bootindex=0$/);
    expect(order[1]).toMatch(/drive=disk0,bootindex=1$/);
  });

  test("boots with OVMF's own PXE as on Proxmox, or with the ROM of this machine's QEMU", () => {
    const uefi = { ...HARDWARE, firmware: "uefi" } as const;
    expect(devices(uefi)[0]).toMatch(/,romfile=$/);
    expect(devices({ ...uefi, networkRom: "qemu" })[0]).not.toContain("romfile");
    expect(devices(HARDWARE)[0]).not.toContain("romfile");
  });

  test("has UEFI variables of its own beside the shared code", () => {
    const args = vmArguments({ ...HARDWARE, firmware: "uefi" }, TO).join(" ");
    expect(args).toContain("readonly=on,file=/ovmf/code.fd");
    expect(args).toContain("unit=1,format=raw,file=/lab/variables.fd");
    expect(vmArguments(HARDWARE, TO).join(" ")).not.toContain("pflash");
  });

  test("has a source of random numbers, without which OVMF offers no network boot", () => {
    expect(devices(HARDWARE)).toContain("virtio-rng-pci,rng=rng0");
  });
});
