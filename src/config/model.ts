import type { AddressRange, Cidr, Ipv4 } from "../net/ipv4.ts";
import type { Mac } from "../net/mac.ts";
import type { GuestConfig } from "./guest.ts";
import type { HookEventKind } from "./hook-events.ts";
import type { RawOptions, SystemConfig } from "./profile-base.ts";
import type { ProfileConfig } from "./profiles/registry.ts";

/**
 * The configuration as the rest of the program sees it: read, validated, every default filled in, every reference
 * resolved, `defaults` < profile < host already merged. `schema.ts` describes what an admin writes; `load.ts` turns
 * that into this.
 */
export interface Config {
  /** Absolute path of the file that this was read from. Relative paths in it were resolved against its folder. */
  readonly path: string;
  /** Interface names or addresses as written; empty means "every non-loopback interface that has an IPv4 address". */
  readonly interfaces: readonly string[];
  /** The address that machines are told to fetch from; default: the address of the interface that heard them. */
  readonly advertise: Ipv4 | undefined;
  readonly dhcp: DhcpConfig;
  readonly tftp: TftpConfig;
  readonly http: { readonly port: number };
  readonly admin: {
    readonly host: string;
    readonly port: number;
    /** Who may read `/metrics`: whoever has the admin's token, or everybody who reaches the port. */
    readonly metrics: "token" | "open";
    /** Undefined: without encryption. */
    readonly tls: TlsConfig | undefined;
  };
  /** Receivers of events. */
  readonly hooks: readonly HookConfig[];
  /** Where to hear syslog of machines; undefined: nowhere. */
  readonly syslog: { readonly port: number } | undefined;
  /** Absolute folder of the daemon's memory: leases, machines, attempts, timeline. */
  readonly state: string;
  /** Absolute folder of kernels, ISOs and disk images. */
  readonly media: string;
  /** Absolute folder whose files win over the built-in templates, if there is one. */
  readonly templates: string | undefined;
  readonly profiles: ReadonlyMap<string, ProfileConfig>;
  readonly hosts: readonly HostConfig[];
}

/** What the admin interface shows that it is who it says. */
export interface TlsConfig {
  /** Absolute paths of the PEM files. */
  readonly certificate: string;
  readonly key: string;
  /** What is in them; undefined where nobody asked to have them read. */
  readonly pem: TlsPem | undefined;
}

/** A certificate (with those between it and its authority) and its private key, checked to belong together. */
export interface TlsPem {
  readonly certificate: string;
  readonly key: string;
  /** When the certificate's time begins and ends, in milliseconds since the epoch: it may not be now. */
  readonly validFrom: number;
  readonly validTo: number;
}

/** A web server that is told of events. */
export interface HookConfig {
  readonly url: string;
  /** Undefined: all of them. */
  readonly events: readonly HookEventKind[] | undefined;
  /** What posts are signed with; a file (absolute path) is read for each post. */
  readonly secret:
    | { readonly kind: "text"; readonly text: string }
    | { readonly kind: "file"; readonly path: string };
  /** Seconds that the receiver may take to answer. */
  readonly timeout: number;
}

export interface DhcpConfig {
  readonly mode: "server" | "proxy" | "off";
  readonly unknownHosts: "ignore" | "lease" | "register";
  /** Whether to NAK clients that ask for an address of another network (RFC 2131 §4.3.2). Server mode only. */
  readonly authoritative: boolean;
  /** Whether an address is looked for on the wire before it is offered. Server mode only. */
  readonly probe: boolean;
  /** Whether iPXE is told that there is no IPv6 router to wait for. */
  readonly skipIpv6Wait: boolean;
  /** Seconds that an address is kept back after a stranger was found to have it. Server mode only. */
  readonly quarantine: number;
  readonly subnets: readonly SubnetConfig[];
}

export interface SubnetConfig {
  readonly cidr: Cidr;
  /** Inclusive ranges of dynamic addresses, ascending, reservations not yet taken out. */
  readonly pool: readonly AddressRange[];
  readonly router: Ipv4 | undefined;
  readonly dns: readonly Ipv4[];
  readonly domain: string | undefined;
  /** Seconds. */
  readonly leaseTime: number;
  /** Subnets with the same name here lie on one wire. */
  readonly sharedNetwork: string | undefined;
  readonly options: RawOptions;
}

export interface TftpConfig {
  readonly port: number;
  /** Absolute folder of extra files to serve beside the loaders; none by default. */
  readonly root: string | undefined;
  /** Whether names in `root` match whatever their case. */
  readonly ignoreCase: boolean;
  /** Ports that transfers answer from; undefined: any. */
  readonly ports: { readonly first: number; readonly last: number } | undefined;
  /** All transfers share the request port. */
  readonly singlePort: boolean;
  /** Networks that may ask; undefined: every one. */
  readonly allow: readonly Cidr[] | undefined;
  /** Bounds that the admin set; what is left out is the TFTP library's default. Memory in octets. */
  readonly limits: {
    readonly transfers?: number;
    readonly transfersPerClient?: number;
    readonly requestsPerSecond?: number;
    readonly windowSize?: number;
    readonly memory?: number;
  };
}

export type InstallPolicy = "once" | "always" | "never";

/** A machine: something with a MAC that may boot from us. */
export interface HostConfig {
  readonly name: string;
  readonly mac: Mac;
  /** Its further network cards, which it does not boot from. */
  readonly otherMacs: readonly Mac[];
  /** What it is to Proxmox. */
  readonly guest: GuestConfig;
  /** What is said of its system, also where nothing is installed over the network. */
  readonly system: SystemConfig;
  /** The profile with this host's own overrides merged in; `undefined`: a reservation without any boot. */
  readonly profile: ProfileConfig | undefined;
  /** Reserved address. */
  readonly address: Ipv4 | undefined;
  /** Device to install on (`/dev/vda`), or undefined: the machine's only disk, else an error at install time. */
  readonly disk: string | undefined;
  /** What the firmware is, where the admin wants to insist; else it is learned from DHCP option 93. */
  readonly firmware: "bios" | "uefi" | undefined;
  readonly install: InstallPolicy;
  /** DHCP options of this host, raw. */
  readonly options: RawOptions;
}
