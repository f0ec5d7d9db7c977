import { expect, test } from "vitest";
import { describeIf } from "../support/require.ts";
import { Slots } from "./image-installer/lab.ts";
import { BOOT_LAB_NEEDS, BootLab, SERVER_MODE } from "./support/boot-lab.ts";
import { WireRecord } from "./support/wire-record.ts";

/** Where the Debian package puts the installer's kernel and initrd. */
const NETBOOT = "/usr/lib/debian-installer/images/12/amd64/text/debian-installer/amd64";
const MAC = "52:54:00:77:02:01";

/** Two machines at a time are what two cores can bear. */
const SLOTS = new Slots(2);
const NEEDS = {
  ...BOOT_LAB_NEEDS,
  commands: [...BOOT_LAB_NEEDS.commands, "tshark"],
  packages: [...BOOT_LAB_NEEDS.packages, "debian-installer-12-netboot-amd64"],
};

describeIf(NEEDS, "the Debian installer, booted from the network", () => {
  test.concurrent.for([
    ["SeaBIOS", "bios"],
    ["OVMF", "uefi"],
  ] as const)(
    "reads the answers that explain shows, and reports that it has started: %s",
    async ([, firmware]) => {
      await BootLab.use(`debian-${firmware}`, SLOTS, async (lab) => {
        await lab.serve({
          // No name server: labs have none, and the installer must not stop to ask for one.
          dhcp: SERVER_MODE,
          media: NETBOOT,
          profiles: {
            debian: {
              installer: "debian",
              kernel: "linux",
              initrd: "initrd.gz",
              suite: "bookworm",
              mirror: { host: "mirror.example.org" },
            },
          },
          hosts: [{ name: "web-1", mac: MAC, profile: "debian" }],
        });
        const record = await WireRecord.start(lab.network, lab.path("all.pcap"));
        await lab.boot({ name: "web-1", mac: MAC, firmware, memory: 1024 });
        const started = await lab.event("attempt.started");
        expect(started).toMatchObject({ machine: "web-1" });
        const compared = await record.expectExplained({ machine: "web-1", firmware }, (...args) =>
          lab.command(...args),
        );
        expect(compared).toMatchObject({
          scripts: [`${MAC.replaceAll(":", "-")}.ipxe`],
          // The others are for later: the disks, and the end.
          answers: ["early.sh", "preseed.cfg"],
        });
      });
    },
  );
});
