import type { WindowsProfile } from "../config/profiles/windows.ts";
import { BootwireError } from "../errors.ts";
import { mediaPath } from "../media/content-path.ts";
import { macWithHyphens } from "../net/mac.ts";
import type { Templates } from "../templates/templates.ts";
import type { Answer, InstallContext, Installer, WimbootPlan } from "./installer.ts";
import { installView } from "./view.ts";

/** Files that wimboot puts into X:\Windows\System32 of the installation system, beside Windows' own. */
const FILES = {
  /** What Windows PE runs first. */
  "winpeshl.ini": "text/plain; charset=utf-8",
  "bootwire.cmd": "text/plain; charset=utf-8",
  "unattend.xml": "application/xml; charset=utf-8",
  /** What the installed system runs at the end of its setup, without anybody logging in. */
  "SetupComplete.cmd": "text/plain; charset=utf-8",
} as const;

/** NetBIOS names have no more; Windows' setup stops at a longer one. */
const NAME_LENGTH = 15;

/** Windows 11 and Windows Server: Windows PE by wimboot, whose script loads VirtIO drivers and runs Setup. */
export function windowsInstaller(templates: Templates): Installer<WindowsProfile, WimbootPlan> {
  return {
    // No users: Windows takes no crypt(3) hashes.
    expresses: new Set(["domain", "locale", "static"]),
    firmwares: new Set(["bios", "uefi"]),
    loaders: new Set(["ipxe"]),
    minimumMemory: 4096,
    boot: (context) => bootPlan(context),
    answers: (context) => answers(context, templates),
    obstacle: (context) => tooLong(installView(context).hostname) ?? refusedBySetup(context),
  };
}

/** Windows 11's Setup ends at once on a machine that has no Secure Boot to offer, which is every one with BIOS. */
function refusedBySetup({
  host,
  profile,
  firmware,
}: InstallContext<WindowsProfile>): BootwireError | undefined {
  if (firmware === "uefi" || profile.bypassChecks || !profile.edition.startsWith("Windows 11"))
    return undefined;
  return new BootwireError(
    "BW_INSTALLER_FIRMWARE",
    `Windows 11 does not install on BIOS firmware, which ${host.name} has`,
    "Give the VM OVMF, or write bypassChecks: true in the profile.",
  );
}

function tooLong(hostname: string): BootwireError | undefined {
  if (hostname.length <= NAME_LENGTH) return undefined;
  return new BootwireError(
    "BW_INSTALLER_CANNOT",
    `Windows takes names of at most ${NAME_LENGTH} characters, and ${hostname} has ${hostname.length}`,
    "Give the host a shorter name.",
  );
}

function bootPlan({ profile, baseUrl, attemptUrl }: InstallContext<WindowsProfile>): WimbootPlan {
  const attempt = attemptUrl.slice(baseUrl.length + 1);
  const ofFolder = (name: string, path: string) => ({ name, path: mediaPath(`${profile.folder}/${path}`) });
  return {
    kind: "wimboot",
    wimboot: mediaPath(profile.wimboot),
    files: [
      ...Object.keys(FILES).map((name) => ({ name, path: `${attempt}/answers/${name}` })),
      ofFolder("curl.exe", "curl.exe"),
      ofFolder("BCD", "boot/bcd"),
      ofFolder("boot.sdi", "boot/boot.sdi"),
      ofFolder("boot.wim", "sources/boot.wim"),
    ],
  };
}

function answers(context: InstallContext<WindowsProfile>, templates: Templates): ReadonlyMap<string, Answer> {
  const { profile, host } = context;
  const common = installView(context);
  const language = common.locale.replace(/[.@].*$/, "").replace("_", "-");
  const view = {
    ...common,
    language: /^(C|POSIX)$/.test(language) ? "en-US" : language,
    inputLocale: profile.inputLocale ?? null,
    timeZone: profile.timeZone,
    edition: profile.edition,
    productKey: profile.productKey ?? null,
    drivers: profile.drivers ?? null,
    administratorPassword: profile.administratorPassword,
    bypassChecks: profile.bypassChecks,
    share: profile.share ?? null,
    commands: profile.commands,
    macWithHyphens: macWithHyphens(host.mac).toUpperCase(),
    uefi: context.firmware === "uefi",
  };
  return new Map(
    Object.entries(FILES).map(([name, contentType]) => {
      // cmd.exe loses its way in files with Unix line ends.
      const body = templates.render(`windows/${name}.hbs`, view).replace(/\r?\n/g, "\r\n");
      return [name, { contentType, body }];
    }),
  );
}
