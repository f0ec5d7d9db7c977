import { z } from "zod";
import { textField } from "../fields.ts";
import type { MediaFile, ProfileBase } from "../profile-base.ts";
import { readPlainMediaPath } from "../read-text.ts";
import { profileSettings } from "../schema-common.ts";

/** `installer: flatcar` as an admin writes it. */
export const flatcarProfile = z
  .strictObject({
    installer: z.literal("flatcar").meta({ description: "Flatcar Container Linux, by Ignition." }),
    kernel: textField(
      {
        description: "Kernel of the PXE image, below the media folder.",
        examples: ["flatcar/flatcar_production_pxe.vmlinuz"],
      },
      readPlainMediaPath,
    ),
    initrd: textField(
      {
        description: "The PXE image itself, below the media folder.",
        examples: ["flatcar/flatcar_production_pxe_image.cpio.gz"],
      },
      readPlainMediaPath,
    ),
    image: textField(
      {
        description: "The disk image that is written, below the media folder.",
        examples: ["flatcar/flatcar_production_image.bin.bz2"],
      },
      readPlainMediaPath,
    ),
    ...profileSettings,
  })
  .meta({ title: "flatcar", description: "Flatcar Container Linux, by Ignition." });

/** `installer: flatcar`: Flatcar Container Linux. All paths are in the media folder. */
export interface FlatcarProfile extends ProfileBase {
  readonly installer: "flatcar";
  readonly kernel: string;
  readonly initrd: string;
  readonly image: string;
}

export function resolveFlatcar(written: z.output<typeof flatcarProfile>, base: ProfileBase): FlatcarProfile {
  const { kernel, initrd, image } = written;
  return { ...base, installer: "flatcar", kernel, initrd, image };
}

export function flatcarMedia(profile: FlatcarProfile): readonly MediaFile[] {
  return [
    { key: "kernel", path: profile.kernel },
    { key: "initrd", path: profile.initrd },
    { key: "image", path: profile.image },
  ];
}
