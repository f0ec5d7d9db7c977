import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { refusalOf } from "../../../src/installers/refusal.ts";
import { describeIf } from "../../support/require.ts";
import { expectGolden, goldenMachines } from "./golden.ts";
import { answerOf, labelled } from "./variants.ts";

const without = ["packages", "commands", "users", "disk", "keyboard", "timezone"] as const;
const PROFILE = `    installer: windows
    folder: windows-11
    edition: Windows Server 2025 SERVERSTANDARD
    administratorPassword: 'a<b&"c'`;
const machines = await goldenMachines({ profile: PROFILE, without });
const shared = await goldenMachines({
  profile: `${PROFILE}
    source: {share: '\\\\192.0.2.9\\win', user: install, password: secret}
    productKey: AAAAA-BBBBB-CCCCC-DDDDD-EEEEE
    bypassChecks: true
    drivers: none
    commands: [net user]`,
  without,
});

test.each(machines)("$label: renders what it always rendered", async (machine) => {
  await expectGolden("windows", machine);
});

test("what is left out or asked for besides shows", () => {
  const machine = labelled(shared, "uefi");
  const xml = answerOf(machine, "unattend.xml");
  expect(xml).not.toContain("PnpCustomizationsWinPE");
  expect(xml).toContain("BypassTPMCheck");
  expect(xml).toContain("<Key>AAAAA-BBBBB-CCCCC-DDDDD-EEEEE</Key>");
  expect(answerOf(machine, "bootwire.cmd")).toContain(
    'net use Z: "\\\\192.0.2.9\\win" "secret" /user:"install"',
  );
  expect(answerOf(machine, "SetupComplete.cmd")).toContain("\r\nnet user\r\n");
});

test("batch files have the line ends of Windows, and only labels that are there", () => {
  for (const machine of [...machines, ...shared]) {
    for (const name of ["bootwire.cmd", "SetupComplete.cmd", "winpeshl.ini"]) {
      const text = answerOf(machine, name);
      expect(text.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
      const labels = [...text.matchAll(/^:(\w+)/gm)].map(([, label]) => label);
      for (const [, label] of text.matchAll(/(?:goto |call :)(\w+)/g)) expect(labels).toContain(label);
    }
  }
});

test("refuses a name that Windows would stop at", () => {
  const machine = labelled(machines, "dhcp");
  const long = { ...machine.context, host: { ...machine.context.host, name: "a-name-of-19-signs." } };
  expect(
    refusalOf(machine.installer, { ...long, host: { ...long.host, name: "sixteen-letters1" } }),
  ).toMatchObject({
    code: "BW_INSTALLER_CANNOT",
    message: expect.stringContaining("at most 15 characters"),
  });
});

test.each([
  ["Windows 11 Pro", false, "bios", true],
  ["Windows 11 Pro", true, "bios", false],
  ["Windows 11 Pro", false, "uefi", false],
  ["Windows Server 2025 SERVERSTANDARD", false, "bios", false],
] as const)("%s, bypassChecks: %s, on %s: refused is %s", async (edition, bypass, firmware, refused) => {
  const profile = PROFILE.replace(/edition: .*/, `edition: ${edition}`);
  const machine = labelled(
    await goldenMachines({ profile: `${profile}\n    bypassChecks: true`, without }),
    "dhcp",
  );
  const asked = {
    ...machine.context,
    firmware,
    profile: { ...machine.context.profile, bypassChecks: bypass },
  };
  expect(refusalOf(machine.installer, asked)?.code).toBe(refused ? "BW_INSTALLER_FIRMWARE" : undefined);
});

/** Parts without which Setup would ask somebody, as paths of element names. */
const REQUIRED = [
  "windowsPE//SetupUILanguage/UILanguage",
  "windowsPE//DiskConfiguration/Disk/DiskID",
  "windowsPE//DiskConfiguration/Disk/WillWipeDisk",
  "windowsPE//ImageInstall/OSImage/InstallFrom/MetaData/Value",
  "windowsPE//ImageInstall/OSImage/InstallTo/PartitionID",
  "windowsPE//UserData/AcceptEula",
  "specialize//ComputerName",
  "oobeSystem//InputLocale",
  "oobeSystem//OOBE/HideEULAPage",
  "oobeSystem//OOBE/HideOnlineAccountScreens",
  "oobeSystem//UserAccounts/AdministratorPassword/Value",
];

describeIf({ commands: ["xmllint"] }, "unattend.xml, read by xmllint", () => {
  const lint = (xml: string, ...options: string[]) =>
    spawnSync("xmllint", ["--nonet", ...options, "-"], { input: xml, encoding: "utf8" });
  /** The first required part that is not there. */
  const missing = (xml: string) =>
    REQUIRED.find((path) => {
      const [pass, rest = ""] = path.split("//");
      const steps = rest.split("/").map((name) => `*[local-name()='${name}']`);
      const query = `count(//*[local-name()='settings'][@pass='${pass}']//${steps.join("/")}[normalize-space()!=''])`;
      return Number(lint(xml, "--xpath", query).stdout) < 1;
    });

  describe.each([...machines, ...shared])("$label", (machine) => {
    const xml = answerOf(machine, "unattend.xml");

    test("is well-formed and answers every question", () => {
      expect(lint(xml, "--noout").stderr).toBe("");
      expect(missing(xml)).toBeUndefined();
    });

    test("installs onto the partition that it makes last", () => {
      const made = lint(xml, "--xpath", "count(//*[local-name()='CreatePartition'])").stdout.trim();
      const chosen = lint(
        xml,
        "--xpath",
        "string(//*[local-name()='InstallTo']/*[local-name()='PartitionID'])",
      ).stdout.trim();
      expect(chosen).toBe(made);
      expect(chosen).toBe(machine.label === "uefi" ? "3" : "2");
    });
  });

  test("a part that is missing is found, and one that is not well-formed", () => {
    const xml = answerOf(labelled(machines, "uefi"), "unattend.xml");
    expect(missing(xml.replace("<AcceptEula>true</AcceptEula>", ""))).toBe("windowsPE//UserData/AcceptEula");
    expect(lint(xml.replace("</settings>", ""), "--noout").status).not.toBe(0);
  });

  test("a password with signs of XML arrives as it is", () => {
    const xml = answerOf(labelled(machines, "dhcp"), "unattend.xml");
    const value = lint(
      xml,
      "--xpath",
      "string(//*[local-name()='AdministratorPassword']/*[local-name()='Value'])",
    ).stdout;
    expect(value.trim()).toBe('a<b&"c');
  });
});
