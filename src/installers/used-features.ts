import type { SystemConfig } from "../config/profile-base.ts";
import type { Feature } from "./feature.ts";
import type { InstallContext } from "./installer.ts";

/** A part of the common model that a machine asks for, in words. */
export interface UsedFeature {
  readonly feature: Feature;
  /** As the admin wrote it: `network: {vlan: 20}`. */
  readonly words: string;
}

/**
 * What a machine asks for beyond what every installer does by itself. Defaults that the admin need not have written
 * (`Etc/UTC`, `en_US.UTF-8`, the `us` keyboard) ask for nothing.
 */
export function usedFeatures(context: InstallContext): readonly UsedFeature[] {
  const { host, profile } = context;
  const { system } = profile;
  const used: UsedFeature[] = [...networkFeatures(system)];
  const uses = (asked: boolean, feature: Feature, words: string) => {
    if (asked) used.push({ feature, words });
  };
  uses(system.domain !== undefined, "domain", `domain: ${system.domain}`);
  uses(system.timezone !== "Etc/UTC", "timezone", `timezone: ${system.timezone}`);
  uses(system.locale !== "en_US.UTF-8", "locale", `locale: ${system.locale}`);
  uses(system.keyboard !== "us", "keyboard", `keyboard: ${system.keyboard}`);
  const people = system.users.filter((user) => user.name !== "root");
  uses(people.length > 0, "users", `users: ${people.map((user) => user.name).join(", ")}`);
  const secret = system.users.filter((user) => user.passwordHash !== undefined);
  uses(secret.length > 0, "user-password", `a password of ${secret.map((user) => user.name).join(", ")}`);
  const keyed = system.users.filter((user) => user.sshKeys.length > 0);
  uses(keyed.length > 0, "ssh-keys", `sshKeys of ${keyed.map((user) => user.name).join(", ")}`);
  uses(system.packages.length > 0, "packages", `packages: ${system.packages.join(", ")}`);
  uses(system.proxy !== undefined, "proxy", `proxy: ${system.proxy}`);
  uses(system.runCommands.length > 0, "commands", "runCommands");
  uses(host.disk !== undefined, "disk", `disk: ${host.disk}`);
  uses(profile.template, "template", "template: true");
  switch (system.layout) {
    case undefined:
      break;
    case "plain":
    case "lvm":
    case "btrfs":
    case "zfs":
      used.push({ feature: `layout-${system.layout}`, words: `layout: ${system.layout}` });
  }
  return used;
}

function networkFeatures({ network }: SystemConfig): readonly UsedFeature[] {
  const used: UsedFeature[] = [];
  if (network.kind === "static") used.push({ feature: "static", words: "a static address" });
  if (network.vlan !== undefined) used.push({ feature: "vlan", words: `network: {vlan: ${network.vlan}}` });
  if (network.bond !== undefined) used.push({ feature: "bond", words: `network: {bond: ${network.bond}}` });
  return used;
}
