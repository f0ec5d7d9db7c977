import type { ProfileConfig } from "../config/profiles/registry.ts";
import type { Templates } from "../templates/templates.ts";
import type { Feature } from "./feature.ts";
import type { Answer, InstallContext } from "./installer.ts";
import { jsonAnswer } from "./json-answer.ts";
import { networkManagerFiles } from "./network-manager.ts";
import { networkdFiles } from "./networkd.ts";
import { type InstallView, installView } from "./view.ts";

/*
 * Flatcar and Fedora CoreOS: two Ignition configs for each machine. The live system gets `live.ign`, which holds one
 * unit that writes the disk; the system on the disk gets `system.ign`, which says what it is to be.
 */

/** What Ignition can say. There are no packages to install, and one locale. */
export const IGNITION_FEATURES: readonly Feature[] = [
  "domain",
  "timezone",
  "keyboard",
  "users",
  "user-password",
  "ssh-keys",
  "commands",
  "disk",
  "static",
  "vlan",
  "bond",
];

/** The two configs of one machine; `more` is what a family's own templates can name beside what all can. */
export function ignitionAnswers(
  context: InstallContext<ProfileConfig>,
  templates: Templates,
  family: "flatcar" | "coreos",
  more: object,
): ReadonlyMap<string, Answer> {
  const common = installView(context);
  const view = {
    ...common,
    ...more,
    lib: templates.render("shared/installer.sh.hbs", common),
    report: templates.render("shared/report.sh.hbs", common),
  };
  const scripts = {
    ...view,
    installScript: templates.render(`${family}/install.sh.hbs`, view),
    reportScript: templates.render("shared/ignition-report.sh.hbs", view),
    sudoers: sudoers(common),
    vconsole: `KEYMAP=${common.keyboard}\n`,
    zoneinfo: `../usr/share/zoneinfo/${common.timezone}`,
    networkFiles:
      family === "flatcar"
        ? networkdFiles(common, templates, { always: false })
        : networkManagerFiles(common, templates),
  };
  return new Map([
    ["live.ign", jsonAnswer(templates, `${family}/live.yaml.hbs`, scripts)],
    ["system.ign", jsonAnswer(templates, `${family}/system.yaml.hbs`, scripts)],
  ]);
}

/** Who may become root: with the password, where there is one that sudo could ask for. */
function sudoers({ users }: InstallView): string {
  return users
    .filter((user) => user.sudo && user.name !== "root")
    .map((user) => `${user.name} ALL=(ALL:ALL) ${user.passwordHash === null ? "NOPASSWD: " : ""}ALL\n`)
    .join("");
}
