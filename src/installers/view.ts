import type { HostConfig } from "../config/model.ts";
import type {
  DiskLayout,
  NetworkConfig,
  SystemConfig,
  UserConfig,
  VarValue,
} from "../config/profile-base.ts";
import { formatIpv4, netmask } from "../net/ipv4.ts";
import type { InstallContext } from "./installer.ts";

/** A user as templates see it; `null` where there is none, since templates refuse what is undefined. */
export interface UserView {
  readonly name: string;
  /** crypt(3) hash. */
  readonly passwordHash: string | null;
  readonly sshKeys: readonly string[];
  readonly sudo: boolean;
}

/** The network of the installed system as templates see it. */
export type NetworkView = LinkView & AddressView;

/** What lies below the address. */
interface LinkView {
  readonly vlan: number | null;
  readonly bond: string | null;
  /** All cards: the one that the machine boots from first. */
  readonly macs: readonly string[];
}

type AddressView =
  | { readonly static: false }
  | {
      readonly static: true;
      readonly address: string;
      readonly prefix: number;
      readonly netmask: string;
      readonly gateway: string | null;
      readonly dns: readonly string[];
    };

/** What every installer's templates can name. */
export interface InstallView {
  /** The machine's name in the config. */
  readonly name: string;
  /** First label of the name. */
  readonly hostname: string;
  readonly domain: string | null;
  readonly fqdn: string;
  readonly mac: string;
  /** Device to install on, or null: the only one there is. */
  readonly disk: string | null;
  readonly firmware: "bios" | "uefi";
  readonly profile: string;
  readonly baseUrl: string;
  readonly attemptUrl: string;
  readonly attemptId: string;
  readonly timezone: string;
  readonly locale: string;
  readonly keyboard: string;
  readonly users: readonly UserView[];
  readonly packages: readonly string[];
  readonly proxy: string | null;
  readonly guestAgent: boolean;
  readonly layout: DiskLayout | null;
  /** Whether this makes a golden image. */
  readonly template: boolean;
  readonly runCommands: readonly string[];
  readonly network: NetworkView;
  readonly vars: Readonly<Record<string, VarValue>>;
}

/** Puts a context into the form that templates take. Pure. */
export function installView(context: InstallContext): InstallView {
  const { host, profile, firmware, baseUrl, attemptUrl, attemptId } = context;
  const own = { firmware, baseUrl, attemptUrl, attemptId, profile: profile.name, template: profile.template };
  return { ...systemView(host, profile.system), ...own };
}

/** What belongs to one install, beside the machine and its system. */
type AttemptView = Pick<
  InstallView,
  "firmware" | "baseUrl" | "attemptUrl" | "attemptId" | "profile" | "template"
>;

/** A machine and its system in the form that templates take, whatever way it is set up. Pure. */
export function systemView(host: HostConfig, system: SystemConfig): Omit<InstallView, keyof AttemptView> {
  const [hostname = host.name, ...rest] = host.name.split(".");
  const domain = rest.length > 0 ? rest.join(".") : (system.domain ?? null);
  return {
    name: host.name,
    hostname,
    domain,
    fqdn: domain === null ? hostname : `${hostname}.${domain}`,
    mac: host.mac,
    disk: host.disk ?? null,
    timezone: system.timezone,
    locale: system.locale,
    keyboard: system.keyboard,
    users: system.users.map(userView),
    packages: system.packages,
    proxy: system.proxy ?? null,
    guestAgent: system.guestAgent,
    layout: system.layout ?? null,
    runCommands: system.runCommands,
    network: {
      vlan: system.network.vlan ?? null,
      bond: system.network.bond ?? null,
      macs: [host.mac, ...host.otherMacs],
      ...addressView(system.network),
    },
    vars: system.vars,
  };
}

function userView(user: UserConfig): UserView {
  return { ...user, passwordHash: user.passwordHash ?? null };
}

function addressView(network: NetworkConfig): AddressView {
  switch (network.kind) {
    case "dhcp":
      return { static: false };
    case "static":
      return {
        static: true,
        address: formatIpv4(network.address.address),
        prefix: network.address.prefix,
        netmask: formatIpv4(netmask(network.address.prefix)),
        gateway: network.gateway === undefined ? null : formatIpv4(network.gateway),
        dns: network.dns.map(formatIpv4),
      };
  }
}
