import { expect, test } from "vitest";
import { customInstaller } from "../../../src/installers/custom.ts";
import { builtInTemplates, loadTemplates } from "../../../src/templates/templates.ts";
import { expectGolden, goldenMachines } from "./golden.ts";
import { labelled } from "./variants.ts";

// The template that is named here is one that comes with the program: an admin's own lies in a folder of his.
const machines = await goldenMachines({
  profile: `    installer: custom
    kernel: other.iso/boot/vmlinuz
    initrd: [other.iso/boot/initrd.img, extra.cpio]
    commandLine: [ip=dhcp, "config={{attemptUrl}}/answers/report.sh", "host={{hostname}}.{{vars.site}}"]
    answers: {report.sh: shared/report.sh.hbs}
    vars: {site: lab}`,
});

test.each(machines)("$label: renders what it always rendered", async (machine) => {
  await expectGolden("custom", machine);
});

const { context } = labelled(machines, "dhcp");
const profile = context.profile;
const templates = await loadTemplates(builtInTemplates(), undefined);

test("a value that is missing is an error that names the profile and its line", async () => {
  if (profile.installer !== "custom") throw new Error("not the custom installer");
  const wrong = { ...context, profile: { ...profile, commandLine: ["a=1", "b={{vars.nothing}}"] } };
  expect(() => labelled(machines, "dhcp").installer.boot(wrong)).toThrow(
    expect.objectContaining({
      code: "BW_TEMPLATE",
      message: expect.stringMatching(/^profile golden, commandLine:1: .*nothing/),
    }),
  );
});

test("a template that is missing is an error that names it", () => {
  if (profile.installer !== "custom") throw new Error("not the custom installer");
  const wrong = { ...profile, answers: new Map([["a.json", "b.json.hbs"]]) };
  expect(() => customInstaller(templates).answers({ ...context, profile: wrong })).toThrow(
    expect.objectContaining({ code: "BW_TEMPLATE_MISSING" }),
  );
});

test("a kernel alone needs no initrd", () => {
  if (profile.installer !== "custom") throw new Error("not the custom installer");
  const plan = customInstaller(templates).boot({ ...context, profile: { ...profile, initrds: [] } });
  expect(plan.initrd).toBeUndefined();
});
