import type { BootQuery } from "../dhcp/ports.ts";

export type Firmware = "bios" | "uefi";

/** What runs on the machine at the moment that it asks. */
export type Runs = "firmware" | "ipxe";

/** The client of a boot question, in the words that the decision is written in. */
export type BootClient =
  | {
      readonly supported: true;
      readonly firmware: Firmware;
      readonly runs: Runs;
      /** `http`: UEFI HTTP Boot, which wants a URL; else TFTP. */
      readonly fetches: "tftp" | "http";
    }
  | { readonly supported: false; readonly reason: string };

/** iPXE's user class (option 77), in its own framing and in RFC 3004's. */
const IPXE_USER_CLASS = "iPXE";

/**
 * Reads a boot query: firmware by client architecture (option 93, IANA "Processor Architecture Types"), and whether the
 * firmware itself asks or an iPXE that is already running.
 */
export function classifyClient(query: BootQuery): BootClient {
  const runs: Runs =
    query.userClass?.includes(IPXE_USER_CLASS) === true || query.ipxe !== undefined ? "ipxe" : "firmware";
  const fetches = query.kind === "httpclient" ? "http" : "tftp";
  const firmware = firmwareOf(query.arch);
  if (firmware) return { supported: true, firmware, runs, fetches };
  return {
    supported: false,
    reason: `no loader for client architecture ${query.arch} (option 93): BIOS and x86-64 UEFI are supported`,
  };
}

/** The firmware of a client architecture (option 93); `undefined` for those that we have no loader for. */
export function firmwareOf(arch: number | undefined): Firmware | undefined {
  switch (arch) {
    // RFC 4578 §2.1: a PXE client must send 93; BIOS ROMs of the time before it do not.
    case undefined:
    case 0:
      return "bios";
    case 7:
    case 9:
    case 16:
      return "uefi";
    default:
      return undefined;
  }
}
