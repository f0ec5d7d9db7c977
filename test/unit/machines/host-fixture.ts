import { resolveGuest } from "../../../src/config/guest.ts";
import type { HostConfig } from "../../../src/config/model.ts";
import type { SystemConfig } from "../../../src/config/profile-base.ts";
import type { ImageProfile } from "../../../src/config/profiles/image.ts";
import { type Mac, parseMac } from "../../../src/net/mac.ts";
import type { Rules } from "./life-fixture.ts";

/** What the config's defaults make of a system of which nothing is said. */
const SYSTEM: SystemConfig = {
  domain: undefined,
  timezone: "Etc/UTC",
  locale: "en_US.UTF-8",
  keyboard: "us",
  users: [],
  packages: [],
  runCommands: [],
  network: { kind: "dhcp", vlan: undefined, bond: undefined },
  proxy: undefined,
  guestAgent: true,
  layout: undefined,
  vars: {},
};

/** The n-th MAC of QEMU's block: 52:54:00:00:00:01 for 1. */
export function macOf(n: number): Mac {
  const mac = parseMac(`525400${n.toString(16).padStart(6, "0")}`);
  if (mac === undefined) throw new RangeError(`no MAC number ${n}`);
  return mac;
}

/** A machine of the config, with as little of it as the life of a machine looks at. */
export function hostConfig(name: string, mac: Mac, rules: Rules = {}): HostConfig {
  const { install = "once" } = rules;
  const profile = "profile" in rules && rules.profile === undefined ? undefined : profileConfig(rules);
  return {
    name,
    mac,
    otherMacs: [],
    guest: resolveGuest({}, []),
    system: SYSTEM,
    profile,
    address: undefined,
    disk: undefined,
    firmware: undefined,
    install,
    options: new Map(),
  };
}

function profileConfig(rules: Rules): ImageProfile {
  const { limit = 3, timeout = 3600, onFailure = "local" } = rules;
  return {
    name: rules.profile ?? "trixie",
    installer: "image",
    image: "trixie.raw",
    sha256: undefined,
    seed: "nocloud",
    loader: "ipxe",
    attempts: { limit, timeout, onFailure },
    template: false,
    system: SYSTEM,
    options: new Map(),
  };
}
