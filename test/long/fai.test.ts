import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { Slots } from "../e2e/image-installer/lab.ts";
import { BOOT_LAB_NEEDS, BootLab, SERVER, SERVER_MODE } from "../e2e/support/boot-lab.ts";
import { describeIf } from "../support/require.ts";
import { FAI_MEDIA, faiMedia } from "./fai-media.ts";

const MAC = "52:54:00:77:05:01";
const MINUTE = 60_000;
/** Milliseconds for the installation alone: four times what two emulated cores of an idle machine take. */
const INSTALL = 40 * MINUTE;
const GIB = 1024 ** 3;

const NEEDS = {
  ...BOOT_LAB_NEEDS,
  commands: [
    ...[...BOOT_LAB_NEEDS.commands, "fai-make-nfsroot", "debootstrap", "mksquashfs", "dpkg-scanpackages"],
    ...["zstd", "apt-get"],
  ],
};

describeIf(NEEDS, "FAI", () => {
  let media = "";
  beforeAll(async () => {
    media = await faiMedia(resolve(".cache"));
  });

  test("installs Debian onto a blank disk, from a mirror that the daemon serves, and it boots from there", async () => {
    await BootLab.use("fai", new Slots(1), async (lab) => {
      await lab.serve({
        templates: await quickTemplates(lab.path("templates")),
        dhcp: SERVER_MODE,
        media,
        profiles: {
          fai: {
            installer: "fai",
            kernel: FAI_MEDIA.kernel,
            initrd: FAI_MEDIA.initrd,
            root: FAI_MEDIA.root,
            mirror: {
              url: `http://${SERVER}:8080/media/${FAI_MEDIA.mirror}`,
              suite: FAI_MEDIA.suite,
              trusted: true,
            },
            kernelPackage: "linux-image-cloud-amd64",
            // Its characters come with the system: generating others takes minutes without a processor of its own.
            locale: "C.UTF-8",
          },
        },
        hosts: [
          {
            name: "web-1",
            mac: MAC,
            profile: "fai",
            timezone: "Europe/Berlin",
            users: [{ name: "ops", password: "bootwire" }],
            packages: ["less"],
            // What the installed system says about itself once it is up.
            runCommands: ["dpkg-query -W less >/etc/motd"],
          },
        ],
      });
      await lab.boot(
        { name: "web-1", mac: MAC, firmware: "bios", memory: 2048, cores: 2 },
        { size: 4 * GIB },
      );
      await lab.event("attempt.started", 15 * MINUTE);
      await lab.event("attempt.done", INSTALL);
      const told = lab.timeline.events
        .filter((one) => one.kind === "attempt.progress")
        .map((one) => one.text);
      expect(told).toEqual([
        expect.stringContaining("10 %: partitioning"),
        expect.stringContaining("20 %: unpacking the base system"),
        expect.stringContaining("30 %: updating the base system"),
        expect.stringContaining("40 %: installing packages"),
        expect.stringContaining("80 %: configuring"),
      ]);
      // Back from the network, to its own disk, where it calls home.
      await lab.event("boot.local", 10 * MINUTE);
      const report = await lab.event("machine.report", 15 * MINUTE);
      expect(report).toMatchObject({ data: { hostname: "web-1", users: "ops" } });
      await lab.event("machine.booted", MINUTE);
    });
  });
});

/** An admin's templates that let the system's initrd hold what this VM needs and no more: half of the time goes there. */
async function quickTemplates(folder: string): Promise<string> {
  const hook = "fai/hooks/updatebase.sh.hbs";
  await mkdir(join(folder, "fai/hooks"), { recursive: true });
  await writeFile(
    join(folder, hook),
    `${await readFile(join("templates", hook), "utf8")}
mkdir -p "$target/etc/initramfs-tools/conf.d"
echo MODULES=list >"$target/etc/initramfs-tools/conf.d/quick"
printf '%s\\n' virtio_pci virtio_blk ext4 crc32c_generic >"$target/etc/initramfs-tools/modules"
`,
  );
  return folder;
}
