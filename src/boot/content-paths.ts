import { type Mac, macWithHyphens, parseMac } from "../net/mac.ts";
import type { Firmware } from "./client.ts";

/** The language of a boot script: that of the loader which reads it. */
export type Dialect = "ipxe" | "pxelinux" | "grub";

/** A name that stands for "the boot script of this machine". */
export interface ScriptName {
  readonly mac: Mac;
  readonly firmware: Firmware;
  readonly dialect: Dialect;
}

/** Where iPXE finds a machine's boot script, below the base URL. */
export function ipxeScriptPath(mac: Mac, firmware: Firmware): string {
  return `boot/${firmware}/${macWithHyphens(mac)}.ipxe`;
}

/**
 * Reads a file name that some loader asked for as the name of a boot script; `undefined` when it is none:
 * - `boot/<firmware>/<mac>.ipxe`: ours; iPXE's own words for the firmware (`${platform}`: pcbios, efi) are taken too
 * - `pxelinux.cfg/01-<mac>`: pxelinux, after `pxelinux.cfg/<uuid>` (01 is ARP hardware type Ethernet)
 * - `grub.cfg-01-<mac>`: GRUB, below its prefix, with hyphens or, from `$net_default_mac`, with colons
 */
export function parseScriptName(path: string): ScriptName | undefined {
  const ipxe = /^boot\/(bios|pcbios|uefi|efi)\/([0-9a-f-]+)\.ipxe$/i.exec(path);
  if (ipxe?.[1] && ipxe[2]) {
    const mac = parseMac(ipxe[2]);
    const firmware = ipxe[1].toLowerCase().endsWith("efi") ? "uefi" : "bios";
    return mac && { mac, firmware, dialect: "ipxe" };
  }
  const pxelinux = /(?:^|\/)pxelinux\.cfg\/01-([0-9a-f-]+)$/i.exec(path);
  if (pxelinux?.[1]) {
    const mac = parseMac(pxelinux[1]);
    return mac && { mac, firmware: "bios", dialect: "pxelinux" };
  }
  const grub = /(?:^|\/)grub\.cfg-01-([0-9a-f:-]+)$/i.exec(path);
  if (grub?.[1]) {
    const mac = parseMac(grub[1]);
    return mac && { mac, firmware: "uefi", dialect: "grub" };
  }
  return undefined;
}
