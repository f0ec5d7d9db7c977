/** A part of the common model that not every dialect can say. */
export type Feature =
  | "domain"
  | "timezone"
  | "locale"
  | "keyboard"
  | "users"
  | "user-password"
  | "ssh-keys"
  | "packages"
  | "proxy"
  | "commands"
  | "disk"
  | "static"
  | "vlan"
  | "bond"
  | "layout-plain"
  | "layout-lvm"
  | "layout-btrfs"
  | "layout-zfs"
  | "template";

/** What most Linux installers can say; beside this, each lists what is special to it. */
export const COMMON_FEATURES: readonly Feature[] = [
  "domain",
  "timezone",
  "locale",
  "keyboard",
  "users",
  "user-password",
  "ssh-keys",
  "packages",
  "proxy",
  "commands",
  "disk",
  "static",
];

/** Everything that can be asked for. */
export const ALL_FEATURES: readonly Feature[] = [
  ...COMMON_FEATURES,
  "vlan",
  "bond",
  "layout-plain",
  "layout-lvm",
  "layout-btrfs",
  "layout-zfs",
  "template",
];
