import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeIf } from "../../support/require.ts";
import { expectGolden, goldenMachines } from "./golden.ts";
import { shellFaults } from "./shell-faults.ts";
import { labelled, varied } from "./variants.ts";

const machines = await goldenMachines({
  profile: `    installer: fai
    kernel: fai/vmlinuz
    initrd: fai/initrd.img
    root: fai/nfsroot.squashfs
    mirror: {url: http://mirror.example.org/debian/, suite: bookworm}
    classes: [WEBSERVER]`,
});

test.each(machines)("$label: renders what it always rendered", async (machine) => {
  await expectGolden("fai", machine);
});

test("a golden image is switched off at its end", () => {
  const fixed = labelled(machines, "static");
  const plan = fixed.installer.boot(varied(fixed, { template: true }));
  expect(plan.kind === "linux" && plan.commandLine).toContain("FAI_FLAGS=verbose,halt");
});

/** Files that FAI runs have to be executable, or it skips them with a warning; those that it reads must not be. */
const RUN = /^(class\/\d|hooks\/.*\.sh$|scripts\/)/;

for (const machine of machines) {
  describeIf(
    { commands: ["tar", "shellcheck", "debconf-set-selections"] },
    `the configuration space of ${machine.label}, unpacked by tar`,
    () => {
      let folder = "";
      let files: readonly string[] = [];
      beforeAll(async () => {
        folder = await mkdtemp(join(tmpdir(), "bootwire-fai-"));
        const answer = machine.installer.answers(machine.context).get("BOOTWIRE.tar.gz");
        await writeFile(join(folder, "BOOTWIRE.tar.gz"), answer?.bytes ?? "");
        execFileSync("tar", ["-C", folder, "-xzf", join(folder, "BOOTWIRE.tar.gz")]);
        await rm(join(folder, "BOOTWIRE.tar.gz"));
        const entries = await readdir(folder, { recursive: true, withFileTypes: true });
        files = entries
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
          .sort();
      });
      afterAll(() => rm(folder, { recursive: true }));

      test("defines its classes", () => {
        const classes = execFileSync(join(folder, "class/10-bootwire"), { encoding: "utf8" });
        expect(classes.split("\n")).toEqual(["BOOTWIRE", "WEBSERVER", ""]);
      });

      test("has what each task of FAI looks for, with the rights that it wants", async () => {
        expect(files).toEqual(
          expect.arrayContaining([
            "class/BOOTWIRE.var",
            // Without any of these FAI counts its task as failed, and with it the install.
            "debconf/BOOTWIRE",
            "disk_config/BOOTWIRE",
            "files/etc/apt/sources.list/BOOTWIRE",
            "hooks/savelog.BOOTWIRE.sh",
            "package_config/BOOTWIRE",
          ]),
        );
        for (const file of files) {
          const { mode } = await stat(join(folder, file));
          expect((mode & 0o111) !== 0, file).toBe(RUN.test(file));
        }
      });

      test("answers packages in debconf's words", () => {
        execFileSync("debconf-set-selections", ["-c", join(folder, "debconf/BOOTWIRE")]);
      });

      test("divides the disk as its firmware wants it", async () => {
        const disks = (await readFile(join(folder, "disk_config/BOOTWIRE"), "utf8")).split("\n");
        const label = machine.label === "uefi" ? "gpt" : "msdos";
        expect(disks.some((line) => line.startsWith(`disk_config disk1 disklabel:${label}`))).toBe(true);
        expect(disks.some((line) => line.startsWith("primary /boot/efi"))).toBe(machine.label === "uefi");
        expect(disks.filter((line) => line.startsWith("primary / ")).length).toBe(1);
      });

      test("names packages one a line, below a command", async () => {
        const lines = (await readFile(join(folder, "package_config/BOOTWIRE"), "utf8"))
          .split("\n")
          .filter((line) => line !== "" && !line.startsWith("#"));
        expect(lines[0]).toBe("PACKAGES install-norec");
        for (const line of lines.slice(1)) expect(line).toMatch(/^(PACKAGES install|[a-z0-9][a-z0-9.+-]+)$/);
        expect(lines).toContain(machine.label === "uefi" ? "grub-efi-amd64" : "grub-pc");
      });

      test("its scripts are right for a shell", async () => {
        for (const file of files.filter(
          (one) => RUN.test(one) || one.endsWith(".var") || one.endsWith("subroutines"),
        )) {
          expect(shellFaults(await readFile(join(folder, file), "utf8"), "bash"), file).toBe("");
        }
      });
    },
  );
}
