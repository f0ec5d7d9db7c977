import { describe, expect, test } from "vitest";
import { parseConfig } from "../../../src/config/load.ts";
import type { Config } from "../../../src/config/model.ts";
import { containerScript, vmScript } from "../../../src/offline/guest-script.ts";
import { type ProxmoxCommand, type ProxmoxScript, shellText } from "../../../src/proxmox/command.ts";
import { faultOf, parametersOf } from "./api-parameters.ts";

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO2nRkXm3Yw0vVSSiGBIEYrVzLJm2TZ1yJr7Yw1tqX9a admin@lab";

function configOf(hosts: string): Config {
  const text = `
dhcp:
  mode: server
  subnets: [{cidr: 10.0.0.0/24, router: 10.0.0.1, dns: [10.0.0.1, 10.0.0.2], domain: lab.example}]
defaults:
  guest: {storage: tank, bridge: vmbr1}
  users: [{name: admin, sshKeys: ["${KEY}"]}]
profiles:
  cloud: {installer: image, image: a.raw, guest: {cores: 4, diskSize: 32GiB}}
  signed: {installer: image, image: a.raw, loader: grub, firmware: uefi}
  windows-11: {installer: windows, folder: windows-11, edition: Windows 11 Pro, administratorPassword: secret, users: []}
hosts:
${hosts}`;
  const loaded = parseConfig(text, "/lab/bootwire.yaml");
  if (!loaded.ok) throw new Error(loaded.problems.map((problem) => problem.message).join("\n"));
  return loaded.config;
}

const CONFIG = configOf(`
  - {name: bios, mac: bc:24:11:00:00:01, vmid: 101, profile: cloud}
  - {name: uefi, mac: bc:24:11:00:00:02, otherMacs: bc:24:11:00:00:12, vmid: 102, profile: cloud, firmware: uefi,
     guest: {controller: virtio, tag: 20, memory: 8GiB}}
  - {name: signed, mac: bc:24:11:00:00:03, vmid: 103, profile: signed}
  - {name: sata, mac: bc:24:11:00:00:04, profile: cloud, guestAgent: false, guest: {controller: sata, machine: i440fx}}
  - {name: seeded, mac: bc:24:11:00:00:05, vmid: 105, profile: cloud, guest: {cloudInit: true}}
  - {name: windows, mac: bc:24:11:00:00:06, vmid: 106, firmware: uefi, guest: {osType: win11}}
  - {name: windows-11, mac: bc:24:11:00:00:16, vmid: 116, profile: windows-11}
  - {name: copy, mac: bc:24:11:00:00:07, vmid: 107, kind: clone, cloneOf: 9000, address: 10.0.0.7, network: static,
     guest: {diskSize: 32GiB}}
  - {name: next, mac: bc:24:11:00:00:08, kind: clone, cloneOf: 9000}
  - {name: box, mac: bc:24:11:00:00:09, vmid: 109, kind: lxc, address: 10.0.0.9, network: static,
     guest: {osTemplate: "local:vztmpl/debian-13-standard_13.1-1_amd64.tar.zst", diskSize: 8GiB, memory: 512MiB}}
`);

/** The call of Proxmox's API that takes a command's options. */
function endpointOf({ program, verb }: ProxmoxCommand): readonly [string, string] {
  switch (`${program} ${verb}`) {
    case "qm create":
    // `qm set` takes the hardware that `qm create` takes; the types have no parameters of its own call.
    case "qm set":
      return ["POST", "/nodes/{node}/qemu"];
    case "qm clone":
      return ["POST", "/nodes/{node}/qemu/{vmid}/clone"];
    case "qm disk resize":
      return ["PUT", "/nodes/{node}/qemu/{vmid}/resize"];
    case "pct create":
      return ["POST", "/nodes/{node}/lxc"];
    default:
      throw new Error(`no such command: ${program} ${verb}`);
  }
}

async function scriptOf(name: string): Promise<ProxmoxScript> {
  const host = CONFIG.hosts.find((one) => one.name === name);
  return host?.guest.kind === "lxc" ? containerScript(CONFIG, name) : vmScript(CONFIG, name, undefined);
}

describe.each(CONFIG.hosts.map((host) => host.name))("the commands of %s", (name) => {
  test("are what they always were", async () => {
    await expect(shellText(await scriptOf(name))).toMatchFileSnapshot(`golden/${name}.sh`);
  });

  test("have only options and values that Proxmox's API knows", async () => {
    const { commands } = await scriptOf(name);
    for (const command of commands) {
      const known = parametersOf(...endpointOf(command));
      for (const [option, value] of command.options) {
        const type = known.get(option);
        expect(type, `--${option} of ${command.program} ${command.verb}`).toBeDefined();
        expect(faultOf(type ?? "", value), `--${option} ${value}`).toBeUndefined();
      }
    }
  });
});

test("the types would refuse what Proxmox would", () => {
  const known = parametersOf("POST", "/nodes/{node}/qemu");
  const fault = (option: string, value: string) => faultOf(known.get(option) ?? "", value);
  expect(known.get("netcard")).toBeUndefined();
  expect(fault("ostype", "linux")).toContain("none of");
  expect(fault("bios", "uefi")).toContain("none of");
  expect(fault("efidisk0", "tank:1,efitype=8m")).toContain("none of");
  expect(fault("efidisk0", "tank:1,preenrolled=1")).toContain("not part of");
  expect(fault("rng0", "source=/dev/zero")).toContain("none of");
  expect(fault("agent", "enabled=yes")).toContain("not 0 or 1");
});

test("Secure Boot's keys are there for the signed loader alone", async () => {
  expect(shellText(await scriptOf("signed"))).toContain("pre-enrolled-keys=1");
  expect(shellText(await scriptOf("uefi"))).toContain("pre-enrolled-keys=0");
});

test("a seed that was made before takes the place of Proxmox's own drive", async () => {
  const text = shellText(await vmScript(CONFIG, "copy", "local:iso/copy-cidata.iso"));
  expect(text).toContain("--ide2 local:iso/copy-cidata.iso,media=cdrom");
  expect(text).not.toContain("--ciuser");
});

describe("what cannot be made is refused with what to do", () => {
  const guests = configOf(`
  - {name: nvme, mac: bc:24:11:00:00:01, profile: cloud, guest: {controller: nvme}}
  - {name: crowd, mac: bc:24:11:00:00:02, kind: clone, cloneOf: 9000, users: [{name: a}, {name: b}]}
  - {name: box, mac: bc:24:11:00:00:03, kind: lxc}
`);

  test.each([
    ["nvme", "controller: scsi"],
    ["crowd", "--seed"],
    ["box", "bootwire pct box"],
  ])("%s as a VM", async (name, hint) => {
    await expect(vmScript(guests, name, undefined)).rejects.toMatchObject({
      code: "BW_GUEST",
      hint: expect.stringContaining(hint),
    });
  });

  test.each([
    ["box", "osTemplate"],
    ["nvme", "bootwire qm nvme"],
  ])("%s as a container", (name, hint) => {
    expect(() => containerScript(guests, name)).toThrow(
      expect.objectContaining({ code: "BW_GUEST", hint: expect.stringContaining(hint) }),
    );
  });
});
