import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import { proxmoxKeyboard, proxmoxTimezone } from "../../../src/installers/proxmox-terms.ts";
import { refusalOf } from "../../../src/installers/refusal.ts";
import { jsonSchemaValidator } from "../../support/json-schema.ts";
import { describeIf } from "../../support/require.ts";
import { schemaPath } from "../../support/schemas.ts";
import { expectGolden, type GoldenMachine, goldenMachines } from "./golden.ts";
import { shellProblems } from "./shell-check.ts";

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO2nRkXm3Yw0vVSSiGBIEYrVzLJm2TZ1yJr7Yw1tqX9a admin@lab";
const PROFILE = `    installer: proxmox
    iso: proxmox-ve_9.2-1.iso
    domain: lab.example
    users: [{name: root, passwordHash: '$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/', sshKeys: ["${KEY}"]}]`;
const FILTERED = `${PROFILE}\n    diskFilter: {ID_SERIAL: "*"}`;
const machines = await goldenMachines({ profile: FILTERED, without: ["users"] });
const older = await goldenMachines({ profile: `${FILTERED}\n    version: "8"`, without: ["users"] });
const zfs = await goldenMachines({
  profile: `${PROFILE}
    filesystem: zfs
    raid: raid1
    disks: [/dev/sda, /dev/sdb]
    country: at
    mailto: admin@example.org
    proxy: http://proxy.example:3128
    nicFilter: {ID_NET_NAME: enp1s0}
    guestAgent: false`,
  without: ["users", "disk"],
});
const all = [...machines, ...older, ...zfs];
const [dhcp, fixed] = machines;
if (!dhcp || !fixed) throw new Error("not three machines");

function body({ installer, context }: GoldenMachine, name: string): string {
  return installer.answers(context).get(name)?.body ?? "";
}

const answer = (machine: GoldenMachine) => parse(body(machine, "answer.toml"));

/** A machine with its profile changed. */
function changed(machine: GoldenMachine, system: object, own: object = {}): GoldenMachine {
  const { profile } = machine.context;
  const next = { ...profile, ...own, system: { ...profile.system, ...system } };
  return { ...machine, context: { ...machine.context, profile: next } };
}

test.each(machines)("$label: renders what it always rendered", async (machine) => {
  await expectGolden("proxmox", machine);
});

test("boots from the ISO's inside, with the whole of it beside its initrd", () => {
  const plan = dhcp.installer.boot(dhcp.context);
  expect(plan).toMatchObject({
    kernel: "media/proxmox-ve_9.2-1.iso/boot/linux26",
    initrd:
      "join/media/proxmox-ve_9.2-1.iso/boot/initrd.img/+/proxmox-iso/http/192.0.2.1:8080/a/token/answers/answer.toml/@/media/proxmox-ve_9.2-1.iso/=/proxmox.iso",
    commandLine: expect.arrayContaining(["proxmox-start-auto-installer", "ramdisk_size=16777216"]),
  });
});

test("says what the config says", () => {
  expect(answer(fixed)).toMatchObject({
    global: {
      keyboard: "de",
      country: "de",
      fqdn: "db-1.lab.example",
      mailto: "root@db-1.lab.example",
      timezone: "Europe/Berlin",
      "root-ssh-keys": [KEY],
    },
    network: {
      source: "from-answer",
      cidr: "192.0.2.20/24",
      dns: "192.0.2.53",
      gateway: "192.0.2.254",
      filter: { ID_NET_NAME_MAC: "*525400000002" },
    },
    "disk-setup": { filesystem: "ext4", "disk-list": ["sda"] },
    "post-installation-webhook": { url: "http://192.0.2.1:8080/a/token/proxmox" },
    "first-boot": { url: "http://192.0.2.1:8080/a/token/answers/first-boot.sh" },
  });
  expect(answer(dhcp)).toMatchObject({
    global: { keyboard: "en-us", country: "us", timezone: "UTC" },
    network: { source: "from-dhcp" },
    "disk-setup": { filter: { ID_SERIAL: "*" }, "filter-match": "all" },
  });
  const [pool] = zfs;
  if (!pool) throw new Error("no machine");
  expect(answer(pool)).toMatchObject({
    global: { country: "at", mailto: "admin@example.org" },
    "disk-setup": { filesystem: "zfs", "disk-list": ["sda", "sdb"], zfs: { raid: "raid1" } },
  });
  expect(body(fixed, "first-boot.sh")).toContain("apt-get install -y qemu-guest-agent htop postgresql");
  expect(body(fixed, "first-boot.sh")).toContain("update-locale LANG='de_DE.UTF-8'");
});

test("8.x gets its keys with underscores", () => {
  const [old] = older;
  if (!old) throw new Error("no machine");
  expect(Object.keys(answer(old)["global"] ?? {})).toEqual(
    expect.arrayContaining(["root_password_hashed", "root_ssh_keys", "reboot_on_error"]),
  );
  expect(body(old, "answer.toml")).not.toMatch(/^[a-z]+-[a-z-]+ = /m);
});

test("keyboards and time zones in the installer's own terms", () => {
  expect(["us", "gb", "de", "ch", "br", "en-us"].map((name) => proxmoxKeyboard(name, "de_CH.UTF-8"))).toEqual(
    [...["en-us", "en-gb", "de", "de-ch", "pt-br", "en-us"]],
  );
  expect(proxmoxKeyboard("ch", "fr_CH.UTF-8")).toBe("fr-ch");
  expect(proxmoxKeyboard("ru", "ru_RU.UTF-8")).toBeUndefined();
  expect(["Etc/UTC", "UTC", "Europe/Berlin"].map(proxmoxTimezone)).toEqual(["UTC", "UTC", "Europe/Berlin"]);
  expect(proxmoxTimezone("Etc/GMT+5")).toBeUndefined();
});

describe("what stands against it is said", () => {
  const noGateway = { network: { ...fixed.context.profile.system.network, gateway: undefined } };
  test.each([
    ["nobody has a password", changed(dhcp, { users: [] }), /password of root/],
    ["there is no domain", changed(dhcp, { domain: undefined }), /domain/],
    ["the keyboard is not known", changed(dhcp, { keyboard: "ru" }), /keyboard ru/],
    ["the time zone is not known", changed(dhcp, { timezone: "Etc/GMT+5" }), /time zone/],
    ["no disk is said", changed(dhcp, {}, { diskFilter: undefined }), /told the disk/],
    ["a static address lacks its gateway", changed(fixed, noGateway), /gateway/],
    ["ext4 is to lie on two disks", changed(dhcp, {}, { disks: ["/dev/sda", "/dev/sdb"] }), /one disk only/],
    ["a mirror has one disk", changed(fixed, {}, { filesystem: "zfs", raid: "raid1" }), /wants 2 disks/],
    ["btrfs is to be raidz", changed(dhcp, {}, { filesystem: "btrfs", raid: "raidz-1" }), /raidz-1/],
  ])("%s", (_, { installer, context }, message) => {
    expect(refusalOf(installer, context)).toMatchObject({
      code: "BW_INSTALLER_NEEDS",
      message: expect.stringMatching(message),
    });
  });

  test.each([
    ["a VLAN", { network: { kind: "dhcp", vlan: 20, bond: undefined } }],
    ["a bond", { network: { kind: "dhcp", vlan: undefined, bond: "802.3ad" } }],
    ["a layout without LVM", { layout: "plain" }],
    [
      "further users",
      { users: [...dhcp.context.profile.system.users, { name: "ops", sshKeys: [], sudo: true }] },
    ],
  ])("%s cannot be said", (_, system) => {
    const { installer, context } = changed(dhcp, system);
    expect(refusalOf(installer, context)).toMatchObject({ code: "BW_INSTALLER_CANNOT" });
  });
});

describe("its webhook", () => {
  const sent = {
    $schema: { version: "1.2" },
    "debian-version": "13.1",
    product: { fullname: "Proxmox VE", short: "pve", version: "9.2.1" },
    filesystem: "zfs (RAID1)",
    fqdn: "pve-1.lab.example",
    "machine-id": "f4bf9711783248b7aaffe3ccbca3e3dc",
    disks: [{ "is-bootdisk": true, size: 8589934592 }],
    "ssh-public-host-keys": {
      ecdsa: "ecdsa-sha2-nistp256 AAAA root@pve-1",
      ed25519: "ssh-ed25519 BBBB",
      rsa: "unknown",
    },
    "reboot-mode": "reboot",
  };
  const call = (name: string, text: string) =>
    dhcp.installer.callback?.({ name, body: Buffer.from(text), contentType: "application/json" });

  test("means that the machine is installed; what it is goes into the log", () => {
    const events = call("proxmox", JSON.stringify(sent));
    expect(events?.map(({ kind }) => kind)).toEqual(["log", "report", "done"]);
    expect(events?.[0]).toMatchObject({
      text: expect.stringContaining("machine-id: f4bf9711783248b7aaffe3ccbca3e3dc"),
    });
    expect(events?.[0]).toMatchObject({ text: expect.stringContaining("ssh host key: ssh-ed25519 BBBB\n") });
    expect(events?.[1]).toMatchObject({ hostname: "pve-1.lab.example", users: ["root"] });
  });

  test("anything else is no call of this installer", () => {
    expect(call("subiquity", JSON.stringify(sent))).toBeUndefined();
    expect(call("proxmox", "{")).toBeUndefined();
    expect(call("proxmox", "{}")).toBeUndefined();
  });
});

const SCHEMA = "proxmox/answer.schema.json";

describeIf({ files: [schemaPath(SCHEMA)] }, "the answers' schema", () => {
  const problems = (text: string) => jsonSchemaValidator(SCHEMA)(parse(text));

  test("takes every answer", () => {
    for (const machine of all) expect(problems(body(machine, "answer.toml"))).toEqual([]);
  });

  test.each([
    ["a bare name", /fqdn = .*/, 'fqdn = "pve"'],
    ["a key that it does not know", /\[network\]/, '[network]\nbridge = "vmbr0"'],
    ["a keyboard by its XKB name", /keyboard = .*/, 'keyboard = "us"'],
    ["no password", /root-password-hashed = .*\n/, ""],
    ["two passwords", /\[network\]/, 'root-password = "12345678"\n\n[network]'],
    ["a prefix of 33", /cidr = .*/, 'cidr = "192.0.2.20/33"'],
    ["the same disk twice", /disk-list = .*/, 'disk-list = ["sda", "sda"]'],
    ["two disks of ext4", /disk-list = .*/, 'disk-list = ["sda", "sdb"]'],
    ["zfs without its level", /filesystem = .*/, 'filesystem = "zfs"'],
  ])("refuses %s", (_, what, instead) => {
    const text = body(fixed, "answer.toml");
    expect(text).toMatch(what);
    expect(problems(text.replace(what, instead))).not.toEqual([]);
  });
});

describeIf({ commands: ["shellcheck"] }, "shellcheck", () => {
  test.each(all.map((machine, index) => ({ machine, index })))(
    "takes the script of machine $index",
    ({ machine }) => {
      expect(shellProblems(body(machine, "first-boot.sh"))).toBe("");
    },
  );
});
