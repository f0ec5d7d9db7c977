import type { Ipv4, Ipv4WithPrefix } from "../net/ipv4.ts";

/** DHCP options by number, already encoded as they go on the wire. */
export type RawOptions = ReadonlyMap<number, Buffer>;

export type LoaderName = "ipxe" | "pxelinux" | "grub";
/** What to do at a network boot of a machine whose last attempt failed. */
export type OnFailure = "local" | "retry" | "hold";

/** How the disk is divided, where the admin wants to say so; each installer has its own default. */
export type DiskLayout = "plain" | "lvm" | "btrfs" | "zfs";

/** What is said once in `defaults`, a profile or a host, and reaches every installer (the closest one wins). */
export interface SystemConfig {
  readonly domain: string | undefined;
  readonly timezone: string;
  readonly locale: string;
  readonly keyboard: string;
  readonly users: readonly UserConfig[];
  readonly packages: readonly string[];
  /** HTTP proxy that packages are fetched through, by the installer and the installed system. */
  readonly proxy: string | undefined;
  /** Whether qemu-guest-agent is installed and enabled. */
  readonly guestAgent: boolean;
  /** Undefined: as the installer has it. */
  readonly layout: DiskLayout | undefined;
  /** Commands to run at the end, in the installed system, by `/bin/sh`. */
  readonly runCommands: readonly string[];
  readonly network: NetworkConfig;
  /** Free values for templates; a template that names one that is missing is an error. */
  readonly vars: Readonly<Record<string, VarValue>>;
}

export type VarValue = string | number | boolean | readonly VarValue[] | { readonly [key: string]: VarValue };

export interface UserConfig {
  readonly name: string;
  /** crypt(3) hash (`$6$…`, `$y$…`); a plain `password:` of the config was hashed at load. `undefined`: no password. */
  readonly passwordHash: string | undefined;
  readonly sshKeys: readonly string[];
  readonly sudo: boolean;
}

/** What the installed system's network is built on, besides the card that it boots from. */
export interface LinkConfig {
  /** VLAN id, 1 to 4094, where the system's address is in a tagged network. */
  readonly vlan: number | undefined;
  /** All of the machine's cards as one: its `mac` and its `otherMacs`. */
  readonly bond: BondMode | undefined;
}

/** The kernel's bonding modes, by their names. */
export type BondMode = "802.3ad" | "active-backup" | "balance-rr" | "balance-xor";

/** How the *installed* system gets its address. */
export type NetworkConfig = LinkConfig &
  (
    | { readonly kind: "dhcp" }
    | {
        readonly kind: "static";
        readonly address: Ipv4WithPrefix;
        readonly gateway: Ipv4 | undefined;
        readonly dns: readonly Ipv4[];
      }
  );

/** Limits of one attempt, and what follows a failed one. */
export interface AttemptPolicy {
  /** Network boots that one attempt may take before it counts as failed. */
  readonly limit: number;
  /** Seconds from the attempt's start until it counts as failed. */
  readonly timeout: number;
  readonly onFailure: OnFailure;
}

/** A file that a profile needs in the media folder. */
export interface MediaFile {
  /** The profile's key that names it, for messages. */
  readonly key: string;
  /** Path below the media folder. */
  readonly path: string;
}

/** What every profile has, whatever its installer. */
export interface ProfileBase {
  readonly name: string;
  readonly loader: LoaderName;
  readonly attempts: AttemptPolicy;
  readonly system: SystemConfig;
  /**
   * A golden image: generic, switched off instead of rebooted when it is done, and never installed again by itself, so
   * that Proxmox can turn it into a template.
   */
  readonly template: boolean;
  /** DHCP options of this profile, raw. */
  readonly options: RawOptions;
}
