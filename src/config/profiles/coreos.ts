import { z } from "zod";
import { textField } from "../fields.ts";
import type { MediaFile, ProfileBase } from "../profile-base.ts";
import { readPlainMediaPath } from "../read-text.ts";
import { profileSettings } from "../schema-common.ts";

/** `installer: coreos` as an admin writes it. */
export const coreosProfile = z
  .strictObject({
    installer: z.literal("coreos").meta({ description: "Fedora CoreOS, by Ignition." }),
    kernel: textField(
      {
        description: "Kernel of the live PXE files, below the media folder.",
        examples: ["fcos/fedora-coreos-live-kernel.x86_64"],
      },
      readPlainMediaPath,
    ),
    initrd: textField(
      {
        description: "Initramfs of the live PXE files, below the media folder.",
        examples: ["fcos/fedora-coreos-live-initramfs.x86_64.img"],
      },
      readPlainMediaPath,
    ),
    rootfs: textField(
      {
        description: "Root file system of the live PXE files, below the media folder; of the same release.",
        examples: ["fcos/fedora-coreos-live-rootfs.x86_64.img"],
      },
      readPlainMediaPath,
    ),
    ...profileSettings,
  })
  .meta({ title: "coreos", description: "Fedora CoreOS, by Ignition." });

/** `installer: coreos`: Fedora CoreOS. All paths are in the media folder. */
export interface CoreosProfile extends ProfileBase {
  readonly installer: "coreos";
  readonly kernel: string;
  readonly initrd: string;
  readonly rootfs: string;
}

export function resolveCoreos(written: z.output<typeof coreosProfile>, base: ProfileBase): CoreosProfile {
  const { kernel, initrd, rootfs } = written;
  return { ...base, installer: "coreos", kernel, initrd, rootfs };
}

export function coreosMedia(profile: CoreosProfile): readonly MediaFile[] {
  return [
    { key: "kernel", path: profile.kernel },
    { key: "initrd", path: profile.initrd },
    { key: "rootfs", path: profile.rootfs },
  ];
}
