import { expect, test } from "vitest";
import { describeIf } from "../support/require.ts";
import { Slots } from "./image-installer/lab.ts";
import { BOOT_DEADLINE, BOOT_LAB_NEEDS, BootLab, SERVER, SERVER_MODE } from "./support/boot-lab.ts";

const MAC = "52:54:00:77:01:01";
/** The firmware's network boot asks this often before it goes on to the disk. */
const TRIES = 4;

describeIf(BOOT_LAB_NEEDS, "a machine that is not in the config", () => {
  test("gets nothing, however often it asks, and the timeline says why", async () => {
    await BootLab.use("unknown-machine", new Slots(1), async (lab) => {
      await lab.serve({ dhcp: SERVER_MODE });
      await lab.boot({ name: "stranger", mac: MAC, firmware: "bios", memory: 256 });
      const silent = await lab.event("dhcp.silent");
      expect(silent).toMatchObject({ mac: MAC, machine: null });
      expect(silent.text).toContain("unknown host");

      await lab.wire.printed(/DHCP-Message .*: Discover/, TRIES, BOOT_DEADLINE);
      expect(lab.wire.text()).not.toContain(SERVER);
      expect(new Set(lab.timeline.events.map((event) => event.kind))).toEqual(new Set(["dhcp.silent"]));
    });
  });
});
