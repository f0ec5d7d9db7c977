import { z } from "zod";
import { textField } from "../fields.ts";
import type { MediaFile, ProfileBase } from "../profile-base.ts";
import { readPlainMediaPath, readWord } from "../read-text.ts";
import { profileSettings } from "../schema-common.ts";

/** `installer: autoyast` as an admin writes it. */
export const autoyastProfile = z
  .strictObject({
    installer: z.literal("autoyast").meta({ description: "openSUSE Leap 15 and SLES 15, by AutoYaST." }),
    iso: textField(
      {
        description:
          "The installation ISO (the full one), or a folder with its content, below the media folder.",
        examples: ["openSUSE-Leap-15.6-DVD-x86_64.iso"],
      },
      readPlainMediaPath,
    ),
    product: textField(
      { description: "Product on it.", examples: ["Leap", "SLES"], default: "Leap" },
      readWord,
    ).optional(),
    patterns: z
      .array(textField({ description: "Pattern to install.", examples: ["base"] }, readWord))
      .meta({ description: "Software patterns.", default: ["base", "enhanced_base"] })
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
  .meta({ title: "autoyast", description: "openSUSE Leap 15 and SLES 15, by AutoYaST." });

/** `installer: autoyast`: openSUSE Leap 15 and SLES 15. */
export interface AutoyastProfile extends ProfileBase {
  readonly installer: "autoyast";
  /** Path in the media folder: an ISO, or a folder with the same in it. */
  readonly iso: string;
  readonly product: string;
  readonly patterns: readonly string[];
  readonly registrationCode: string | undefined;
}

export function resolveAutoyast(
  written: z.output<typeof autoyastProfile>,
  base: ProfileBase,
): AutoyastProfile {
  return {
    ...base,
    installer: "autoyast",
    iso: written.iso,
    product: written.product ?? "Leap",
    patterns: written.patterns ?? ["base", "enhanced_base"],
    registrationCode: written.registrationCode,
  };
}

export function autoyastMedia(profile: AutoyastProfile): readonly MediaFile[] {
  return [{ key: "iso", path: profile.iso }];
}
