import { z } from "zod";
import { textField } from "../fields.ts";
import type { MediaFile, ProfileBase } from "../profile-base.ts";
import { readPlainMediaPath, readWord } from "../read-text.ts";
import { profileSettings } from "../schema-common.ts";

/** `installer: alpine` as an admin writes it. */
export const alpineProfile = z
  .strictObject({
    installer: z.literal("alpine").meta({ description: "Alpine Linux, by setup-alpine." }),
    kernel: textField(
      {
        description: "Kernel of the netboot files, below the media folder.",
        examples: ["alpine/vmlinuz-virt"],
      },
      readPlainMediaPath,
    ),
    initrd: textField(
      {
        description: "Initramfs of the netboot files, below the media folder.",
        examples: ["alpine/initramfs-virt"],
      },
      readPlainMediaPath,
    ),
    modloop: textField(
      { description: "The kernel's modules, below the media folder.", examples: ["alpine/modloop-virt"] },
      readPlainMediaPath,
    ),
    mirror: z
      .url({ protocol: /^https?$/ })
      .meta({ description: "Mirror to install from.", examples: ["http://mirror.example.org/alpine"] }),
    release: textField(
      { description: "Release on it, the one that the kernel belongs to.", examples: ["v3.22"] },
      readWord,
    ),
    ...profileSettings,
  })
  .meta({ title: "alpine", description: "Alpine Linux, by setup-alpine." });

/** `installer: alpine`: Alpine Linux. */
export interface AlpineProfile extends ProfileBase {
  readonly installer: "alpine";
  /** Paths in the media folder. */
  readonly kernel: string;
  readonly initrd: string;
  readonly modloop: string;
  /** Without a slash at its end. */
  readonly mirror: string;
  readonly release: string;
}

export function resolveAlpine(written: z.output<typeof alpineProfile>, base: ProfileBase): AlpineProfile {
  const { kernel, initrd, modloop, release } = written;
  return {
    ...base,
    installer: "alpine",
    kernel,
    initrd,
    modloop,
    release,
    mirror: written.mirror.replace(/\/+$/, ""),
  };
}

export function alpineMedia(profile: AlpineProfile): readonly MediaFile[] {
  return [
    { key: "kernel", path: profile.kernel },
    { key: "initrd", path: profile.initrd },
    { key: "modloop", path: profile.modloop },
  ];
}
