import { decodeValue, formatValue, type OptionCodec } from "./option-values.ts";
import type { DhcpPacket } from "./packet.ts";

/** What is known of an option. */
export interface OptionInfo {
  readonly code: number;
  /** IANA's name, in lower case with hyphens. */
  readonly name: string;
  readonly codec: OptionCodec;
  /** Where it is defined. */
  readonly source: string;
}

const TABLE: readonly (readonly [number, string, OptionCodec, string])[] = [
  [1, "subnet-mask", "address", "RFC 2132 §3.3"],
  [2, "time-offset", "i32", "RFC 2132 §3.4"],
  [3, "routers", "addresses", "RFC 2132 §3.5"],
  [4, "time-servers", "addresses", "RFC 2132 §3.6"],
  [6, "domain-name-servers", "addresses", "RFC 2132 §3.8"],
  [7, "log-servers", "addresses", "RFC 2132 §3.9"],
  [12, "host-name", "text", "RFC 2132 §3.14"],
  [13, "boot-file-size", "u16", "RFC 2132 §3.15"],
  [15, "domain-name", "text", "RFC 2132 §3.17"],
  [17, "root-path", "text", "RFC 2132 §3.19"],
  [19, "ip-forwarding", "flag", "RFC 2132 §4.1"],
  [23, "default-ip-ttl", "u8", "RFC 2132 §4.5"],
  [26, "interface-mtu", "u16", "RFC 2132 §5.1"],
  [28, "broadcast-address", "address", "RFC 2132 §5.3"],
  [33, "static-routes", "addresses", "RFC 2132 §5.8"],
  [40, "nis-domain", "text", "RFC 2132 §8.1"],
  [41, "nis-servers", "addresses", "RFC 2132 §8.2"],
  [42, "ntp-servers", "addresses", "RFC 2132 §8.3"],
  [43, "vendor-specific", "suboptions", "RFC 2132 §8.4, PXE 2.1"],
  [44, "netbios-name-servers", "addresses", "RFC 2132 §8.5"],
  [46, "netbios-node-type", "u8", "RFC 2132 §8.7"],
  [50, "requested-address", "address", "RFC 2132 §9.1"],
  [51, "lease-time", "u32", "RFC 2132 §9.2"],
  [52, "overload", "u8", "RFC 2132 §9.3"],
  [53, "message-type", "u8", "RFC 2132 §9.6"],
  [54, "server-identifier", "address", "RFC 2132 §9.7"],
  [55, "parameter-request-list", "u8s", "RFC 2132 §9.8"],
  [56, "message", "text", "RFC 2132 §9.9"],
  [57, "max-message-size", "u16", "RFC 2132 §9.10"],
  [58, "renewal-time", "u32", "RFC 2132 §9.11"],
  [59, "rebinding-time", "u32", "RFC 2132 §9.12"],
  [60, "vendor-class", "text", "RFC 2132 §9.13"],
  [61, "client-identifier", "octets", "RFC 2132 §9.14, RFC 4361"],
  [66, "tftp-server-name", "text", "RFC 2132 §9.4"],
  [67, "bootfile-name", "text", "RFC 2132 §9.5"],
  [77, "user-class", "octets", "RFC 3004"],
  [80, "rapid-commit", "octets", "RFC 4039"],
  [81, "client-fqdn", "octets", "RFC 4702"],
  [82, "relay-agent", "suboptions", "RFC 3046"],
  [93, "client-architecture", "u16s", "RFC 4578 §2.1"],
  [94, "client-network-interface", "octets", "RFC 4578 §2.2"],
  [97, "client-machine-identifier", "uuid", "RFC 4578 §2.3"],
  [100, "posix-timezone", "text", "RFC 4833"],
  [101, "tzdb-timezone", "text", "RFC 4833"],
  [108, "ipv6-only-preferred", "u32", "RFC 8925"],
  [114, "captive-portal", "text", "RFC 8910"],
  [116, "auto-configure", "u8", "RFC 2563"],
  [118, "subnet-selection", "address", "RFC 3011"],
  [119, "domain-search", "domains", "RFC 3397"],
  [121, "classless-static-routes", "routes", "RFC 3442"],
  [125, "vendor-identifying", "octets", "RFC 3925"],
  [145, "forcerenew-nonce-capable", "octets", "RFC 6704"],
  [150, "tftp-server-addresses", "addresses", "RFC 5859"],
  [175, "ipxe", "suboptions", "iPXE (ipxe.org/howto/dhcpd)"],
  [208, "pxelinux-magic", "octets", "RFC 5071 §3"],
  [209, "pxelinux-config-file", "text", "RFC 5071 §4"],
  [210, "pxelinux-path-prefix", "text", "RFC 5071 §5"],
  [211, "pxelinux-reboot-time", "u32", "RFC 5071 §6"],
  [249, "microsoft-classless-static-routes", "routes", "Microsoft [MS-DHCPE] §2.2.8"],
  [250, "proxmox-auto-installer-url", "text", "Proxmox VE, Automated Installation"],
  [251, "proxmox-auto-installer-fingerprint", "text", "Proxmox VE, Automated Installation"],
  [252, "wpad-url", "text", "draft-ietf-wrec-wpad-01"],
];

/** The options that have a name and a form here. Every other one is handled all the same, as octets. */
export const OPTIONS: readonly OptionInfo[] = TABLE.map(([code, name, codec, source]) => ({
  code,
  name,
  codec,
  source,
}));

const BY_CODE: ReadonlyMap<number, OptionInfo> = new Map(OPTIONS.map((info) => [info.code, info]));
const BY_NAME: ReadonlyMap<string, OptionInfo> = new Map(OPTIONS.map((info) => [info.name, info]));

export function optionByCode(code: number): OptionInfo | undefined {
  return BY_CODE.get(code);
}

export function optionByName(name: string): OptionInfo | undefined {
  return BY_NAME.get(name);
}

/** One line an option, for people: `client-architecture (93): 7`. Octets that do not have their option's form are shown raw. */
export function describeOptions(packet: Pick<DhcpPacket, "options">): string[] {
  return [...packet.options].map(([code, bytes]) => {
    const info = BY_CODE.get(code);
    const value = info && decodeValue(info.codec, bytes);
    return `${info?.name ?? "option"} (${code}): ${value ? formatValue(value) : bytes.toString("hex")}`;
  });
}
