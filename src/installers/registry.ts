import type { ProfileConfig } from "../config/profiles/registry.ts";
import type { Templates } from "../templates/templates.ts";
import { debianInstaller } from "./debian.ts";
import { imageInstaller } from "./image.ts";
import type { InstallContext, Installer } from "./installer.ts";

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
  const { expresses, firmwares, loaders, minimumMemory } = installer;
  return {
    expresses,
    firmwares,
    loaders,
    minimumMemory,
    obstacle: (context) => installer.obstacle?.(own(context)),
    boot: (context) => installer.boot(own(context)),
    answers: (context) => installer.answers(own(context)),
    callback: (call) => installer.callback?.(call),
  };
}
