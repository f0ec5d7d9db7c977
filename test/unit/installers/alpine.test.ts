import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeIf } from "../../support/require.ts";
import { expectGolden, goldenMachines } from "./golden.ts";
import { shellFaults } from "./shell-faults.ts";
import { labelled } from "./variants.ts";

const machines = await goldenMachines({
  profile: `    installer: alpine
    kernel: alpine/vmlinuz-virt
    initrd: alpine/initramfs-virt
    modloop: alpine/modloop-virt
    mirror: http://mirror.example.org/alpine/
    release: v3.22`,
  without: ["locale"],
});

test.each(machines)("$label: renders what it always rendered", async (machine) => {
  await expectGolden("alpine", machine);
});

test("the overlay's name is one that Alpine's initramfs unpacks", () => {
  const plan = labelled(machines, "dhcp").installer.boot(labelled(machines, "dhcp").context);
  expect(plan.kind === "linux" && plan.commandLine).toContain(
    "apkovl=http://192.0.2.1:8080/a/token/answers/bootwire.apkovl.tar.gz",
  );
});

/** Each question that setup-alpine asks, by the name of its answer; one that is missing is asked. */
const QUESTIONS = [
  ...["KEYMAPOPTS", "HOSTNAMEOPTS", "DEVDOPTS", "INTERFACESOPTS", "DNSOPTS", "TIMEZONEOPTS", "PROXYOPTS"],
  ...["APKREPOSOPTS", "USEROPTS", "SSHDOPTS", "NTPOPTS", "DISKOPTS", "LBUOPTS", "APKCACHEOPTS"],
];

for (const machine of machines) {
  describeIf({ commands: ["tar", "shellcheck"] }, `the overlay of ${machine.label}, unpacked by tar`, () => {
    let folder = "";
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "bootwire-apkovl-"));
      const answer = machine.installer.answers(machine.context).get("bootwire.apkovl.tar.gz");
      await writeFile(join(folder, "overlay.tar.gz"), answer?.bytes ?? "");
      execFileSync("tar", ["-C", folder, "-xzf", join(folder, "overlay.tar.gz")]);
    });
    afterAll(() => rm(folder, { recursive: true }));

    test("answers every question of setup-alpine", () => {
      const script = `set -eu; DISK=/dev/vda CARD=eth0; . ./etc/bootwire/answers
        for name in ${QUESTIONS.join(" ")}; do eval "printf '%s=%s\\n' $name \\"\\$$name\\""; done`;
      const answers = execFileSync("sh", ["-c", script], { cwd: folder, encoding: "utf8" });
      for (const name of QUESTIONS) expect(answers).toContain(`${name}=`);
      expect(answers).toContain("DISKOPTS=-m sys /dev/vda");
      expect(answers).toContain(
        machine.label === "static" ? "address 192.0.2.20/24" : "iface eth0 inet dhcp",
      );
      expect(() =>
        execFileSync("sh", ["-c", script.replace("LBUOPTS", "LBUOPTION")], { cwd: folder, stdio: "ignore" }),
      ).toThrow();
    });

    test("starts our script, which is right for a shell", async () => {
      expect(await readlink(join(folder, "etc/runlevels/default/local"))).toBe("/etc/init.d/local");
      const path = join(folder, "etc/local.d/bootwire.start");
      expect((await stat(path)).mode & 0o777).toBe(0o755);
      const script = await readFile(path, "utf8");
      expect(shellFaults(script)).toBe("");
      const inside = /<<'BOOTWIRE_SYSTEM'\n([\s\S]*?)BOOTWIRE_SYSTEM\n/.exec(script)?.[1] ?? "";
      expect(shellFaults(`#!/bin/sh\n${inside}`)).toBe("");
      expect(await readFile(join(folder, "etc/hostname"), "utf8")).toBe(`${machine.context.host.name}\n`);
    });
  });
}
