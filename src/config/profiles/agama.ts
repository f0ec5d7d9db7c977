import { z } from "zod";
import { textField } from "../fields.ts";
import type { MediaFile, ProfileBase } from "../profile-base.ts";
import { readIsoPath, readWord } from "../read-text.ts";
import { profileSettings } from "../schema-common.ts";

/** `installer: agama` as an admin writes it. */
export const agamaProfile = z
  .strictObject({
    installer: z.literal("agama").meta({ description: "openSUSE Leap 16 and SLES 16, by Agama." }),
    iso: textField(
      {
        description: "The installer ISO, below the media folder.",
        examples: ["Leap-16.0-online-installer-x86_64.install.iso"],
      },
      readIsoPath,
    ),
    product: textField(
      {
        description: "Product that Agama is to install.",
        examples: ["openSUSE_Leap", "SLES", "Tumbleweed"],
        default: "openSUSE_Leap",
      },
      readWord,
    ).optional(),
    patterns: z
      .array(textField({ description: "Pattern to install.", examples: ["base"] }, readWord))
      .meta({ description: "Software patterns; the product's own when they are left out." })
      .optional(),
    repository: z
      .url({ protocol: /^https?$/ })
      .meta({
        description: "Repository to install from, instead of the product's own on the internet.",
        examples: ["http://mirror.example.org/leap/16.0/repo/oss"],
      })
      .optional(),
    registrationCode: textField(
      {
        description: "Registration code, for SLES; without it the system is not registered.",
        examples: ["…"],
      },
      readWord,
    ).optional(),
    ...profileSettings,
  })
  .meta({ title: "agama", description: "openSUSE Leap 16 and SLES 16, by Agama." });

/** `installer: agama`: openSUSE Leap 16 and SLES 16. */
export interface AgamaProfile extends ProfileBase {
  readonly installer: "agama";
  /** Path of an ISO in the media folder. */
  readonly iso: string;
  readonly product: string;
  readonly patterns: readonly string[] | undefined;
  readonly repository: string | undefined;
  readonly registrationCode: string | undefined;
}

export function resolveAgama(written: z.output<typeof agamaProfile>, base: ProfileBase): AgamaProfile {
  return {
    ...base,
    installer: "agama",
    iso: written.iso,
    product: written.product ?? "openSUSE_Leap",
    patterns: written.patterns,
    repository: written.repository,
    registrationCode: written.registrationCode,
  };
}

export function agamaMedia(profile: AgamaProfile): readonly MediaFile[] {
  return [{ key: "iso", path: profile.iso }];
}
