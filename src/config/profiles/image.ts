import { z } from "zod";
import { textField } from "../fields.ts";
import type { MediaFile, ProfileBase } from "../profile-base.ts";
import { readImagePath, readSha256 } from "../read-text.ts";
import { profileSettings } from "../schema-common.ts";

/** `installer: image` as an admin writes it. */
export const imageProfile = z
  .strictObject({
    installer: z.literal("image").meta({ description: "Write a ready disk image onto the disk." }),
    image: textField(
      {
        description:
          "The disk image, below the media folder: .raw or .img, as it is or compressed (.gz, .xz, .zst), or .qcow2.",
        examples: ["debian-13.raw.zst"],
      },
      readImagePath,
    ),
    sha256: textField(
      { description: "SHA-256 of that file; measured at first use when it is left out." },
      readSha256,
    ).optional(),
    seed: z
      .enum(["nocloud", "none"])
      .meta({
        description:
          "Whether the image is given a cloud-init seed (host name, users, network), or left as it is.",
        default: "nocloud",
      })
      .optional(),
    ...profileSettings,
  })
  .meta({ title: "image", description: "A ready disk image, with cloud-init." });

/** `installer: image`: a ready disk image written onto the disk. */
export interface ImageProfile extends ProfileBase {
  readonly installer: "image";
  /** Path in the media folder. The ending says how it is packed: .raw/.img, .gz, .xz, .zst, .qcow2. */
  readonly image: string;
  /** SHA-256 (hex) of the file as it lies in the media folder; undefined: measured at first use. */
  readonly sha256: string | undefined;
  /** `none`: leave the image as it is, without a cloud-init seed. */
  readonly seed: "nocloud" | "none";
}

export function resolveImage(written: z.output<typeof imageProfile>, base: ProfileBase): ImageProfile {
  return {
    ...base,
    installer: "image",
    image: written.image,
    sha256: written.sha256,
    seed: written.seed ?? "nocloud",
  };
}

export function imageMedia(profile: ImageProfile): readonly MediaFile[] {
  return [{ key: "image", path: profile.image }];
}
