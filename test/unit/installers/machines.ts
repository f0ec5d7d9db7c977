import type { HostConfig } from "../../../src/config/model.ts";
import type { SystemConfig } from "../../../src/config/profile-base.ts";
import type { DebianProfile } from "../../../src/config/profiles/debian.ts";
import type { ImageProfile } from "../../../src/config/profiles/image.ts";
import type { InstallContext } from "../../../src/installers/installer.ts";
import { parseIpv4, parseIpv4WithPrefix } from "../../../src/net/ipv4.ts";
import { debianContext, imageContext } from "./context.ts";

/** Three machines whose rendered files are kept beside the tests, to be looked at when a template changes. */

export interface SampleMachine {
  readonly label: string;
  readonly image: InstallContext<ImageProfile>;
  readonly debian: InstallContext<DebianProfile>;
}

const HASH =
  "$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/";
const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO2nRkXm3Yw0vVSSiGBIEYrVzLJm2TZ1yJr7Yw1tqX9a admin@lab";

function machine(
  label: string,
  changes: {
    readonly host?: Partial<HostConfig>;
    readonly system?: Partial<SystemConfig>;
    readonly firmware?: "bios" | "uefi";
    readonly image?: Partial<ImageProfile>;
  },
): SampleMachine {
  const { image, ...common } = changes;
  const measured = { sha256: "ab".repeat(32), size: 500 << 20, rawSize: 2 ** 31 };
  return {
    label,
    image: imageContext({ ...common, image: measured, ...(image && { profile: image }) }),
    debian: debianContext(common),
  };
}

/** Throws for text that is no address: these are literals of this file. */
function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("not an address");
  return value;
}

export const MACHINES: readonly SampleMachine[] = [
  machine("dhcp", {
    system: { users: [{ name: "admin", passwordHash: undefined, sshKeys: [KEY], sudo: true }] },
  }),
  machine("static", {
    host: { name: "db1.lab.example", disk: "/dev/sda" },
    system: {
      locale: "de_DE.UTF-8",
      keyboard: "de",
      users: [
        { name: "root", passwordHash: HASH, sshKeys: [KEY], sudo: false },
        { name: "ops", passwordHash: HASH, sshKeys: [], sudo: true },
        {
          name: "backup",
          passwordHash: undefined,
          sshKeys: [KEY, `from="192.0.2.0/24" ${KEY}`],
          sudo: false,
        },
      ],
      packages: ["htop", "postgresql"],
      runCommands: ["echo 'it''s: #1' >/etc/motd", "systemctl enable --now postgresql"],
      network: {
        kind: "static",
        vlan: undefined,
        bond: undefined,
        address: must(parseIpv4WithPrefix("192.0.2.20/24")),
        gateway: must(parseIpv4("192.0.2.254")),
        dns: [must(parseIpv4("192.0.2.53")), must(parseIpv4("9.9.9.9"))],
      },
    },
  }),
  machine("uefi", {
    firmware: "uefi",
    host: { name: "app1" },
    image: { image: "images/win dows & co.qcow2" },
    system: { domain: "lab.example", timezone: "Etc/UTC" },
  }),
];
