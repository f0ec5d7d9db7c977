import type { ProfileConfig } from "../config/profiles/registry.ts";
import type { Templates } from "../templates/templates.ts";
import { agamaInstaller } from "./agama.ts";
import { alpineInstaller } from "./alpine.ts";
import { autoyastInstaller } from "./autoyast.ts";
import { coreosInstaller } from "./coreos.ts";
import { customInstaller } from "./custom.ts";
import { debianInstaller } from "./debian.ts";
import { faiInstaller } from "./fai.ts";
import { flatcarInstaller } from "./flatcar.ts";
import { imageInstaller } from "./image.ts";
import type { InstallContext, Installer } from "./installer.ts";
import { kickstartInstaller } from "./kickstart.ts";
import { proxmoxInstaller } from "./proxmox.ts";
import { talosInstaller } from "./talos.ts";
import { ubuntuInstaller } from "./ubuntu.ts";
import { windowsInstaller } from "./windows.ts";

/** The installer that a profile asks for. Throws a TypeError when it is then given another installer's profile. */
export function installerFor(profile: ProfileConfig, templates: Templates): Installer {
  switch (profile.installer) {
    case "image":
      return accepting(imageInstaller(templates), (other) =>
        other.installer === "image" ? other : undefined,
      );
    case "debian":
      return accepting(debianInstaller(templates), (other) =>
        other.installer === "debian" ? other : undefined,
      );
    case "autoyast":
      return accepting(autoyastInstaller(templates), (other) =>
        other.installer === "autoyast" ? other : undefined,
      );
    case "agama":
      return accepting(agamaInstaller(templates), (other) =>
        other.installer === "agama" ? other : undefined,
      );
    case "flatcar":
      return accepting(flatcarInstaller(templates), (other) =>
        other.installer === "flatcar" ? other : undefined,
      );
    case "coreos":
      return accepting(coreosInstaller(templates), (other) =>
        other.installer === "coreos" ? other : undefined,
      );
    case "talos":
      return accepting(talosInstaller(templates), (other) =>
        other.installer === "talos" ? other : undefined,
      );
    case "alpine":
      return accepting(alpineInstaller(templates), (other) =>
        other.installer === "alpine" ? other : undefined,
      );
    case "fai":
      return accepting(faiInstaller(templates), (other) => (other.installer === "fai" ? other : undefined));
    case "windows":
      return accepting(windowsInstaller(templates), (other) =>
        other.installer === "windows" ? other : undefined,
      );
    case "custom":
      return accepting(customInstaller(templates), (other) =>
        other.installer === "custom" ? other : undefined,
      );
    case "ubuntu":
      return accepting(ubuntuInstaller(templates), (other) =>
        other.installer === "ubuntu" ? other : undefined,
      );
    case "kickstart":
      return accepting(kickstartInstaller(templates), (other) =>
        other.installer === "kickstart" ? other : undefined,
      );
    case "proxmox":
      return accepting(proxmoxInstaller(templates), (other) =>
        other.installer === "proxmox" ? other : undefined,
      );
  }
}

/** An installer for one kind of profile, in the form that takes any: other kinds are a mistake of the caller. */
function accepting<P extends ProfileConfig>(
  installer: Installer<P>,
  narrow: (profile: ProfileConfig) => P | undefined,
): Installer {
  const own = (context: InstallContext): InstallContext<P> => {
    const profile = narrow(context.profile);
    if (profile === undefined) throw new TypeError(`profile ${context.profile.name} is of another installer`);
    return { ...context, profile };
  };
  const { expresses, firmwares, loaders, minimumMemory, mediaInMemory } = installer;
  return {
    expresses,
    firmwares,
    loaders,
    minimumMemory,
    mediaInMemory,
    memoryOf: (context) => installer.memoryOf?.(own(context)) ?? minimumMemory,
    obstacle: (context) => installer.obstacle?.(own(context)),
    boot: (context) => installer.boot(own(context)),
    answers: (context) => installer.answers(own(context)),
    callback: (call) => installer.callback?.(call),
  };
}
