import { z } from "zod";
import { textField } from "../fields.ts";
import type { MediaFile, ProfileBase } from "../profile-base.ts";
import { readPlainMediaPath, readWord } from "../read-text.ts";
import { profileSettings } from "../schema-common.ts";

/** `installer: fai` as an admin writes it. */
export const faiProfile = z
  .strictObject({
    installer: z.literal("fai").meta({ description: "Debian and Ubuntu by FAI, from a mirror of yours." }),
    kernel: textField(
      { description: "Kernel of the nfsroot, below the media folder.", examples: ["fai/vmlinuz"] },
      readPlainMediaPath,
    ),
    initrd: textField(
      { description: "Dracut initrd of the nfsroot, below the media folder.", examples: ["fai/initrd.img"] },
      readPlainMediaPath,
    ),
    root: textField(
      {
        description: "The nfsroot that `fai-make-nfsroot` made, as a squashfs image, below the media folder.",
        examples: ["fai/nfsroot.squashfs"],
      },
      readPlainMediaPath,
    ),
    mirror: z
      .strictObject({
        url: z.url({ protocol: /^https?$/ }).meta({
          description: "Debian mirror to install from.",
          examples: ["http://mirror.example.org/debian"],
        }),
        suite: textField(
          { description: "Release on it, that of the nfsroot.", examples: ["trixie", "bookworm"] },
          readWord,
        ),
        components: z
          .array(textField({ description: "Component.", examples: ["main"] }, readWord))
          .meta({ description: "Components of it.", default: ["main"] })
          .optional(),
        trusted: z
          .boolean()
          .meta({ description: "Takes the mirror's packages without a signature.", default: false })
          .optional(),
      })
      .meta({ description: "Where packages come from." }),
    kernelPackage: textField(
      {
        description: "Package of the installed kernel.",
        examples: ["linux-image-cloud-amd64"],
        default: "linux-image-amd64",
      },
      readWord,
    ).optional(),
    classes: z
      .array(
        z
          .string()
          .regex(/^[A-Z][A-Z0-9_]*$/, "a class is written in capitals, like WEBSERVER")
          .meta({ description: "FAI class." }),
      )
      .meta({ description: "Classes besides BOOTWIRE; your templates bring what they do." })
      .optional(),
    ...profileSettings,
  })
  .meta({ title: "fai", description: "Debian and Ubuntu by FAI, from a mirror of yours." });

/** `installer: fai`: Debian, installed by FAI. */
export interface FaiProfile extends ProfileBase {
  readonly installer: "fai";
  /** Paths in the media folder. */
  readonly kernel: string;
  readonly initrd: string;
  readonly root: string;
  readonly mirror: {
    readonly url: string;
    readonly suite: string;
    readonly components: readonly string[];
    readonly trusted: boolean;
  };
  readonly kernelPackage: string;
  readonly classes: readonly string[];
}

export function resolveFai(written: z.output<typeof faiProfile>, base: ProfileBase): FaiProfile {
  const { kernel, initrd, root, classes = [] } = written;
  const { url, suite, components = ["main"], trusted = false } = written.mirror;
  return {
    ...base,
    installer: "fai",
    kernel,
    initrd,
    root,
    mirror: { url: url.replace(/\/+$/, ""), suite, components, trusted },
    kernelPackage: written.kernelPackage ?? "linux-image-amd64",
    classes,
  };
}

export function faiMedia(profile: FaiProfile): readonly MediaFile[] {
  return [
    { key: "kernel", path: profile.kernel },
    { key: "initrd", path: profile.initrd },
    { key: "root", path: profile.root },
  ];
}
