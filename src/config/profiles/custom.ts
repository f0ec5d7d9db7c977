import { z } from "zod";
import { oneOrMany, textField } from "../fields.ts";
import type { MediaFile, ProfileBase } from "../profile-base.ts";
import { readPlainMediaPath } from "../read-text.ts";
import { profileSettings } from "../schema-common.ts";

/** `installer: custom` as an admin writes it. */
export const customProfile = z
  .strictObject({
    installer: z.literal("custom").meta({ description: "Any kernel, with templates of your own." }),
    kernel: textField(
      {
        description: "Kernel, below the media folder.",
        examples: ["other/vmlinuz", "other.iso/boot/vmlinuz"],
      },
      readPlainMediaPath,
    ),
    initrd: oneOrMany(
      textField(
        { description: "Initrd, below the media folder.", examples: ["other/initrd.img"] },
        readPlainMediaPath,
      ),
    )
      .meta({ description: "Initrd, or several, which are served as one." })
      .optional(),
    commandLine: z
      .array(z.string().min(1))
      .meta({
        description:
          "Kernel arguments, one an entry; each is a template: {{attemptUrl}}/answers/NAME is an answer.",
        examples: [["ip=dhcp", "config={{attemptUrl}}/answers/config.txt"]],
        default: [],
      })
      .optional(),
    answers: z
      .record(
        z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "an answer's name is a plain file name"),
        z
          .string()
          .min(1)
          .meta({ description: "Name of the template.", examples: ["other/config.txt.hbs"] }),
      )
      .meta({
        description: "Answers by name: which template of your templates folder is rendered for each.",
        examples: [{ "config.txt": "other/config.txt.hbs" }],
      })
      .optional(),
    ...profileSettings,
  })
  .meta({ title: "custom", description: "Any kernel, with templates of your own." });

/** `installer: custom`: whatever has no installer of its own here. */
export interface CustomProfile extends ProfileBase {
  readonly installer: "custom";
  /** Paths in the media folder. */
  readonly kernel: string;
  readonly initrds: readonly string[];
  /** Templates. */
  readonly commandLine: readonly string[];
  /** Name below `/answers/` → name of a template. */
  readonly answers: ReadonlyMap<string, string>;
}

export function resolveCustom(written: z.output<typeof customProfile>, base: ProfileBase): CustomProfile {
  return {
    ...base,
    installer: "custom",
    kernel: written.kernel,
    initrds: written.initrd ?? [],
    commandLine: written.commandLine ?? [],
    answers: new Map(Object.entries(written.answers ?? {})),
  };
}

export function customMedia(profile: CustomProfile): readonly MediaFile[] {
  return [
    { key: "kernel", path: profile.kernel },
    ...profile.initrds.map((path) => ({ key: "initrd", path })),
  ];
}
