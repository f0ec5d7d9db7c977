/** How the value of a DHCP option is written in the config, and what becomes of it on the wire. */
export type OptionForm =
  | "address"
  | "addresses"
  | "text"
  | "u8"
  | "u16"
  | "u32"
  | "i32"
  | "domains"
  | "routes"
  /** Not known by name: the value says its own form (`hex:…`, `text:…`, `ip:…`, `u8:…`, `u16:…`, `u32:…`). */
  | "tagged";

export interface OptionEntry {
  readonly code: number;
  readonly name: string;
  readonly form: OptionForm;
}

/** The options that an admin may call by name (IANA "BOOTP Vendor Extensions and DHCP Options"; 250, 251: Proxmox). */
export const OPTION_TABLE: readonly OptionEntry[] = [
  { code: 2, name: "time-offset", form: "i32" },
  { code: 3, name: "routers", form: "addresses" },
  { code: 4, name: "time-servers", form: "addresses" },
  { code: 6, name: "domain-name-servers", form: "addresses" },
  { code: 7, name: "log-servers", form: "addresses" },
  { code: 12, name: "host-name", form: "text" },
  { code: 15, name: "domain-name", form: "text" },
  { code: 17, name: "root-path", form: "text" },
  { code: 26, name: "interface-mtu", form: "u16" },
  { code: 28, name: "broadcast-address", form: "address" },
  { code: 42, name: "ntp-servers", form: "addresses" },
  { code: 44, name: "netbios-name-servers", form: "addresses" },
  { code: 66, name: "tftp-server-name", form: "text" },
  { code: 67, name: "bootfile-name", form: "text" },
  { code: 100, name: "posix-timezone", form: "text" },
  { code: 101, name: "tzdb-timezone", form: "text" },
  { code: 108, name: "ipv6-only-preferred", form: "u32" },
  { code: 114, name: "captive-portal", form: "text" },
  { code: 119, name: "domain-search", form: "domains" },
  { code: 121, name: "classless-static-routes", form: "routes" },
  { code: 150, name: "tftp-server-addresses", form: "addresses" },
  { code: 209, name: "pxelinux-config-file", form: "text" },
  { code: 210, name: "pxelinux-path-prefix", form: "text" },
  { code: 211, name: "pxelinux-reboot-time", form: "u32" },
  { code: 250, name: "proxmox-auto-installer-url", form: "text" },
  { code: 251, name: "proxmox-auto-installer-fingerprint", form: "text" },
  { code: 252, name: "wpad-url", form: "text" },
];

/** Options that belong to the protocol or to a setting of their own, and what to do instead. */
export const RESERVED_OPTIONS: ReadonlyMap<number, string> = new Map([
  [0, "it is padding and carries no value: remove it"],
  [1, "the netmask follows from the subnet's `cidr`: remove this"],
  [50, "it is the client's own: remove it"],
  [51, "set the subnet's `leaseTime` instead"],
  [52, "it is part of the protocol: remove it"],
  [53, "it is part of the protocol: remove it"],
  [54, "set `advertise` to choose the address of this server"],
  [55, "it is the client's own: remove it"],
  [57, "it is the client's own: remove it"],
  [61, "it is the client's own: remove it"],
  [82, "it is the relay's own: remove it"],
  [255, "it ends a message and carries no value: remove it"],
]);
