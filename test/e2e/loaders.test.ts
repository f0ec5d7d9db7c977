import { expect, test } from "vitest";
import type { VmHardware } from "../../src/demo/vm-arguments.ts";
import { describeIf } from "../support/require.ts";
import { Slots } from "./image-installer/lab.ts";
import { BOOT_LAB_NEEDS, BootLab, SERVER_MODE } from "./support/boot-lab.ts";
import { tinyImageConfig } from "./support/tiny-image.ts";

const MAC = "52:54:00:77:03:01";

interface Way {
  readonly loader: "ipxe" | "pxelinux" | "grub";
  readonly firmware: VmHardware["firmware"];
  readonly networkRom: "proxmox" | "qemu";
  /** A line of the timeline that this way has, and no other. */
  readonly line: string;
}

/** iPXE from our own files is on the way of the Debian installer's test. */
const WAYS: readonly (readonly [string, Way])[] = [
  [
    "SeaBIOS by pxelinux",
    { loader: "pxelinux", firmware: "bios", networkRom: "proxmox", line: "pxelinux.0 by TFTP" },
  ],
  [
    "OVMF by shim and GRUB",
    { loader: "grub", firmware: "uefi", networkRom: "proxmox", line: "shimx64.efi by TFTP" },
  ],
  [
    "OVMF with an iPXE of the network card, by GRUB",
    { loader: "grub", firmware: "uefi", networkRom: "qemu", line: "uefi ipxe gets grubx64.efi" },
  ],
  [
    "OVMF with an iPXE of the network card, by that iPXE",
    { loader: "ipxe", firmware: "uefi", networkRom: "qemu", line: "installer/initrd.gz by HTTP" },
  ],
];

/** Two machines at a time are what two cores can bear. */
const SLOTS = new Slots(2);

describeIf(BOOT_LAB_NEEDS, "a machine reaches its installer", () => {
  test.concurrent.for(WAYS)("%s", async ([, { loader, firmware, networkRom, line }]) => {
    await BootLab.use(`loader-${loader}-${firmware}-${networkRom}`, SLOTS, async (lab) => {
      await lab.serve(await tinyImageConfig(lab, MAC, { dhcp: SERVER_MODE }, { loader }));
      await lab.boot({ name: "web-1", mac: MAC, firmware, networkRom, memory: 512 });
      const started = await lab.event("attempt.started");
      expect(started).toMatchObject({ machine: "web-1" });
      const script = await lab.event("boot.install");
      expect(script.data).toEqual({ firmware, loader });
      expect(lab.timeline.text()).toContain(line);
    });
  });
});
