import { z } from "zod";
import { oneOrMany, textField } from "../fields.ts";
import type { MediaFile, ProfileBase } from "../profile-base.ts";
import { readDisk, readIsoPath } from "../read-text.ts";
import { fault, type Reading, read } from "../reading.ts";
import { profileSettings } from "../schema-common.ts";

/** udev properties by name, each with a pattern. */
const filterField = (what: string, examples: readonly Readonly<Record<string, string>>[]) =>
  z.record(z.string(), z.string().min(1)).meta({
    description: `${what}, by udev properties; * and ? stand for anything.`,
    examples: [...examples],
  });

function readCountry(text: string): Reading<string> {
  if (/^[a-z]{2}$/.test(text)) return read(text);
  return fault(
    "BW_CONFIG_SYSTEM",
    `“${text}” is not a country`,
    "write its two small letters, like de, at or us",
  );
}

function readMailAddress(text: string): Reading<string> {
  if (/^[^@\s"<>]+@[A-Za-z0-9.-]+$/.test(text)) return read(text);
  return fault("BW_CONFIG_NAME", `“${text}” is not a mail address`, "write it like admin@example.org");
}

/** `installer: proxmox` as an admin writes it. */
export const proxmoxProfile = z
  .strictObject({
    installer: z.literal("proxmox").meta({ description: "Proxmox VE's own installer, unattended." }),
    iso: textField(
      {
        description: "ISO of Proxmox VE, below the media folder, as it is: it is made fit while it is read.",
        examples: ["proxmox-ve_9.2-1.iso"],
      },
      readIsoPath,
    ),
    version: z
      .enum(["8", "9"])
      .meta({ description: "Its version: 8 (from 8.3 on) writes the answers' keys otherwise.", default: "9" })
      .optional(),
    country: textField(
      {
        description: "Country, two small letters; that of the locale when it is left out.",
        examples: ["de"],
      },
      readCountry,
    ).optional(),
    mailto: textField(
      {
        description: "Where the system sends its mail; root at the machine itself when it is left out.",
        examples: ["admin@example.org"],
      },
      readMailAddress,
    ).optional(),
    filesystem: z
      .enum(["ext4", "xfs", "zfs", "btrfs"])
      .meta({ description: "File system of the disk; by `layout`, else ext4 on LVM, when it is left out." })
      .optional(),
    raid: z
      .enum(["raid0", "raid1", "raid10", "raidz-1", "raidz-2", "raidz-3"])
      .meta({ description: "How zfs or btrfs join disks; a single disk is raid0.", default: "raid0" })
      .optional(),
    disks: oneOrMany(textField({ description: "Disk.", examples: ["/dev/sda"] }, readDisk))
      .meta({ description: "Disks to install on, where it takes several; else `disk`." })
      .optional(),
    diskFilter: filterField("Disks to install on, where names are not known", [
      { ID_SERIAL: "*" },
    ]).optional(),
    nicFilter: filterField("Network card of a static address; else the one that the machine boots from", [
      { ID_NET_NAME_MAC: "*bc2411000001" },
    ]).optional(),
    ...profileSettings,
  })
  .meta({ title: "proxmox", description: "Proxmox VE's own installer, unattended." });

/** `installer: proxmox`: Proxmox VE's own installer. */
export interface ProxmoxProfile extends ProfileBase {
  readonly installer: "proxmox";
  /** Path in the media folder. */
  readonly iso: string;
  readonly version: "8" | "9";
  readonly country: string | undefined;
  readonly mailto: string | undefined;
  readonly filesystem: "ext4" | "xfs" | "zfs" | "btrfs" | undefined;
  readonly raid: string;
  readonly disks: readonly string[];
  readonly diskFilter: Readonly<Record<string, string>> | undefined;
  readonly nicFilter: Readonly<Record<string, string>> | undefined;
}

export function resolveProxmox(written: z.output<typeof proxmoxProfile>, base: ProfileBase): ProxmoxProfile {
  const { iso, version = "9", country, mailto, filesystem, raid = "raid0", disks = [] } = written;
  const { diskFilter, nicFilter } = written;
  const own = { iso, version, country, mailto, filesystem, raid, disks, diskFilter, nicFilter };
  return { ...base, installer: "proxmox", ...own };
}

export function proxmoxMedia(profile: ProxmoxProfile): readonly MediaFile[] {
  return [{ key: "iso", path: profile.iso }];
}
