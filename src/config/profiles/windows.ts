import { z } from "zod";
import { textField } from "../fields.ts";
import type { MediaFile, ProfileBase } from "../profile-base.ts";
import { readPlainMediaPath, readWord } from "../read-text.ts";
import { profileSettings } from "../schema-common.ts";

/** `installer: windows` as an admin writes it. */
export const windowsProfile = z
  .strictObject({
    installer: z.literal("windows").meta({ description: "Windows 11 and Windows Server, by wimboot." }),
    folder: textField(
      {
        description:
          "Folder below the media folder with boot/bcd, boot/boot.sdi and sources/boot.wim, copied from the installation ISO (which is UDF, and cannot be read in place), and curl.exe, copied from any Windows.",
        examples: ["windows-11"],
      },
      readPlainMediaPath,
    ),
    wimboot: textField(
      { description: "wimboot 2.9 or newer, below the media folder.", default: "wimboot" },
      readPlainMediaPath,
    ).optional(),
    source: z
      .union([
        z.literal("cdrom"),
        z.strictObject({
          share: z
            .string()
            .regex(/^\\\\[^\\"%]+\\[^"%]+$/, "a share is written like \\\\server\\share")
            .meta({
              description: "SMB share with the ISO's content.",
              examples: ["\\\\10.0.0.2\\windows-11"],
            }),
          user: textField({ description: "Who may read it.", examples: ["install"] }, readWord),
          password: textField({ description: "With this password." }, readWord),
        }),
      ])
      .meta({
        description: "Where Setup finds install.wim: the ISO in the VM's CD drive, or an SMB share.",
        default: "cdrom",
      })
      .optional(),
    edition: z
      .string()
      .min(1)
      .meta({
        description: "Name of the image in install.wim.",
        examples: ["Windows 11 Pro", "Windows Server 2025 SERVERSTANDARD"],
      }),
    productKey: z
      .string()
      .regex(/^[A-Z0-9]{5}(?:-[A-Z0-9]{5}){4}$/, "a product key has five groups of five letters and digits")
      .meta({ description: "Product key; evaluation images need none." })
      .optional(),
    drivers: z
      .enum(["w11", "w10", "2k19", "2k22", "2k25", "none"])
      .meta({
        description:
          "Folder of the virtio-win ISO (in a second CD drive) that fits; `none`: no VirtIO devices.",
        default: "w11",
      })
      .optional(),
    administratorPassword: z
      .string()
      .min(1)
      .meta({ description: "Password of Administrator, in plain text: Windows takes no hashes." }),
    timeZone: z
      .string()
      .min(1)
      .meta({
        description: "Time zone by Windows' name.",
        examples: ["W. Europe Standard Time"],
        default: "UTC",
      })
      .optional(),
    inputLocale: textField(
      {
        description: "Keyboard by Windows' name; the locale's own when it is left out.",
        examples: ["de-DE"],
      },
      readWord,
    ).optional(),
    bypassChecks: z
      .boolean()
      .meta({
        description: "Lets Windows 11 install on a VM without TPM 2.0 and Secure Boot.",
        default: false,
      })
      .optional(),
    commands: z
      .array(z.string().min(1))
      .meta({ description: "Lines of cmd.exe to run at the end, in the installed system, as SYSTEM." })
      .optional(),
    ...profileSettings,
  })
  .meta({ title: "windows", description: "Windows 11 and Windows Server, by wimboot." });

/** `installer: windows`: Windows 11 and Windows Server. */
export interface WindowsProfile extends ProfileBase {
  readonly installer: "windows";
  /** Paths in the media folder. */
  readonly folder: string;
  readonly wimboot: string;
  /** Undefined: a CD drive. */
  readonly share: { readonly share: string; readonly user: string; readonly password: string } | undefined;
  readonly edition: string;
  readonly productKey: string | undefined;
  readonly drivers: string | undefined;
  readonly administratorPassword: string;
  readonly timeZone: string;
  readonly inputLocale: string | undefined;
  readonly bypassChecks: boolean;
  readonly commands: readonly string[];
}

export function resolveWindows(written: z.output<typeof windowsProfile>, base: ProfileBase): WindowsProfile {
  const { source = "cdrom", drivers = "w11" } = written;
  return {
    ...base,
    installer: "windows",
    folder: written.folder,
    wimboot: written.wimboot ?? "wimboot",
    share: source === "cdrom" ? undefined : source,
    edition: written.edition,
    productKey: written.productKey,
    drivers: drivers === "none" ? undefined : drivers,
    administratorPassword: written.administratorPassword,
    timeZone: written.timeZone ?? "UTC",
    inputLocale: written.inputLocale,
    bypassChecks: written.bypassChecks ?? false,
    commands: written.commands ?? [],
  };
}

export function windowsMedia(profile: WindowsProfile): readonly MediaFile[] {
  return [
    { key: "wimboot", path: profile.wimboot },
    ...["boot/bcd", "boot/boot.sdi", "sources/boot.wim", "curl.exe"].map((file) => ({
      key: "folder",
      path: `${profile.folder}/${file}`,
    })),
  ];
}
