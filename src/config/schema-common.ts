import { z } from "zod";
import { oneOrMany, rawOptions, textField } from "./fields.ts";
import { guestSchema } from "./guest.ts";
import type { VarValue } from "./profile-base.ts";
import { readIpv4Address, readIpv4WithPrefix } from "./read-network.ts";
import {
  readDisk,
  readDomain,
  readDuration,
  readKeyboard,
  readLocale,
  readPasswordHash,
  readSshKey,
  readTimezone,
  readUserName,
  readWord,
} from "./read-text.ts";

/** A port to listen on. */
export const port = (description: string, fallback: number) =>
  z.int().min(1).max(65_535).meta({ description, default: fallback });

/** A folder, relative to the config's own. */
export const folder = (description: string, fallback?: string) =>
  z
    .string()
    .min(1)
    .meta({
      description: `${description} Relative to the folder of this file.`,
      ...(fallback === undefined ? {} : { default: fallback }),
    });

/** An IPv4 address with a description of its own. */
export function addressField(description: string, example: string) {
  return textField({ description, examples: [example] }, readIpv4Address);
}

export const domainField = textField(
  { description: "DNS domain of the machines.", examples: ["lab.example.org"] },
  readDomain,
);

/** Free values for templates; anything that YAML can say but `null`. */
const varValue: z.ZodType<VarValue, VarValue> = z
  .lazy(() =>
    z.union([z.string(), z.number(), z.boolean(), z.array(varValue), z.record(z.string(), varValue)]),
  )
  .meta({ id: "VarValue", description: "A value for templates: text, number, true/false, list or mapping." });

export const varsField = z
  .record(z.string(), varValue)
  .meta({ description: "Free values for templates; merged key by key: defaults, then profile, then host." });

const userSchema = z
  .strictObject({
    name: textField({ description: "Login name.", examples: ["admin"] }, readUserName),
    password: z
      .string()
      .min(1)
      .meta({
        description:
          "Password in plain text; hashed when the config is read. Better: passwordHash. Without either there is no password login.",
      })
      .optional(),
    passwordHash: textField(
      {
        description: "crypt(3) hash of the password, from `mkpasswd -m sha-512`. In single quotes.",
        examples: ["$6$salt$…"],
      },
      readPasswordHash,
    ).optional(),
    sshKeys: oneOrMany(
      textField(
        {
          description: "SSH public key, one line of a .pub file.",
          examples: ["ssh-ed25519 AAAA… admin@desk"],
        },
        readSshKey,
      ),
    )
      .meta({ description: "SSH public keys that may log in as this user." })
      .optional(),
    sudo: z
      .boolean()
      .meta({ description: "Whether the user may become root, without a password.", default: true })
      .optional(),
  })
  .meta({ description: "A user of the installed system." });

const attemptsSchema = z
  .strictObject({
    limit: z
      .int()
      .min(1)
      .max(100)
      .meta({
        description: "Network boots that one install may take before it counts as failed.",
        default: 5,
      })
      .optional(),
    timeout: textField(
      {
        description: "Time from the start of an install until it counts as failed.",
        examples: ["2h"],
        default: "2h",
      },
      (text) => readDuration(text, 60, 30 * 86_400, "1m to 30d"),
    ).optional(),
    onFailure: z
      .enum(["hold", "local", "retry"])
      .meta({
        description:
          "What a machine whose install failed gets at its next network boot: `hold`, a screen that names the failure; `local`, its own disk; `retry`, another install.",
        default: "hold",
      })
      .optional(),
  })
  .meta({ description: "Limits of one install, and what follows a failed one." });

/** How the installed system gets its address, where many machines share the setting. */
const sharedNetwork = z.enum(["dhcp", "static"]).meta({
  description:
    "How the installed system gets its address: `dhcp`, or `static`: the host's `address`, with netmask, router and name servers of its subnet.",
  default: "dhcp",
});

/** What the installed system's address lies on, besides the plain card. */
const linkSettings = {
  vlan: z
    .int()
    .min(1)
    .max(4094)
    .meta({ description: "VLAN that the installed system's address is in, tagged on its card." })
    .optional(),
  bond: z
    .enum(["802.3ad", "active-backup", "balance-rr", "balance-xor"])
    .meta({ description: "Joins all of the machine's cards (`mac` and `otherMacs`) into one, in this mode." })
    .optional(),
};

/** The same for one host, which may also say it in full. */
export const hostNetwork = z.union([
  sharedNetwork,
  z
    .strictObject({
      address: textField(
        { description: "Address and prefix length.", examples: ["10.0.0.5/24"] },
        readIpv4WithPrefix,
      ),
      gateway: addressField("Default gateway.", "10.0.0.1").optional(),
      dns: oneOrMany(addressField("Name server.", "10.0.0.1")).optional(),
      ...linkSettings,
    })
    .meta({ description: "Fixed address of the installed system." }),
  z
    .strictObject({
      address: z.never().meta({ description: "Left out: by DHCP." }).optional(),
      ...linkSettings,
    })
    .meta({ description: "An address by DHCP, in a VLAN or over a bond." }),
]);

/** What may stand in `defaults`, in a profile and at a host; the closest one wins. */
export const commonSettings = {
  loader: z
    .enum(["ipxe", "pxelinux", "grub"])
    .meta({
      description:
        "What the firmware runs first. pxelinux is for BIOS, grub (with shim) for UEFI; ipxe does both.",
      default: "ipxe",
    })
    .optional(),
  firmware: z
    .enum(["bios", "uefi"])
    .meta({ description: "The machine's firmware, where it should not be learned from its requests." })
    .optional(),
  install: z
    .enum(["once", "always", "never"])
    .meta({
      description:
        "Installing wipes the disk. `once`: the first time the machine is seen, and again only after `bootwire reinstall`. `always`: again at every network boot after it ran from its disk. `never`: only after `bootwire reinstall`.",
      default: "once",
    })
    .optional(),
  disk: textField(
    {
      description:
        "Disk to install on, which is wiped. Without it: the machine's only disk, else the install fails.",
      examples: ["/dev/vda", "/dev/sda", "/dev/nvme0n1"],
    },
    readDisk,
  ).optional(),
  attempts: attemptsSchema.optional(),
  domain: domainField.optional(),
  timezone: textField(
    { description: "Time zone.", examples: ["Etc/UTC", "Europe/Berlin"], default: "Etc/UTC" },
    readTimezone,
  ).optional(),
  locale: textField(
    { description: "Language and character set.", examples: ["en_US.UTF-8"], default: "en_US.UTF-8" },
    readLocale,
  ).optional(),
  keyboard: textField(
    { description: "Keyboard layout.", examples: ["us", "de"], default: "us" },
    readKeyboard,
  ).optional(),
  users: z
    .array(userSchema)
    .meta({ description: "Users of the installed system. The closest list replaces the others." })
    .optional(),
  packages: z
    .array(textField({ description: "Package to install.", examples: ["qemu-guest-agent"] }, readWord))
    .meta({ description: "Packages to install in addition. The closest list replaces the others." })
    .optional(),
  proxy: z
    .url({ protocol: /^https?$/ })
    .meta({
      description: "HTTP proxy that packages are fetched through.",
      examples: ["http://proxy.example.org:3128"],
    })
    .optional(),
  guestAgent: z
    .boolean()
    .meta({
      description: "Whether qemu-guest-agent is installed, by which Proxmox talks to a VM.",
      default: true,
    })
    .optional(),
  layout: z
    .enum(["plain", "lvm", "btrfs", "zfs"])
    .meta({ description: "How the disk is divided; as the installer has it when it is left out." })
    .optional(),
  runCommands: z
    .array(z.string().min(1))
    .meta({
      description:
        "Shell commands to run at the end, in the installed system. The closest list replaces the others.",
    })
    .optional(),
  network: sharedNetwork.optional(),
  guest: guestSchema.optional(),
  vars: varsField.optional(),
};

/** What may stand in every profile, whatever its installer. */
export const profileSettings = {
  ...commonSettings,
  template: z
    .boolean()
    .meta({
      description:
        "Makes a golden image: generic, switched off when it is done and never installed again by itself, to be turned into a Proxmox template.",
      default: false,
    })
    .optional(),
  options: rawOptions.optional(),
};
