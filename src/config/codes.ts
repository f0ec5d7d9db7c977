/** Every kind of problem that a config can have, by its stable code. The documentation is made from this table. */
export const CONFIG_CODES = {
  // The file itself.
  BW_CONFIG_UNREADABLE: "The config file is not there or may not be read.",
  BW_CONFIG_ENCODING: "The config file is not UTF-8 text.",
  BW_CONFIG_EMPTY: "The config file has nothing in it.",
  BW_CONFIG_SYNTAX: "The config file is not well-formed YAML.",
  BW_CONFIG_ALIAS: "A YAML alias names no anchor, contains itself, or the aliases unfold to too much.",
  BW_CONFIG_DUPLICATE_KEY: "A key is written twice in one mapping.",
  // Its shape.
  BW_CONFIG_UNKNOWN_KEY: "A key that Bootwire does not know.",
  BW_CONFIG_MISSING: "A key that must be there is not.",
  BW_CONFIG_TYPE: "A list, a mapping, text or a number was expected, and something else is there.",
  BW_CONFIG_VALUE: "A value that is not one of those possible, or out of its bounds.",
  // Single values.
  BW_CONFIG_MAC: "Not the MAC of a network card.",
  BW_CONFIG_ADDRESS: "Not an IPv4 address.",
  BW_CONFIG_CIDR: "Not an IPv4 network.",
  BW_CONFIG_POOL: "Not a range of IPv4 addresses.",
  BW_CONFIG_DURATION: "Not a duration.",
  BW_CONFIG_NAME: "A name with characters that it cannot have, or too long.",
  BW_CONFIG_OPTION: "A DHCP option that is not known, not yours to set, or has a value that does not fit.",
  BW_CONFIG_LISTEN: "Not an address and port to listen on.",
  BW_CONFIG_PATH: "A path that is not inside of the media folder.",
  BW_CONFIG_IMAGE: "Not a kind of disk image that can be written.",
  BW_CONFIG_DISK: "Not the device name of a disk.",
  BW_CONFIG_SHA256: "Not a SHA-256 in hexadecimal digits.",
  BW_CONFIG_PASSWORD:
    "A password hash in a form that installed systems do not know, or both a password and a hash.",
  BW_CONFIG_SSH_KEY: "Not an SSH public key.",
  BW_CONFIG_SYSTEM: "Not a time zone, locale or keyboard layout.",
  // What does not fit together.
  BW_CONFIG_DUPLICATE_NAME: "Two hosts, or two users of one system, have the same name.",
  BW_CONFIG_DUPLICATE_MAC: "Two hosts have the same MAC.",
  BW_CONFIG_DUPLICATE_ADDRESS: "Two hosts have the same address.",
  BW_CONFIG_UNKNOWN_PROFILE: "A host names a profile that there is not.",
  BW_CONFIG_ADDRESS_OUTSIDE: "An address of a host lies in no subnet.",
  BW_CONFIG_ADDRESS_TAKEN:
    "An address of a host or pool is that of the router, of this server, or of the network itself.",
  BW_CONFIG_POOL_OUTSIDE: "A pool reaches out of its subnet.",
  BW_CONFIG_POOL_OVERLAP: "Two ranges of a pool overlap.",
  BW_CONFIG_ROUTER_OUTSIDE: "A router lies outside of its subnet.",
  BW_CONFIG_SUBNET_OVERLAP: "Two subnets overlap.",
  BW_CONFIG_NO_SUBNETS: "A DHCP server without any subnet.",
  BW_CONFIG_NETWORK: "A static network without what it takes.",
  BW_CONFIG_GUEST:
    "A container or clone with a profile, a clone of nothing, or two hosts with one number in Proxmox.",
  BW_CONFIG_TEMPLATE: "A golden image with a fixed address, or one that is installed again and again.",
  BW_CONFIG_LOADER: "A loader that the firmware cannot run.",
  BW_CONFIG_PORT: "Not a range of ports.",
  BW_CONFIG_SIZE: "Not an amount of memory, or too little.",
  BW_CONFIG_PORT_CLASH: "Two listeners on one port.",
  BW_CONFIG_URL: "Not an http or https URL.",
  BW_CONFIG_HOOK_SECRET: "A hook without a secret to sign its posts with, or with two.",
  // The certificate of the admin interface.
  BW_TLS_FILE: "A file of `admin.tls` is not there or may not be read.",
  BW_TLS_CERTIFICATE: "A file has no certificate that can be served.",
  BW_TLS_KEY: "A file has no private key, or an encrypted one.",
  BW_TLS_MISMATCH: "A private key that is not that of the certificate.",
  // Warnings.
  BW_CONFIG_PLAIN_PASSWORD: "Warning: a password stands readable in the config.",
  BW_CONFIG_UNUSED: "Warning: something is set that has no effect here.",
  BW_CONFIG_NO_POOL: "Warning: nobody but reserved hosts can get an address.",
  BW_CONFIG_ADMIN_EXPOSED: "Warning: the admin interface listens beyond this machine, without encryption.",
  BW_TLS_EXPIRED:
    "Warning: a certificate that has expired. It is served all the same, and refused by all who look at it.",
  BW_TLS_NOT_YET:
    "Warning: a certificate that is not valid yet. It is served all the same, as an expired one is.",
  BW_TLS_EXPIRES: "Warning: a certificate that expires soon.",
  BW_CONFIG_NO_LOGIN: "Warning: nobody can log in to what a profile installs.",
  BW_CONFIG_MEDIA_MISSING: "Warning: a file that a profile names is not in the media folder.",
} as const;

export type ConfigCode = keyof typeof CONFIG_CODES;
