import { expect, test } from "vitest";
import { describeIf } from "../support/require.ts";
import { Slots } from "./image-installer/lab.ts";
import { BOOT_LAB_NEEDS, BootLab, SERVER } from "./support/boot-lab.ts";
import { plugRouter, ROUTER } from "./support/router.ts";
import { tinyImageConfig } from "./support/tiny-image.ts";

const MAC = "52:54:00:77:04:01";
const NEEDS = { ...BOOT_LAB_NEEDS, commands: [...BOOT_LAB_NEEDS.commands, "dnsmasq", "unshare"] };
/** Two machines at a time are what two cores can bear. */
const SLOTS = new Slots(2);

describeIf(NEEDS, "dhcp.mode: proxy, beside a router that gives the addresses", () => {
  test.concurrent.for([
    ["SeaBIOS", "bios", "proxmox"],
    ["OVMF", "uefi", "proxmox"],
    ["OVMF with an iPXE of the network card", "uefi", "qemu"],
  ] as const)("%s reaches its installer", async ([, firmware, networkRom]) => {
    await BootLab.use(`proxy-${firmware}-${networkRom}`, SLOTS, async (lab) => {
      await plugRouter(lab);
      await lab.serve(await tinyImageConfig(lab, MAC, { dhcp: { mode: "proxy" } }));
      await lab.boot({ name: "web-1", mac: MAC, firmware, networkRom, memory: 512 });
      const started = await lab.event("attempt.started");
      expect(started).toMatchObject({ machine: "web-1" });
      const replies = packets(lab.wire.text()).filter((packet) => packet.includes("BOOTP/DHCP, Reply"));
      const ours = replies.filter((packet) => packet.includes(`${SERVER}.67 >`));
      expect(ours.length).toBeGreaterThan(0);
      expect(ours.filter((packet) => packet.includes("Your-IP"))).toEqual([]);
      const given = replies.filter((packet) => packet.includes("Your-IP"));
      expect(given.length).toBeGreaterThan(0);
      expect(given.filter((packet) => !packet.includes(`${ROUTER}.67 >`))).toEqual([]);
    });
  });
});

/** tcpdump writes a packet's first line at the margin, and what it says further below that, indented. */
function packets(text: string): readonly string[] {
  return text.split(/^(?=\S)/m);
}
