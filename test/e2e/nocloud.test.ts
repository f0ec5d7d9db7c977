import { execFile } from "node:child_process";
import { readFile, truncate } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import type { CloudImage } from "../../src/demo/cloud-image.ts";
import { describeIf } from "../support/require.ts";
import { Slots } from "./image-installer/lab.ts";
import { BOOT_LAB_NEEDS, BootLab, SERVER, SERVER_MODE } from "./support/boot-lab.ts";
import { IMAGE_DEADLINE, sharedImage } from "./support/shared-image.ts";

const run = promisify(execFile);
const CLI = resolve("dist/cli/main.js");
const GIB = 1024 ** 3;
const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO2nRkXm3Yw0vVSSiGBIEYrVzLJm2TZ1yJr7Yw1tqX9a admin@lab";
const ADDRESS = "10.77.0.7";
/** Milliseconds for a whole start of Debian with all of cloud-init's stages: a loaded machine took six minutes. */
const FIRST_START = 13 * 60_000;

/** What only the system itself knows, on its serial console. */
const TELL = [
  "ip -4 -br address show eth0 >/dev/ttyS0",
  "cat /home/ops/.ssh/authorized_keys >/dev/ttyS0",
  "grep -ao 'install.*bootwire-no-such-package' /var/log/cloud-init*.log | tail -1 >/dev/ttyS0",
];

/** A clone of a template: the host's entry, without its number. */
function cloneOf(name: string, mac: string, more: Readonly<Record<string, unknown>>) {
  return {
    name,
    mac,
    kind: "clone",
    cloneOf: 9000,
    guestAgent: false,
    users: [{ name: "ops", sshKeys: [KEY] }],
    ...more,
  };
}

let image: CloudImage;
const needs = { ...BOOT_LAB_NEEDS, commands: [...BOOT_LAB_NEEDS.commands, "zstd"] };

describeIf(needs, "a copy of a template", () => {
  beforeAll(async () => {
    image = await sharedImage();
  }, IMAGE_DEADLINE);

  /** The template's disk, as Proxmox copies it. */
  const copied = {
    size: 3 * GIB,
    write: async (disk: string) => {
      await run("zstd", ["--quiet", "--decompress", "--force", image.path, "-o", disk]);
      await truncate(disk, 3 * GIB);
    },
  };

  test("is set up by its seed on a disc: address, user, key, packages; and calls home", async () => {
    await BootLab.use("nocloud-disc", new Slots(1), async (lab) => {
      await lab.serve({
        dhcp: SERVER_MODE,
        advertise: SERVER,
        hosts: [
          cloneOf("copy-1", "52:54:00:77:07:01", {
            network: { address: `${ADDRESS}/24`, gateway: SERVER, dns: SERVER },
            packages: ["bootwire-no-such-package"],
            // There is no mirror on this wire: a proxy that refuses at once spares minutes of looking for one.
            proxy: `http://${SERVER}:9`,
            runCommands: TELL,
          }),
        ],
      });
      const disc = lab.path("cidata.iso");
      const config = lab.path("bootwire.yaml");
      await lab.network.run(process.execPath, [CLI, "seed", "copy-1", "-o", disc, "--config", config]);
      await lab.boot({ name: "copy-1", mac: "52:54:00:77:07:01", firmware: "bios", seedDisk: disc }, copied);
      const report = await lab.event("machine.report", FIRST_START);
      expect(report).toMatchObject({ machine: "copy-1", data: { hostname: "copy-1", users: "ops" } });
      await lab.event("machine.booted");
      const serial = await readFile(join(lab.path("copy-1"), "serial.log"), "utf8");
      expect(serial).toContain(`${ADDRESS}/24`);
      expect(serial).toContain(KEY);
      expect(serial).toContain("bootwire-no-such-package");
    });
  });

  test("is set up by the seed that its SMBIOS names", async () => {
    await BootLab.use("nocloud-http", new Slots(1), async (lab) => {
      await lab.serve({
        dhcp: SERVER_MODE,
        advertise: SERVER,
        hosts: [cloneOf("copy-2", "52:54:00:77:07:02", { runCommands: TELL.slice(1, 2) })],
      });
      const config = lab.path("bootwire.yaml");
      const url = await lab.network.run(process.execPath, [
        CLI,
        "seed",
        "copy-2",
        "--url",
        "--config",
        config,
      ]);
      const serialNumber = `ds=nocloud-net;s=${url.trim()}`;
      await lab.boot({ name: "copy-2", mac: "52:54:00:77:07:02", firmware: "bios", serialNumber }, copied);
      const report = await lab.event("machine.report", FIRST_START);
      expect(report).toMatchObject({ machine: "copy-2", data: { hostname: "copy-2", users: "ops" } });
      await lab.event("machine.booted");
      expect(await readFile(join(lab.path("copy-2"), "serial.log"), "utf8")).toContain(KEY);
    });
  });
});
