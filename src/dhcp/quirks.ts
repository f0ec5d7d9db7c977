import type { BootClient } from "./boot-client.ts";

/**
 * What firmware wants besides what the RFCs say. Each entry has its reason and where it was seen; everything else in this
 * library keeps to the RFCs.
 */

/** Which reply this is: each firmware reads the same option differently by who says it. */
export type BootRole =
  /** A full server's OFFER or ACK. */
  | "server"
  /** A ProxyDHCP OFFER on port 67. */
  | "proxy-offer"
  /** A ProxyDHCP or boot server ACK on port 4011. */
  | "boot-server";

/** How a boot file is put into a reply. */
export interface BootShape {
  /** Option 60. */
  readonly vendorClass: "PXEClient" | "HTTPClient" | undefined;
  /** Option 43. */
  readonly vendorSpecific: Buffer | undefined;
  /** Option 175. */
  readonly ipxe: Buffer | undefined;
  /** Whether the boot file goes into this reply, or is to be asked for on port 4011. */
  readonly carriesFile: boolean;
}

/**
 * PXE's discovery control (43.6): bit 3, "use the boot file given, ask no boot server". 255 closes the list; ROMs by
 * Intel read on without it.
 */
const USE_BOOT_FILE = Buffer.from([6, 1, 8, 255]);

/**
 * iPXE's `no-pxedhcp` (175.176 = 1): no other server will tell you what to boot. Spares iPXE the two seconds that it waits
 * for ProxyDHCP offers. As a top-level option 176 it does nothing (iPXE src/net/udp/dhcp.c).
 */
const NO_PXE_DHCP = Buffer.from([176, 1, 1]);

/** From this architecture on (93), clients are EDK2's; below it are PXE ROMs. */
const FIRST_EFI_ARCH = 6;

export function bootShape(client: BootClient, role: BootRole): BootShape {
  // EDK2's HTTP Boot takes no offer without 60 = HTTPClient (NetworkPkg/HttpBootDxe/HttpBootDhcp4.c).
  if (client.kind === "httpclient") {
    return { vendorClass: "HTTPClient", vendorSpecific: undefined, ipxe: undefined, carriesFile: true };
  }
  const isIpxe = client.ipxe !== undefined;
  switch (role) {
    case "server":
      // 60 = PXEClient in a full server's offer makes EDK2 look for a boot server on 4011 (BINL) and wait for it; without 60
      // it boots the file at once (NetworkPkg/UefiPxeBcDxe/PxeBcDhcp4.c). PXE ROMs take such an offer for plain BOOTP,
      // which is what every ISC dhcpd and dnsmasq has given them.
      return {
        vendorClass: undefined,
        vendorSpecific: undefined,
        ipxe: isIpxe ? NO_PXE_DHCP : undefined,
        carriesFile: true,
      };
    case "proxy-offer":
      // iPXE takes siaddr and boot file right from the offer.
      if (isIpxe) {
        return { vendorClass: "PXEClient", vendorSpecific: undefined, ipxe: undefined, carriesFile: true };
      }
      // EDK2 takes a proxy's offer with 43 for a list of boot servers ("PXE 1.0") and gets lost in it on some machines. With
      // 60 alone it asks on 4011, which all of them can. So do pixiecore, and dnsmasq from architecture 6 on.
      if (client.arch !== undefined && client.arch >= FIRST_EFI_ARCH) {
        return { vendorClass: "PXEClient", vendorSpecific: undefined, ipxe: undefined, carriesFile: false };
      }
      return { vendorClass: "PXEClient", vendorSpecific: USE_BOOT_FILE, ipxe: undefined, carriesFile: true };
    case "boot-server":
      return { vendorClass: "PXEClient", vendorSpecific: undefined, ipxe: undefined, carriesFile: true };
  }
}
