import { Ajv2019 } from "ajv/dist/2019.js";
import { expect, test } from "vitest";
import { z } from "zod";
import { describeIf } from "../../support/require.ts";
import { readSchema, schemaPath } from "../../support/schemas.ts";
import { expectGolden, goldenMachines } from "./golden.ts";
import { shellFaults } from "./shell-faults.ts";
import { answerOf, labelled, varied } from "./variants.ts";

const machines = await goldenMachines({
  profile: "    installer: agama\n    iso: Leap-16.0-online-installer-x86_64.install.iso",
});
const fixed = labelled(machines, "static");

const VARIANTS = {
  LVM: varied(fixed, { system: { layout: "lvm" } }),
  btrfs: varied(fixed, { system: { layout: "btrfs", proxy: "http://192.0.2.7:3128" } }),
  "a plain layout": varied(fixed, { system: { layout: "plain" } }),
  "a golden image": varied(fixed, { template: true }),
};

test.each(machines)("$label: renders what it always rendered", async (machine) => {
  await expectGolden("agama", machine);
});

test("a machine that nobody may log into as root gets a password that opens nothing", () => {
  const { root } = z
    .looseObject({ root: z.looseObject({ password: z.string() }) })
    .parse(JSON.parse(answerOf(labelled(machines, "dhcp"), "profile.json")));
  expect(root.password).toBe("!");
});

test("a golden image is switched off at its end", () => {
  const plan = fixed.installer.boot(VARIANTS["a golden image"]);
  expect(plan.kind === "linux" && plan.commandLine).toContain("inst.finish=poweroff");
});

describeIf({ commands: ["shellcheck"] }, "its scripts", () => {
  const shape = z.looseObject({
    scripts: z.record(z.string(), z.array(z.looseObject({ content: z.string() }))),
  });
  test.each(machines)("are right for a shell: $label", (machine) => {
    const { scripts } = shape.parse(JSON.parse(answerOf(machine, "profile.json")));
    const all = Object.values(scripts).flat();
    expect(all).toHaveLength(3);
    for (const { content } of all) expect(shellFaults(content)).toBe("");
  });
});

const SCHEMAS = ["profile", "storage", "software", "iscsi", "dasd", "zfcp"].map(
  (name) => `agama/${name}.schema.json`,
);

describeIf({ files: SCHEMAS.map(schemaPath) }, "Agama's schema", () => {
  // Each is known by its $id, and some say what strict mode takes for a slip.
  const compile = () => {
    const ajv = new Ajv2019({ strict: false, allErrors: true, validateFormats: false });
    for (const name of SCHEMAS.slice(1)) ajv.addSchema(readSchema(name));
    return ajv.compile(readSchema("agama/profile.schema.json"));
  };
  const faults = (text: string) => {
    const validate = compile();
    return validate(JSON.parse(text))
      ? []
      : (validate.errors ?? []).map((one) => `${one.instancePath} ${one.message}`);
  };
  const contexts = [
    ...machines.map(({ label, context }) => ({ label: `the machine ${label}`, context })),
    ...Object.entries(VARIANTS).map(([label, context]) => ({ label, context })),
  ];

  test.each(contexts)("takes $label", ({ context }) => {
    expect(faults(fixed.installer.answers(context).get("profile.json")?.body ?? "")).toEqual([]);
  });

  test.each([
    ["a product without its id", { product: { name: "Leap" } }],
    ["a part that there is not", { hostnames: {} }],
    ["a way to an address that there is not", { network: { connections: [{ id: "a", method4: "static" }] } }],
    ["a drive with a word for its partitions", { storage: { drives: [{ partitions: "default" }] } }],
  ])("refuses %s", (_, change) => {
    const good = z.looseObject({}).parse(JSON.parse(answerOf(fixed, "profile.json")));
    expect(faults(JSON.stringify({ ...good, ...change }))).not.toEqual([]);
  });
});
