import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { jsonSchemaValidator } from "../../support/json-schema.ts";
import { describeIf } from "../../support/require.ts";
import { readSchema, schemaPath } from "../../support/schemas.ts";
import { expectGolden, type GoldenMachine, goldenMachines } from "./golden.ts";
import { shellProblems } from "./shell-check.ts";

const PROFILE = "    installer: ubuntu\n    iso: ubuntu-24.04.3-live-server-amd64.iso";
const machines = await goldenMachines({ profile: PROFILE });
const special = await goldenMachines({
  profile: `${PROFILE}
    layout: zfs
    proxy: http://proxy.example:3128
    mirror: http://mirror.example/ubuntu
    source: ubuntu-server-minimal
    snaps: [lxd]
    updates: all
    guestAgent: false`,
});

function body(machine: GoldenMachine, name: string): string {
  const answer = machine.installer.answers(machine.context).get(name);
  if (!answer) throw new Error(`no ${name}`);
  return answer.body;
}

/** What stands below `autoinstall:`. */
function autoinstall(machine: GoldenMachine) {
  return parse(body(machine, "user-data")).autoinstall;
}

/** A machine with its profile changed. */
function changed(machine: GoldenMachine, system: object, template = false): GoldenMachine {
  const { profile } = machine.context;
  const own = { ...profile, template, system: { ...profile.system, ...system } };
  return { ...machine, context: { ...machine.context, profile: own } };
}

const [dhcp, fixed, uefi] = machines;
if (!dhcp || !fixed || !uefi) throw new Error("not three machines");
const bond = changed(uefi, { network: { kind: "dhcp", vlan: 20, bond: "802.3ad" } });
const golden = changed(dhcp, {}, true);
const all = [...machines, ...special, bond, golden];

test.each(machines)("$label: renders what it always rendered", async (machine) => {
  await expectGolden("ubuntu", machine);
});

test("the kernel's arguments have no blanks, name the ISO as it is, and end the seed's URL with a slash", () => {
  const plan = dhcp.installer.boot(dhcp.context);
  if (plan.kind !== "linux") throw new Error("no kernel");
  for (const word of plan.commandLine) expect(word).not.toMatch(/\s/);
  expect(plan.commandLine).toEqual(
    expect.arrayContaining([
      "autoinstall",
      "url=http://192.0.2.1:8080/media/ubuntu-24.04.3-live-server-amd64.iso",
      "ds=nocloud-net;s=http://192.0.2.1:8080/a/token/answers/",
    ]),
  );
});

test("the first line is what cloud-init goes by", () => {
  for (const machine of all) expect(body(machine, "user-data").split("\n")[0]).toBe("#cloud-config");
});

test("the disk is the config's, or the only one: early.sh stops where there are several", () => {
  expect(autoinstall(fixed).storage.layout).toMatchObject({ name: "lvm", match: { path: "/dev/sda" } });
  expect(autoinstall(dhcp).storage.layout.match).toEqual({ size: "largest" });
  expect(body(dhcp, "early.sh")).toContain("the machine has several disks");
});

test("says what the config says", () => {
  const [, all] = special;
  if (!all) throw new Error("no machine");
  expect(autoinstall(all)).toMatchObject({
    version: 1,
    locale: "de_DE.UTF-8",
    keyboard: { layout: "de" },
    timezone: "Europe/Berlin",
    proxy: "http://proxy.example:3128",
    apt: { "mirror-selection": { primary: [{ uri: "http://mirror.example/ubuntu" }] } },
    source: { id: "ubuntu-server-minimal" },
    snaps: [{ name: "lxd" }],
    updates: "all",
    packages: ["htop", "postgresql"],
    storage: { layout: { name: "zfs" } },
    ssh: { "allow-pw": true },
    network: { ethernets: { eth0: { addresses: ["192.0.2.20/24"] } } },
    "user-data": {
      users: [{ name: "root" }],
      hostname: "db-1",
      phone_home: { url: "http://192.0.2.1:8080/a/token/booted" },
    },
  });
  expect(autoinstall(dhcp).packages).toEqual(["qemu-guest-agent"]);
  expect(autoinstall(dhcp)).not.toHaveProperty("snaps");
});

test("a bond with a VLAN is the installed system's alone: the installer stays in the boot network", () => {
  expect(autoinstall(bond).network).toEqual({
    version: 2,
    ethernets: {
      eth0: { match: { macaddress: "52:54:00:00:00:03" }, dhcp4: true, "dhcp-identifier": "mac" },
    },
  });
  const [, written] = /<<'NETPLAN'\n([\s\S]*?)NETPLAN\n/.exec(body(bond, "late.sh")) ?? [];
  expect(parse(written ?? "").network).toMatchObject({
    ethernets: {
      eth0: { match: { macaddress: "52:54:00:00:00:03" } },
      eth1: { match: { macaddress: "52:54:00:00:00:04" } },
    },
    bonds: { bond0: { interfaces: ["eth0", "eth1"], parameters: { mode: "802.3ad" } } },
    vlans: { vlan20: { id: 20, link: "bond0", dhcp4: true } },
  });
});

test("a golden image is switched off, without an identity of its own", () => {
  expect(autoinstall(golden).shutdown).toBe("poweroff");
  expect(autoinstall(golden).packages).toContain("cloud-init");
  const late = body(golden, "late.sh");
  for (const gone of ["/target/etc/machine-id", "/target/etc/ssh/ssh_host_", "/target/var/lib/cloud/"]) {
    expect(late).toContain(gone);
  }
  expect(body(dhcp, "late.sh")).not.toContain("machine-id");
});

describe("its webhook", () => {
  const call = (name: string, event: object) =>
    dhcp.installer.callback?.({ name, body: Buffer.from(JSON.stringify(event)), contentType: undefined });
  const event = (name: string, event_type: string, more: object = {}) => ({
    name,
    event_type,
    description: "",
    origin: "curtin",
    timestamp: 1,
    level: "DEBUG",
    ...more,
  });

  test("percentages only grow from the first step to the last", () => {
    const step = "subiquity/Install/install/curtin_install/run_curtin_step";
    const steps = [
      event("subiquity/Early/run", "start"),
      event("subiquity/Install/install/curtin_install", "start", { description: "installing system" }),
      event(step, "start", { description: "executing curtin install partitioning step" }),
      event(step, "start", { description: "executing curtin install extract step" }),
      event(step, "start", { description: "executing curtin install curthooks step" }),
      event("subiquity/Install/install/postinstall", "start"),
      event("subiquity/Install/install/postinstall/install_htop", "start", {
        description: "installing htop",
      }),
      event("subiquity/Install/install/postinstall/run_unattended_upgrades", "start"),
      event("subiquity/Late/run", "start"),
    ];
    const said = steps.flatMap((one) => call("subiquity", one) ?? []);
    const percents = said.map((one) => (one.kind === "progress" ? one.percent : undefined));
    expect(percents).toEqual([5, 10, 15, 20, 45, 60, 65, 80, 88]);
    expect(said[6]).toMatchObject({ text: "installing htop" });
  });

  test("the rest of what it tells is nothing for a timeline, or goes into the log", () => {
    expect(call("subiquity", event("subiquity/Network/_send_update", "start"))).toEqual([]);
    expect(call("subiquity", event("subiquity/Install/install", "finish", { result: "SUCCESS" }))).toEqual(
      [],
    );
    expect(call("subiquity", event("subiquity/Install/install", "finish", { result: "FAIL" }))).toEqual([
      { kind: "log", text: "FAIL subiquity/Install/install: \n" },
    ]);
    const mute = event("subiquity/apply_autoinstall_config", "finish", { result: "FAIL" });
    expect(call("subiquity", mute)).toMatchObject([{ kind: "failed" }]);
  });

  test("an installed system's cloud-init tells the end of its stages and what failed", () => {
    const failed = event("modules-final/config-package_update", "finish", { result: "FAIL" });
    expect(call("cloud-init", failed)).toEqual([
      { kind: "log", text: "cloud-init modules-final/config-package_update: FAIL \n" },
    ]);
    expect(call("cloud-init", event("modules-final", "finish", { result: "SUCCESS" }))).toHaveLength(1);
    expect(call("cloud-init", event("modules-final/config-runcmd", "start"))).toEqual([]);
  });

  test("what is no event is no call of this installer", () => {
    expect(call("proxmox", event("a", "start"))).toBeUndefined();
    for (const text of ["", "{", "[]", '{"name": 1}', "name=a"]) {
      const sent = { name: "subiquity", body: Buffer.from(text), contentType: "application/json" };
      expect(dhcp.installer.callback?.(sent)).toBeUndefined();
    }
  });
});

const AUTOINSTALL = "subiquity/autoinstall-schema.json";
const CLOUD_CONFIG = "cloud-init/schema-cloud-config-v1.json";
const NETWORK = "cloud-init/schema-network-config-v2.json";

describeIf({ files: [AUTOINSTALL, CLOUD_CONFIG, NETWORK].map(schemaPath) }, "the schemas", () => {
  test("subiquity's takes it, and every key is one that it knows", () => {
    const problems = jsonSchemaValidator(AUTOINSTALL);
    const schema = readSchema(AUTOINSTALL);
    const known = parseProperties(schema);
    for (const machine of all) {
      const written = autoinstall(machine);
      expect(problems(written)).toEqual([]);
      for (const key of Object.keys(written)) expect(known).toContain(key);
    }
    expect(problems({ ...autoinstall(dhcp), version: 2 })).not.toEqual([]);
    expect(problems({ ...autoinstall(dhcp), ssh: { "allow-pw": "yes" } })).not.toEqual([]);
  });

  test("cloud-init's takes the user-data of the installed system", () => {
    const problems = jsonSchemaValidator(CLOUD_CONFIG, "04");
    for (const machine of all) expect(problems(autoinstall(machine)["user-data"])).toEqual([]);
    expect(problems({ ...autoinstall(dhcp)["user-data"], runcmd: "reboot" })).not.toEqual([]);
  });

  test("cloud-init's takes the network", () => {
    const problems = jsonSchemaValidator(NETWORK);
    const networks = all.map((machine) => autoinstall(machine).network);
    const [, late] = /<<'NETPLAN'\n([\s\S]*?)NETPLAN\n/.exec(body(bond, "late.sh")) ?? [];
    for (const network of [...networks, parse(late ?? "").network]) expect(problems({ network })).toEqual([]);
    expect(problems({ network: { ...networks[0], vlans: { a: { id: "x" } } } })).not.toEqual([]);
  });
});

function parseProperties(schema: unknown): readonly string[] {
  if (typeof schema !== "object" || schema === null || !("properties" in schema)) return [];
  return Object.keys(schema.properties ?? {});
}

describeIf({ commands: ["cloud-init"] }, "cloud-init itself", () => {
  const check = async (text: string) => {
    const folder = await mkdtemp(join(tmpdir(), "bootwire-user-data-"));
    const file = join(folder, "user-data");
    await writeFile(file, text);
    const checked = spawnSync("cloud-init", ["schema", "--config-file", file], { encoding: "utf8" });
    await rm(folder, { recursive: true });
    return checked;
  };

  test("takes the user-data of the installed system, and refuses a bad one", async () => {
    const config = (machine: GoldenMachine) =>
      `#cloud-config\n${JSON.stringify(autoinstall(machine)["user-data"])}`;
    expect((await check(config(fixed))).status).toBe(0);
    expect((await check("#cloud-config\nusers: 7\n")).status).not.toBe(0);
  });
});

describeIf({ commands: ["shellcheck"] }, "shellcheck", () => {
  test.each(all.map((machine, index) => ({ machine, index })))(
    "takes the scripts of machine $index",
    ({ machine }) => {
      const scripts = ["early.sh", "late.sh", "error.sh"].map((name) => body(machine, name));
      for (const script of scripts) expect(shellProblems(script)).toBe("");
    },
  );
});
