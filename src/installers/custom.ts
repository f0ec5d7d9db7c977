import type { CustomProfile } from "../config/profiles/custom.ts";
import { joinPath, mediaPath } from "../media/content-path.ts";
import { macWithHyphens } from "../net/mac.ts";
import type { Templates } from "../templates/templates.ts";
import { ALL_FEATURES } from "./feature.ts";
import type { Answer, InstallContext, Installer, LinuxPlan } from "./installer.ts";
import { installView } from "./view.ts";

/** Whatever has no installer of its own here: kernel, command line and answers come from the config and its templates. */
export function customInstaller(templates: Templates): Installer<CustomProfile, LinuxPlan> {
  return {
    // What is made of the common model is the templates' business.
    expresses: new Set(ALL_FEATURES),
    firmwares: new Set(["bios", "uefi"]),
    loaders: new Set(["ipxe", "pxelinux", "grub"]),
    minimumMemory: 0,
    boot: (context) => bootPlan(context, templates),
    answers: (context) => answers(context, templates),
  };
}

function bootPlan(context: InstallContext<CustomProfile>, templates: Templates): LinuxPlan {
  const { profile } = context;
  const view = viewOf(context, templates);
  const [first, ...more] = profile.initrds.map((path) => mediaPath(path));
  const where = `profile ${profile.name}, commandLine`;
  return {
    kind: "linux",
    kernel: mediaPath(profile.kernel),
    initrd:
      first === undefined || more.length === 0
        ? first
        : joinPath([first, ...more].map((content) => ({ content }))),
    commandLine: profile.commandLine.map((text) => templates.renderText(where, text, view)),
  };
}

function answers(context: InstallContext<CustomProfile>, templates: Templates): ReadonlyMap<string, Answer> {
  const view = viewOf(context, templates);
  return new Map(
    [...context.profile.answers].map(([name, template]) => [
      name,
      { contentType: contentTypeOf(name), body: templates.render(template, view) },
    ]),
  );
}

/** What all can name, the card in the words of a kernel argument (`BOOTIF`), and the two shell scripts that speak to Bootwire. */
function viewOf(context: InstallContext<CustomProfile>, templates: Templates): object {
  const common = installView(context);
  return {
    ...common,
    bootif: `01-${macWithHyphens(context.host.mac)}`,
    lib: templates.render("shared/installer.sh.hbs", common),
    report: templates.render("shared/report.sh.hbs", common),
  };
}

function contentTypeOf(name: string): string {
  const ending = /\.([a-z]+)$/.exec(name)?.[1];
  switch (ending) {
    case "json":
    case "ign":
      return "application/json; charset=utf-8";
    case "xml":
      return "application/xml; charset=utf-8";
    case "toml":
      return "application/toml; charset=utf-8";
    default:
      return "text/plain; charset=utf-8";
  }
}
