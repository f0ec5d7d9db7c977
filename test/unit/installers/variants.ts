import type { NetworkConfig, SystemConfig } from "../../../src/config/profile-base.ts";
import type { ProfileConfig } from "../../../src/config/profiles/registry.ts";
import type { InstallContext } from "../../../src/installers/installer.ts";
import type { GoldenMachine } from "./golden.ts";

/** What the golden machines do not ask for, asked for on top of one of them. */
export interface Variant {
  readonly system?: Partial<SystemConfig>;
  readonly link?: Pick<NetworkConfig, "vlan" | "bond">;
  readonly template?: boolean;
}

/** A golden machine with something changed. */
export function varied(machine: GoldenMachine, { system, link, template }: Variant): InstallContext {
  const { profile } = machine.context;
  const network = { ...profile.system.network, ...link };
  const changed: ProfileConfig = {
    ...profile,
    template: template ?? profile.template,
    system: { ...profile.system, network, ...system },
  };
  return { ...machine.context, profile: changed };
}

/** The golden machine of that label. Throws when there is none. */
export function labelled(machines: readonly GoldenMachine[], label: GoldenMachine["label"]): GoldenMachine {
  const found = machines.find((machine) => machine.label === label);
  if (!found) throw new Error(`no golden machine ${label}`);
  return found;
}

/** The text of an answer. Throws when it is not there. */
export function answerOf({ installer, context }: GoldenMachine, name: string): string {
  const answer = installer.answers(context).get(name);
  if (!answer) throw new Error(`no answer ${name}`);
  return answer.body;
}
