import { describe, expect, test } from "vitest";
import { refusalOf } from "../../../src/installers/refusal.ts";
import { describeIf } from "../../support/require.ts";
import { schemaPath } from "../../support/schemas.ts";
import { expectGolden, type GoldenMachine, goldenMachines } from "./golden.ts";
import { KICKSTART_COMMANDS, kickstartProblems, parseKickstart } from "./kickstart-check.ts";
import { shellProblems } from "./shell-check.ts";

const PROFILE = "    installer: kickstart\n    family: rhel9\n    tree: Rocky-9.6-x86_64-dvd.iso";
const machines = await goldenMachines({ profile: PROFILE });
const special = await goldenMachines({
  profile: `    installer: kickstart
    family: fedora43
    tree: fedora-43/os
    url: http://mirror.example/fedora/43/Everything/x86_64/os/
    layout: btrfs
    proxy: http://proxy.example:3128
    guestAgent: false`,
});
const [dhcp, fixed, uefi] = machines;
if (!dhcp || !fixed || !uefi) throw new Error("not three machines");

function kickstart({ installer, context }: GoldenMachine): string {
  return installer.answers(context).get("ks.cfg")?.body ?? "";
}

/** A machine with its profile changed. */
function changed(machine: GoldenMachine, system: object, own: object = {}): GoldenMachine {
  const { profile } = machine.context;
  const next = { ...profile, ...own, system: { ...profile.system, ...system } };
  return { ...machine, context: { ...machine.context, profile: next } };
}

function commands(machine: GoldenMachine, name: string): readonly string[] {
  return parseKickstart(kickstart(machine))
    .commands.filter(([first]) => first === name)
    .map((words) => words.join(" "));
}

const bond = changed(uefi, { network: { kind: "dhcp", vlan: 20, bond: "802.3ad" } });
const vlan = changed(fixed, {
  network: { ...fixed.context.profile.system.network, vlan: 30 },
  layout: "plain",
});
const golden = changed(dhcp, {}, { template: true });
const all = [...machines, ...special, bond, vlan, golden];

test.each(machines)("$label: renders what it always rendered", async (machine) => {
  await expectGolden("kickstart", machine);
});

test("every part that would make a person answer is there", () => {
  for (const machine of all) {
    const given = new Set(parseKickstart(kickstart(machine)).commands.map(([name]) => name));
    for (const name of ["cmdline", "lang", "keyboard", "timezone", "rootpw", "url", "network", "autopart"]) {
      expect(given, name).toContain(name);
    }
    const includes = commands(machine, "%include");
    expect(includes).toContain("%include /tmp/bootwire-disk.ks");
    expect(kickstart(machine)).toContain("cat >/tmp/bootwire-disk.ks");
  }
});

test("says what the config says", () => {
  expect(commands(fixed, "lang")).toEqual(["lang de_DE.UTF-8"]);
  expect(commands(fixed, "keyboard")).toEqual(["keyboard --xlayouts=de"]);
  expect(commands(fixed, "timezone")).toEqual(["timezone Europe/Berlin --utc"]);
  expect(commands(fixed, "network")).toEqual([
    "network --device=52:54:00:00:00:02 --bootproto=static --ip=192.0.2.20 --netmask=255.255.255.0 --gateway=192.0.2.254 --nameserver=192.0.2.53,192.0.2.54 --onboot=yes --no-activate",
    "network --hostname=db-1.lab.example",
  ]);
  expect(commands(fixed, "rootpw")[0]).toMatch(/^rootpw --iscrypted \$6\$saltsalt\$/);
  expect(commands(fixed, "user")).toEqual([
    expect.stringMatching(/^user --name=ops --groups=wheel --iscrypted --password=\$6\$/),
    "user --name=backup",
  ]);
  expect(commands(fixed, "sshkey")).toHaveLength(2);
  expect(commands(dhcp, "rootpw")).toEqual(["rootpw --lock"]);
  expect(commands(dhcp, "url")).toEqual(["url --url=http://192.0.2.1:8080/media/Rocky-9.6-x86_64-dvd.iso"]);
  const [fedora] = special;
  if (!fedora) throw new Error("no machine");
  expect(commands(fedora, "url")).toEqual([
    "url --url=http://mirror.example/fedora/43/Everything/x86_64/os/ --proxy=http://proxy.example:3128",
  ]);
  expect(commands(fedora, "autopart")).toEqual(["autopart --type=btrfs"]);
  expect(kickstart(fedora)).not.toContain("qemu-guest-agent");
});

test("a VLAN lies upon the card, a bond upon cards that are found by MAC", () => {
  expect(commands(vlan, "network")[0]).toContain("--device=52:54:00:00:00:02 ");
  expect(commands(vlan, "network")[0]).toContain("--vlanid=30 --interfacename=vlan30");
  expect(commands(bond, "%include")).toContain("%include /tmp/bootwire-network.ks");
  expect(kickstart(bond)).toMatch(/for mac in 52:54:00:00:00:03 52:54:00:00:00:04; do/);
  expect(kickstart(bond)).toMatch(
    /^network --device=bond0 --bondslaves=\S+ --bondopts=mode=802.3ad,miimon=100 .*--vlanid=20/m,
  );
});

test("a golden image is switched off, without an identity of its own", () => {
  expect(commands(golden, "poweroff")).toHaveLength(1);
  expect(commands(golden, "reboot")).toHaveLength(0);
  const { sections } = parseKickstart(kickstart(golden));
  const text = (name: string) =>
    sections.filter(({ header: [first] }) => first === name).flatMap(({ lines }) => lines);
  expect(text("%packages")).toContain("cloud-init");
  expect(text("%post").join("\n")).toMatch(/: >\/etc\/machine-id\n/);
});

test("the kernel's arguments have no blanks, and the tree is where stage 2 comes from", () => {
  for (const { installer, context } of all) {
    const plan = installer.boot(context);
    if (plan.kind !== "linux") throw new Error("no kernel");
    for (const word of plan.commandLine) expect(word).not.toMatch(/\s/);
    expect(plan.kernel).toMatch(/\/images\/pxeboot\/vmlinuz$/);
  }
});

describe("what it cannot do is refused", () => {
  test.each([
    ["btrfs on RHEL", { layout: "btrfs" }, "btrfs"],
    ["zfs", { layout: "zfs" }, "layout: zfs"],
    ["a package that would end the list", { packages: ["%end"] }, "%end"],
  ])("%s", (_, system, said) => {
    const { installer, context } = changed(dhcp, system);
    expect(refusalOf(installer, context)).toMatchObject({
      code: "BW_INSTALLER_CANNOT",
      message: expect.stringContaining(said),
    });
  });
});

describeIf({ files: [schemaPath(KICKSTART_COMMANDS)] }, "the commands that Anaconda knows", () => {
  const versions = { rhel8: "RHEL8", rhel9: "RHEL9", rhel10: "RHEL10", fedora40: "F40", fedora43: "F43" };

  test.each(Object.entries(versions))("%s takes every file", (family, version) => {
    for (const machine of all) {
      const text = kickstart(changed(machine, {}, { family }));
      expect(kickstartProblems(text, version)).toEqual([]);
      // What %pre writes for this machine, too.
      const written = [...text.matchAll(/<<(DISK|NETWORK)\n([\s\S]*?)\n\1\n/g)].map(
        (match) => match[2] ?? "",
      );
      expect(written.length).toBeGreaterThan(0);
      for (const part of written) expect(kickstartProblems(part, version)).toEqual([]);
    }
  });

  test.each([
    ["auth --enableshadow", "no command auth"],
    ["timezone UTC --isUtc", "timezone has no --isUtc"],
    ["network --bootproto=dcp", "--bootproto of network cannot be dcp"],
    ["network --ip", "--ip of network wants a value"],
    ["rootpw --lock=yes", "--lock of rootpw takes no value"],
    ["zerombr yes", "zerombr does not take yes"],
  ])("RHEL 10 does not take %s", (line, problem) => {
    expect(kickstartProblems(line, "RHEL10")).toEqual([problem]);
  });
});

describeIf({ commands: ["shellcheck"] }, "shellcheck", () => {
  test.each(all.map((machine, index) => ({ machine, index })))(
    "takes the scripts of machine $index",
    ({ machine }) => {
      const { sections } = parseKickstart(kickstart(machine));
      const scripts = sections.filter(({ header: [name] }) => name !== "%packages");
      expect(scripts).toHaveLength(5);
      for (const { lines } of scripts) expect(shellProblems(lines.join("\n"))).toBe("");
    },
  );
});
