import { expect, test } from "vitest";
import { BootwireError } from "../../../src/errors.ts";
import { debianInstaller } from "../../../src/installers/debian.ts";
import type { Feature } from "../../../src/installers/feature.ts";
import type { Installer } from "../../../src/installers/installer.ts";
import { refusalOf } from "../../../src/installers/refusal.ts";
import { installerFor } from "../../../src/installers/registry.ts";
import { builtInTemplates, loadTemplates } from "../../../src/templates/templates.ts";
import { debianContext } from "./context.ts";
import { MACHINES } from "./machines.ts";

const templates = await loadTemplates(builtInTemplates(), undefined);
const context = debianContext();
const debian = installerFor(context.profile, templates);

/** The Debian installer as if it could say only this much. */
function sayingOnly(features: readonly Feature[], changes: Partial<Installer> = {}): Installer {
  return { ...debian, expresses: new Set(features), ...changes };
}

test("takes a machine that asks for nothing special", () => {
  const plain = debianContext({ system: { timezone: "Etc/UTC", locale: "en_US.UTF-8" } });
  expect(refusalOf(sayingOnly([]), plain)).toBeUndefined();
});

test("names everything that the installer has no way to say", () => {
  const asking = debianContext({
    host: { disk: "/dev/sda" },
    system: { timezone: "Etc/UTC", packages: ["htop"], network: { kind: "dhcp", vlan: 20, bond: undefined } },
  });
  expect(refusalOf(sayingOnly(["disk", "locale"]), asking)).toMatchObject({
    code: "BW_INSTALLER_CANNOT",
    message:
      "installer debian (profile bookworm) has no way to give web1 this: network: {vlan: 20}; packages: htop",
  });
});

test("refuses a firmware and a loader that the installer does not work with", () => {
  const all: Installer = { ...debian, expresses: new Set(debianInstaller(templates).expresses) };
  expect(refusalOf({ ...all, firmwares: new Set(["uefi"]) }, context)).toMatchObject({
    code: "BW_INSTALLER_FIRMWARE",
    hint: expect.stringContaining("OVMF"),
  });
  expect(refusalOf({ ...all, loaders: new Set(["grub"]) }, context)).toMatchObject({
    code: "BW_INSTALLER_LOADER",
    hint: "Write loader: grub.",
  });
});

test("refuses a fixed address in a golden image, and passes on what the installer itself has against it", () => {
  const all: Installer = { ...debian, expresses: new Set([...debian.expresses, "template"]) };
  const [, fixed] = MACHINES;
  if (!fixed) throw new Error("no static machine");
  const golden = { ...fixed.debian, profile: { ...fixed.debian.profile, template: true } };
  expect(refusalOf(all, golden)).toMatchObject({ message: expect.stringContaining("every clone") });
  const own = new BootwireError("BW_INSTALLER_CANNOT", "not on a Monday", "Wait.");
  expect(refusalOf({ ...all, obstacle: () => own }, context)).toBe(own);
});
