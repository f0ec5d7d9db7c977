import type { DhcpConfig, HostConfig } from "../config/model.ts";
import type { LoaderName } from "../config/profile-base.ts";
import type { Mac } from "../net/mac.ts";
import type { BootClient, Firmware } from "./client.ts";
import { type Dialect, ipxeScriptPath } from "./content-paths.ts";

/** What the machine's life says of a network boot; `machines/` decides it, see there. */
export type Verdict =
  | { readonly kind: "install"; readonly reason: string }
  | { readonly kind: "local"; readonly reason: string }
  | { readonly kind: "hold"; readonly reason: string };

/** Everything that the choice of a loader depends on. */
export interface LoaderQuestion {
  readonly mac: Mac;
  readonly client: BootClient;
  readonly host: HostConfig | undefined;
  /** Undefined for an unknown machine, and for one without a profile. */
  readonly verdict: Verdict | undefined;
  readonly unknownHosts: DhcpConfig["unknownHosts"];
  /** `http://10.0.0.1:8080`, no trailing slash. */
  readonly baseUrl: string;
}

/** What a DHCP answer tells the machine to load, and why. */
export type LoaderDecision =
  | { readonly kind: "boot"; readonly file: string; readonly reason: string }
  /** An address, but nothing to boot. */
  | { readonly kind: "none"; readonly reason: string }
  /** No answer at all. */
  | { readonly kind: "silent"; readonly reason: string };

/** The files that each loader starts with, as TFTP names. */
const LOADER_FILE = {
  ipxe: { bios: "undionly.kpxe", uefi: "ipxe.efi" },
  pxelinux: { bios: "pxelinux.0", uefi: undefined },
  grub: { bios: undefined, uefi: "shimx64.efi" },
} as const satisfies Record<LoaderName, Record<Firmware, string | undefined>>;

/** The language of the loader that a boot file is, by its name or URL; `undefined` for none of ours. */
export function dialectOfFile(file: string): Dialect | undefined {
  const name = file.slice(file.lastIndexOf("/") + 1);
  if (name === "shimx64.efi" || name === "grubx64.efi") return "grub";
  for (const loader of ["ipxe", "pxelinux"] as const) {
    if (Object.values(LOADER_FILE[loader]).some((one) => one === name)) return loader;
  }
  return undefined;
}

/**
 * The first half of the decision, asked by DHCP: which loader does this machine get? Pure. The second half, which
 * script that loader gets, follows from the same verdict once the loader asks for it.
 */
export function decideLoader(question: LoaderQuestion): LoaderDecision {
  const { client, host, verdict } = question;
  if (!host) return forUnknown(question);
  if (!client.supported) return { kind: "none", reason: client.reason };
  if (!verdict)
    return { kind: "none", reason: `${host.name} has a reservation but no profile: nothing to boot` };
  if (verdict.kind === "install" && host.firmware !== undefined && host.firmware !== client.firmware) {
    return {
      kind: "none",
      reason: `the config says that ${host.name} has ${host.firmware} firmware, but ${client.firmware} firmware asked`,
    };
  }
  const wanted = verdict.kind === "local" ? localLoader(client.firmware) : (host.profile?.loader ?? "ipxe");
  return load(question, client, wanted, verdict.reason);
}

function forUnknown(question: LoaderQuestion): LoaderDecision {
  switch (question.unknownHosts) {
    case "ignore":
      return { kind: "silent", reason: "unknown host and dhcp.unknownHosts=ignore" };
    case "lease":
      return {
        kind: "none",
        reason: "unknown host and dhcp.unknownHosts=lease: an address, nothing to boot",
      };
    case "register":
      return question.client.supported
        ? load(question, question.client, "ipxe", "unknown host and dhcp.unknownHosts=register")
        : { kind: "none", reason: question.client.reason };
  }
}

/**
 * The loader that can start the machine's own disk. BIOS: any iPXE (INT 13h). UEFI: GRUB behind shim finds the disk's
 * loader and chains it; distributions' iPXE builds before 2024 cannot, and leaving the boot option instead costs minutes
 * of IPv6 and HTTP boot tries before the firmware comes to the disk.
 */
function localLoader(firmware: Firmware): LoaderName {
  return firmware === "uefi" ? "grub" : "ipxe";
}

function load(
  question: LoaderQuestion,
  client: Extract<BootClient, { supported: true }>,
  wanted: LoaderName,
  why: string,
): LoaderDecision {
  if (client.runs === "ipxe" && wanted === "ipxe") {
    const file = `${question.baseUrl}/${ipxeScriptPath(question.mac, client.firmware)}`;
    return { kind: "boot", file, reason: `${why}; iPXE is running: its script` };
  }
  // shim does not start under a running iPXE ("malformed binary": it is too large for iPXE's PXE base code). An iPXE that
  // runs is not signed, so Secure Boot is off, and GRUB needs no shim.
  const withoutShim = client.runs === "ipxe" && wanted === "grub" && client.firmware === "uefi";
  const file = withoutShim ? "grubx64.efi" : LOADER_FILE[wanted][client.firmware];
  if (file === undefined) {
    return {
      kind: "none",
      reason: `${why}; but loader ${wanted} does not run on ${client.firmware} firmware`,
    };
  }
  const where = client.fetches === "http" ? `${question.baseUrl}/assets/${file}` : file;
  return { kind: "boot", file: where, reason: `${why}; ${client.firmware} ${client.runs} gets ${file}` };
}
