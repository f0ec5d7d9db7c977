import { z } from "zod";
import { textField } from "../fields.ts";
import type { MediaFile, ProfileBase } from "../profile-base.ts";
import { readIsoPath, readWord } from "../read-text.ts";
import { profileSettings } from "../schema-common.ts";

/** `installer: ubuntu` as an admin writes it. */
export const ubuntuProfile = z
  .strictObject({
    installer: z.literal("ubuntu").meta({ description: "Ubuntu Server's installer with autoinstall." }),
    iso: textField(
      {
        description:
          "ISO of Ubuntu Server, below the media folder. Its kernel and initrd are booted, and the machine loads the whole of it into memory.",
        examples: ["ubuntu-24.04.3-live-server-amd64.iso"],
      },
      readIsoPath,
    ),
    source: textField(
      {
        description:
          "Which of the systems on the ISO is installed; the ISO's own choice when it is left out.",
        examples: ["ubuntu-server", "ubuntu-server-minimal"],
      },
      readWord,
    ).optional(),
    mirror: z
      .url({ protocol: /^https?$/ })
      .meta({
        description: "Ubuntu archive to install packages from.",
        examples: ["http://archive.ubuntu.com/ubuntu"],
      })
      .optional(),
    updates: z
      .enum(["security", "all"])
      .meta({ description: "Which updates are installed at once.", default: "security" })
      .optional(),
    snaps: z
      .array(textField({ description: "Snap to install.", examples: ["lxd"] }, readWord))
      .meta({ description: "Snaps to install; none when it is left out." })
      .optional(),
    ...profileSettings,
  })
  .meta({ title: "ubuntu", description: "Ubuntu Server's installer with autoinstall." });

/** `installer: ubuntu`: Ubuntu Server's installer with autoinstall. */
export interface UbuntuProfile extends ProfileBase {
  readonly installer: "ubuntu";
  /** Path in the media folder. */
  readonly iso: string;
  readonly source: string | undefined;
  readonly mirror: string | undefined;
  readonly updates: "security" | "all";
  readonly snaps: readonly string[];
}

export function resolveUbuntu(written: z.output<typeof ubuntuProfile>, base: ProfileBase): UbuntuProfile {
  const { iso, source, mirror, updates = "security", snaps = [] } = written;
  return { ...base, installer: "ubuntu", iso, source, mirror, updates, snaps };
}

export function ubuntuMedia(profile: UbuntuProfile): readonly MediaFile[] {
  return [{ key: "iso", path: profile.iso }];
}
