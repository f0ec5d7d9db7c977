import { resolveGuest } from "../../../src/config/guest.ts";
import type { HostConfig } from "../../../src/config/model.ts";
import type { SystemConfig } from "../../../src/config/profile-base.ts";
import type { DebianProfile } from "../../../src/config/profiles/debian.ts";
import type { ImageProfile } from "../../../src/config/profiles/image.ts";
import type { InstallContext } from "../../../src/installers/installer.ts";
import { parseMac } from "../../../src/net/mac.ts";

/** Contexts for tests: a plain machine, and whatever a test wants otherwise. */

export const MAC = "52:54:00:12:34:56";

const SYSTEM: SystemConfig = {
  domain: undefined,
  timezone: "Europe/Berlin",
  locale: "C.UTF-8",
  keyboard: "us",
  users: [],
  packages: [],
  proxy: undefined,
  guestAgent: true,
  layout: undefined,
  runCommands: [],
  network: { kind: "dhcp", vlan: undefined, bond: undefined },
  vars: {},
};

const PROFILE = {
  loader: "ipxe",
  attempts: { limit: 3, timeout: 3600, onFailure: "local" },
  template: false,
  options: new Map(),
} as const;

type Changes<P> = Partial<Omit<InstallContext<ImageProfile>, "host" | "profile">> & {
  readonly host?: Partial<HostConfig>;
  readonly profile?: Partial<P>;
  readonly system?: Partial<SystemConfig>;
};
type CommonChanges = Omit<Changes<unknown>, "profile" | "system">;

export function imageContext(changes: Changes<ImageProfile> = {}): InstallContext<ImageProfile> {
  const profile: ImageProfile = {
    ...PROFILE,
    name: "cloud",
    installer: "image",
    image: "debian-12.raw.zst",
    sha256: undefined,
    seed: "nocloud",
    system: { ...SYSTEM, ...changes.system },
    ...changes.profile,
  };
  return { ...common(changes), profile };
}

export function debianContext(changes: Changes<DebianProfile> = {}): InstallContext<DebianProfile> {
  const profile: DebianProfile = {
    ...PROFILE,
    name: "bookworm",
    installer: "debian",
    kernel: "debian/linux",
    initrd: "debian/initrd.gz",
    mirror: { host: "mirror.example.org", directory: "/debian", proxy: undefined },
    suite: "bookworm",
    system: { ...SYSTEM, ...changes.system },
    ...changes.profile,
  };
  return { ...common(changes), profile };
}

function common(changes: CommonChanges): Omit<InstallContext, "profile"> {
  const mac = parseMac(MAC);
  if (mac === undefined) throw new Error("not a MAC");
  return {
    firmware: "bios",
    baseUrl: "http://192.0.2.1:8080",
    attemptUrl: "http://192.0.2.1:8080/a/token",
    attemptId: "attempt-1",
    image: undefined,
    ...changes,
    host: {
      name: "web1",
      mac,
      otherMacs: [],
      guest: resolveGuest({}, []),
      system: SYSTEM,
      profile: undefined,
      address: undefined,
      disk: undefined,
      firmware: undefined,
      install: "once",
      options: new Map(),
      ...changes.host,
    },
  };
}
