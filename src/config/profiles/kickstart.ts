import { z } from "zod";
import { textField } from "../fields.ts";
import type { MediaFile, ProfileBase } from "../profile-base.ts";
import { readPlainMediaPath } from "../read-text.ts";
import { profileSettings } from "../schema-common.ts";

/** Releases whose kickstart commands are known. Rocky, Alma and CentOS Stream are those of the RHEL they follow. */
const FAMILIES = ["rhel8", "rhel9", "rhel10", "fedora40", "fedora41", "fedora42", "fedora43"] as const;

/** `installer: kickstart` as an admin writes it. */
export const kickstartProfile = z
  .strictObject({
    installer: z.literal("kickstart").meta({
      description: "Anaconda with a kickstart file: RHEL, CentOS Stream, Rocky, Alma, Fedora.",
    }),
    family: z.enum(FAMILIES).meta({
      description:
        "Release, by which commands its kickstart knows. Rocky, Alma and CentOS Stream: the RHEL that they follow.",
    }),
    tree: textField(
      {
        description:
          "ISO, or folder with an installation tree, below the media folder. Its kernel and initrd are booted (images/pxeboot).",
        examples: ["Rocky-9.6-x86_64-dvd.iso", "rocky-9/os"],
      },
      readPlainMediaPath,
    ),
    url: z
      .url({ protocol: /^https?$/ })
      .meta({
        description: "Mirror to install packages from; the tree itself when it is left out.",
        examples: ["http://mirror.example.org/rocky/9/BaseOS/x86_64/os/"],
      })
      .optional(),
    ...profileSettings,
  })
  .meta({ title: "kickstart", description: "RHEL and its kin, and Fedora, with a kickstart file." });

/** `installer: kickstart`: Anaconda with a kickstart file. */
export interface KickstartProfile extends ProfileBase {
  readonly installer: "kickstart";
  readonly family: (typeof FAMILIES)[number];
  /** Path in the media folder: an ISO, or a folder. */
  readonly tree: string;
  readonly url: string | undefined;
}

export function resolveKickstart(
  written: z.output<typeof kickstartProfile>,
  base: ProfileBase,
): KickstartProfile {
  const { family, tree, url } = written;
  return { ...base, installer: "kickstart", family, tree, url };
}

export function kickstartMedia(profile: KickstartProfile): readonly MediaFile[] {
  return [{ key: "tree", path: profile.tree }];
}
