import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeIf } from "../../support/require.ts";
import { schemaPath } from "../../support/schemas.ts";
import { expectGolden, goldenMachines } from "./golden.ts";
import { shellFaults } from "./shell-faults.ts";
import { answerOf, labelled, varied } from "./variants.ts";

const machines = await goldenMachines({
  profile: "    installer: autoyast\n    iso: openSUSE-Leap-15.6-DVD-x86_64.iso",
});
const fixed = labelled(machines, "static");
const twoCards = labelled(machines, "uefi");

/** Machines that ask for what the golden ones do not. */
const VARIANTS = {
  "a VLAN": varied(fixed, { link: { vlan: 20, bond: undefined } }),
  "a bond": varied(twoCards, { link: { vlan: undefined, bond: "active-backup" } }),
  "a VLAN on a bond": varied(twoCards, { link: { vlan: 20, bond: "802.3ad" } }),
  "a plain layout": varied(fixed, { system: { layout: "plain" } }),
  LVM: varied(fixed, { system: { layout: "lvm" } }),
  btrfs: varied(fixed, { system: { layout: "btrfs", proxy: "http://192.0.2.7:3128" } }),
  "a golden image": varied(fixed, { template: true }),
};

test.each(machines)("$label: renders what it always rendered", async (machine) => {
  await expectGolden("autoyast", machine);
});

test("a bond joins all cards, and the VLAN on it has the address", () => {
  const { installer } = twoCards;
  const xml = installer.answers(VARIANTS["a VLAN on a bond"]).get("autoinst.xml")?.body ?? "";
  expect(xml).toMatch(/<bonding_slave0>eth0<[\s\S]*<bonding_slave1>eth1</);
  expect(xml).toContain("mode=802.3ad miimon=100");
  expect(xml).toMatch(
    /<device>bond0.20<[\s\S]*<etherdevice>bond0<[\s\S]*<vlan_id>20<[\s\S]*<bootproto>dhcp</,
  );
  expect(xml).toMatch(/<name>eth1<\/name>\s*<rule>ATTR{address}<\/rule>\s*<value>52:54:00:00:00:04</);
});

test("a golden image is switched off, and does not call home when it is copied", () => {
  const xml = fixed.installer.answers(VARIANTS["a golden image"]).get("autoinst.xml")?.body ?? "";
  expect(xml).toContain('<halt config:type="boolean">true</halt>');
  expect(xml).not.toContain("bootwire-report");
  expect(xml).toContain("rm -f /etc/ssh/ssh_host_");
});

describeIf({ commands: ["shellcheck"] }, "its scripts", () => {
  test.each(machines)("are right for a shell: $label", (machine) => {
    const xml = answerOf(machine, "autoinst.xml");
    const scripts = [...xml.matchAll(/<source>([\s\S]*?)<\/source>/g)].map(([, source = ""]) =>
      unescaped(source),
    );
    expect(scripts).toHaveLength(2);
    for (const script of scripts) expect(shellFaults(script)).toBe("");
  });
});

describeIf(
  { commands: ["xmllint", "jing"], files: [schemaPath("autoyast/profile.rng")] },
  "AutoYaST's grammar",
  () => {
    const grammar = schemaPath("autoyast/profile.rng");
    const xmllint = (xml: string) => {
      const options = { input: xml, encoding: "utf8" } as const;
      const checked = spawnSync("xmllint", ["--noout", "--nonet", "--relaxng", grammar, "-"], options);
      return checked.status === 0 ? "" : checked.stderr;
    };
    /** All at once, since it takes seconds to start: the names of those that are not right. */
    const jing = async (files: Readonly<Record<string, string>>) => {
      const folder = await mkdtemp(join(tmpdir(), "bootwire-autoyast-"));
      const names = Object.keys(files).map((name) => `${name}.xml`);
      for (const [name, xml] of Object.entries(files)) await writeFile(join(folder, `${name}.xml`), xml);
      const checked = spawnSync("jing", [grammar, ...names], { cwd: folder, encoding: "utf8" });
      await rm(folder, { recursive: true });
      expect([0, 1]).toContain(checked.status);
      return Object.keys(files).filter((name) => checked.stdout.includes(`${name}.xml:`));
    };
    const contexts = [
      ...machines.map(({ label, context }) => ({ label: `the machine ${label}`, context })),
      ...Object.entries(VARIANTS).map(([label, context]) => ({ label, context })),
    ];

    const rendered = contexts.map(({ label, context }) => ({
      label,
      xml: fixed.installer.answers(context).get("autoinst.xml")?.body ?? "",
    }));
    const good = answerOf(fixed, "autoinst.xml");
    const bad = {
      "an element that there is not": good.replaceAll("keymap>", "keymapp>"),
      "a word in place of true or false": good.replace('"boolean">false<', '"boolean">no<'),
      "a size without a partition": good.replace("<use>all</use>", "<use>all</use><size>max</size>"),
    };

    test.each(rendered)("xmllint takes $label", ({ xml }) => {
      expect(xmllint(xml)).toBe("");
    });

    test.each(Object.entries(bad))("xmllint refuses %s", (_, xml) => {
      expect(xmllint(xml)).toContain("fails to validate");
    });

    test("jing takes and refuses the same", async () => {
      const files = Object.fromEntries(rendered.map(({ label, xml }) => [label, xml]));
      expect(await jing({ ...files, ...bad })).toEqual(Object.keys(bad));
    });
  },
);

function unescaped(xml: string): string {
  const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return xml.replace(/&(lt|gt|quot|apos|amp);/g, (whole, name: string) => entities[name] ?? whole);
}
