import { resolveGuest } from "../../../src/config/guest.ts";
import type { HostConfig } from "../../../src/config/model.ts";
import type { SystemConfig } from "../../../src/config/profile-base.ts";
import type { ImageProfile } from "../../../src/config/profiles/image.ts";
import { type Mac, parseMac } from "../../../src/net/mac.ts";

/** A MAC of a test; fails the test where it is none. */
export function mac(text: string): Mac {
  const parsed = parseMac(text);
  if (!parsed) throw new TypeError(`not a MAC: ${text}`);
  return parsed;
}

/** A system as the config's defaults make it. */
export const SYSTEM: SystemConfig = {
  domain: undefined,
  timezone: "UTC",
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

/** A profile of installer `image`, with what the test says of it. */
export function imageProfile(said: Partial<ImageProfile>): ImageProfile {
  return {
    name: "golden",
    installer: "image",
    image: "golden.raw",
    sha256: undefined,
    seed: "nocloud",
    loader: "ipxe",
    attempts: { limit: 5, timeout: 7200, onFailure: "hold" },
    template: false,
    system: SYSTEM,
    options: new Map(),
    ...said,
  };
}

/** A host of the config, with what the test says of it. */
export function host(said: Partial<HostConfig>): HostConfig {
  return {
    name: "web1",
    mac: mac("52:54:00:12:34:56"),
    otherMacs: [],
    guest: resolveGuest({}, []),
    system: SYSTEM,
    profile: undefined,
    address: undefined,
    disk: undefined,
    firmware: undefined,
    install: "once",
    options: new Map(),
    ...said,
  };
}
