import { z } from "zod";
import { textField } from "../fields.ts";
import type { MediaFile, ProfileBase } from "../profile-base.ts";
import { readPlainMediaPath, readWord } from "../read-text.ts";
import { profileSettings } from "../schema-common.ts";

/** `installer: debian` as an admin writes it. */
export const debianProfile = z
  .strictObject({
    installer: z.literal("debian").meta({ description: "The Debian installer with a preseed." }),
    kernel: textField(
      {
        description: "Kernel of the Debian installer, below the media folder.",
        examples: ["debian-13/linux"],
      },
      readPlainMediaPath,
    ),
    initrd: textField(
      {
        description: "Initrd of the Debian installer, below the media folder.",
        examples: ["debian-13/initrd.gz"],
      },
      readPlainMediaPath,
    ),
    suite: textField(
      { description: "Release that the kernel and initrd belong to.", examples: ["trixie", "bookworm"] },
      readWord,
    ),
    mirror: z
      .strictObject({
        host: textField(
          {
            description: "Host name of the Debian mirror to install from.",
            examples: ["mirror.example.org"],
          },
          readWord,
        ),
        directory: z
          .string()
          .startsWith("/")
          .meta({ description: "Folder of the archive on it.", default: "/debian" })
          .optional(),
        proxy: z
          .url({ protocol: /^https?$/ })
          .meta({
            description: "HTTP proxy on the way there; the common `proxy` when it is left out.",
            examples: ["http://proxy.example.org:3128"],
          })
          .optional(),
      })
      .meta({ description: "Where the installer gets its packages." }),
    ...profileSettings,
  })
  .meta({ title: "debian", description: "The Debian installer with a preseed." });

/** `installer: debian`: the Debian installer with a preseed. */
export interface DebianProfile extends ProfileBase {
  readonly installer: "debian";
  /** Paths in the media folder. */
  readonly kernel: string;
  readonly initrd: string;
  readonly mirror: { readonly host: string; readonly directory: string; readonly proxy: string | undefined };
  readonly suite: string;
}

export function resolveDebian(written: z.output<typeof debianProfile>, base: ProfileBase): DebianProfile {
  const { host, directory = "/debian", proxy = base.system.proxy } = written.mirror;
  return {
    ...base,
    installer: "debian",
    kernel: written.kernel,
    initrd: written.initrd,
    suite: written.suite,
    mirror: { host, directory, proxy },
  };
}

export function debianMedia(profile: DebianProfile): readonly MediaFile[] {
  return [
    { key: "kernel", path: profile.kernel },
    { key: "initrd", path: profile.initrd },
  ];
}
