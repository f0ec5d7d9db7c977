import { spawnSync } from "node:child_process";
import AjvDraft04 from "ajv-draft-04";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { describeIf } from "../../support/require.ts";
import { readSchema, schemaPath } from "../../support/schemas.ts";
import { expectGolden, goldenMachines } from "./golden.ts";
import { shellFaults } from "./shell-faults.ts";
import { answerOf, labelled, varied } from "./variants.ts";

const PROFILES = {
  flatcar: `    installer: flatcar
    kernel: flatcar/flatcar_production_pxe.vmlinuz
    initrd: flatcar/flatcar_production_pxe_image.cpio.gz
    image: flatcar/flatcar_production_image.bin.bz2`,
  coreos: `    installer: coreos
    kernel: fcos/fedora-coreos-live-kernel.x86_64
    initrd: fcos/fedora-coreos-live-initramfs.x86_64.img
    rootfs: fcos/fedora-coreos-live-rootfs.x86_64.img`,
};

const CONFIG = z.looseObject({
  storage: z.looseObject({
    files: z.array(z.looseObject({ path: z.string(), contents: z.looseObject({ source: z.string() }) })),
  }),
});

/** The files that a config makes, by path. */
function filesOf(ignition: string): ReadonlyMap<string, string> {
  const { storage } = CONFIG.parse(JSON.parse(ignition));
  return new Map(
    storage.files.map(({ path, contents }) => [
      path,
      decodeURIComponent(contents.source.replace(/^data:,/, "")),
    ]),
  );
}

for (const [family, profile] of Object.entries(PROFILES)) {
  const machines = await goldenMachines({ profile, without: ["packages", "locale"] });
  const fixed = labelled(machines, "static");
  const twoCards = labelled(machines, "uefi");
  const variants = {
    "a VLAN": varied(fixed, { link: { vlan: 20, bond: undefined } }),
    "a bond": varied(twoCards, { link: { vlan: undefined, bond: "active-backup" } }),
    "a VLAN on a bond": varied(twoCards, { link: { vlan: 20, bond: "802.3ad" } }),
  };
  const contexts = [
    ...machines.map(({ label, context }) => ({ label: `the machine ${label}`, context })),
    ...Object.entries(variants).map(([label, context]) => ({ label, context })),
  ];
  const configs = contexts.flatMap(({ label, context }) =>
    [...fixed.installer.answers(context)].map(([name, { body }]) => ({ label: `${label}: ${name}`, body })),
  );

  describe(family, () => {
    test.each(machines)("$label: renders what it always rendered", async (machine) => {
      await expectGolden(family, machine);
    });

    test("gives the settings of a VLAN on a bond, and of nothing that goes by itself", () => {
      const text = (context: typeof fixed.context) =>
        [...filesOf(fixed.installer.answers(context).get("system.ign")?.body ?? "")]
          .filter(([path]) => /network|connections/.test(path))
          .map(([path, body]) => `${path}\n${body}`);
      expect(text(twoCards.context)).toEqual([]);
      expect(text(variants["a VLAN on a bond"])).toMatchSnapshot();
      expect(text(fixed.context)).toMatchSnapshot();
    });

    describeIf({ commands: ["shellcheck"] }, "its scripts", () => {
      test.each(machines)("are right for a shell: $label", (machine) => {
        const install = filesOf(answerOf(machine, "live.ign")).get("/opt/bootwire-install") ?? "";
        const report = filesOf(answerOf(machine, "system.ign")).get("/etc/bootwire-report") ?? "";
        expect(shellFaults(install, "bash")).toBe("");
        expect(shellFaults(report)).toBe("");
      });
    });

    const BAD = [
      ["a version that there is not", { ignition: { version: "9.9.9" } }],
      ["a file without a path", { ignition: { version: "3.3.0" }, storage: { files: [{ mode: 420 }] } }],
      [
        "a mode in words",
        { ignition: { version: "3.3.0" }, storage: { files: [{ path: "/a", mode: "rw" }] } },
      ],
      ["a unit without a name", { ignition: { version: "3.3.0" }, systemd: { units: [{ enabled: true }] } }],
    ] as const;

    describeIf({ commands: ["ignition-validate"] }, "ignition-validate", () => {
      const validate = (body: string) =>
        spawnSync("ignition-validate", ["-"], { input: body, encoding: "utf8" });
      test.each(configs)("takes $label", ({ body }) => {
        const { status, stderr } = validate(body);
        expect(stderr).toBe("");
        expect(status).toBe(0);
      });
      test.each(BAD)("refuses %s", (_, bad) => {
        expect(validate(JSON.stringify(bad)).status).not.toBe(0);
      });
    });

    describeIf({ files: [schemaPath("ignition/v3_3.json")] }, "Ignition's schema", () => {
      const schema = () =>
        new AjvDraft04.default({ strict: false, allErrors: true }).compile(readSchema("ignition/v3_3.json"));
      test("takes every config", () => {
        const validate = schema();
        for (const { label, body } of configs) {
          validate(JSON.parse(body));
          expect(validate.errors ?? [], label).toEqual([]);
        }
      });
      // A version is only a text to it.
      test.each(BAD.slice(1))("refuses %s", (_, bad) => {
        expect(schema()(bad)).toBe(false);
      });
    });
  });
}
