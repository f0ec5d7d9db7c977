import type { DebianProfile } from "../config/model.ts";
import { macWithHyphens } from "../net/mac.ts";
import type { Templates } from "../templates/templates.ts";
import type { BootPlan, InstallContext, Installer } from "./installer.ts";
import { type InstallView, installView } from "./view.ts";

/** The Debian installer, answered by a preseed file. */
export function debianInstaller(templates: Templates): Installer<DebianProfile> {
  return {
    boot: (context) => bootPlan(context),
    answers: (context) => {
      const { mirror, suite } = context.profile;
      const view = {
        ...installView(context),
        mirror: { ...mirror, proxy: mirror.proxy ?? null },
        suite,
      };
      const body = templates.render("debian/preseed.cfg.hbs", view);
      return new Map([["preseed.cfg", { contentType: "text/plain; charset=utf-8", body }]]);
    },
  };
}

function bootPlan(context: InstallContext<DebianProfile>): BootPlan {
  const { host, profile } = context;
  const view = installView(context);
  return {
    kernel: `media/${profile.kernel}`,
    initrd: `media/${profile.initrd}`,
    commandLine: [
      // Put off the first questions until the preseed file is here, and ask only what has no default.
      "auto=true",
      "priority=critical",
      `url=${context.attemptUrl}/answers/preseed.cfg`,
      // Of several network cards, the one that booted.
      "interface=auto",
      `BOOTIF=01-${macWithHyphens(host.mac)}`,
      ...networkArguments(view),
      "---",
      "quiet",
    ],
  };
}

/** The network is set up before the preseed file is fetched over it, so its answers stand on the command line. */
function networkArguments(view: InstallView): readonly string[] {
  const { network } = view;
  const names = [`hostname=${view.hostname}`, `domain=${view.domain ?? ""}`];
  if (!network.static) return names;
  return [
    ...names,
    "netcfg/disable_autoconfig=true",
    `netcfg/get_ipaddress=${network.address}`,
    `netcfg/get_netmask=${network.netmask}`,
    `netcfg/get_gateway=${network.gateway ?? "none"}`,
    `netcfg/get_nameservers=${network.dns.join(" ")}`,
    "netcfg/confirm_static=true",
  ];
}
