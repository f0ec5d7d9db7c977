import type { HostConfig } from "../config/model.ts";
import type { Templates } from "../templates/templates.ts";
import type { Answer } from "./installer.ts";
import { networkV2 } from "./network-v2.ts";
import { type InstallView, systemView } from "./view.ts";

/** Where a machine's seed is served, and what it calls. */
export interface SeedPlace {
  /** `http://10.0.0.1:8080`, without a trailing slash. */
  readonly baseUrl: string;
  /** `http://10.0.0.1:8080/nocloud/<token>`: the files below it, `report` and `booted` beside them. No trailing slash. */
  readonly seedUrl: string;
}

/** What cloud-init's data source NoCloud asks for: the name of each file, in the order that it asks. */
export const NOCLOUD_FILES = ["user-data", "meta-data", "vendor-data", "network-config"] as const;

/** user-data, meta-data and network-config of a machine that cloud-init sets up. */
export function cloudInitFiles(view: InstallView, templates: Templates): ReadonlyMap<string, Answer> {
  const hasRoot = view.users.some((user) => user.name === "root");
  const report = templates.render("shared/report.sh.hbs", view);
  const installPackages = [...new Set([...(view.guestAgent ? ["qemu-guest-agent"] : []), ...view.packages])];
  const own = { report, hasRoot, installPackages, networkV2: networkV2(view, templates, true) };
  const render = (name: string): Answer => yaml(templates.render(`image/${name}.hbs`, { ...view, ...own }));
  const names = ["user-data", "meta-data", "network-config"];
  return new Map(names.map((name) => [name, render(name)]));
}

/**
 * The seed of an installed system, or of a clone of a template: the same for as long as the config says the same, since
 * cloud-init takes a new `instance-id` for a new machine and sets it up anew.
 */
export function noCloudSeed(
  host: HostConfig,
  place: SeedPlace,
  templates: Templates,
): ReadonlyMap<string, Answer> {
  const view: InstallView = {
    ...systemView(host, host.system),
    firmware: host.firmware ?? "bios",
    baseUrl: place.baseUrl,
    attemptUrl: place.seedUrl,
    attemptId: `bootwire-${host.name}-${host.mac.replaceAll(":", "")}`,
    profile: host.profile?.name ?? host.guest.kind,
    template: false,
  };
  return new Map([...cloudInitFiles(view, templates), ["vendor-data", yaml("#cloud-config\n{}\n")]]);
}

function yaml(body: string): Answer {
  return { contentType: "text/yaml; charset=utf-8", body };
}
