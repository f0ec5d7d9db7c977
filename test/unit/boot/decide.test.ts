import { describe, expect, it } from "vitest";
import { classifyClient } from "../../../src/boot/client.ts";
import { decideLoader, type LoaderQuestion, type Verdict } from "../../../src/boot/decide.ts";
import type { LoaderName } from "../../../src/config/profile-base.ts";
import type { BootQuery } from "../../../src/dhcp/ports.ts";
import { ipv4 } from "../../../src/net/ipv4.ts";
import { host, imageProfile, mac } from "../support/config.ts";

const MAC = mac("52:54:00:12:34:56");
const INSTALL: Verdict = { kind: "install", reason: "armed" };
const LOCAL: Verdict = { kind: "local", reason: "installed" };
const HOLD: Verdict = { kind: "hold", reason: "failed" };

function query(arch: number | undefined, extra: Partial<BootQuery> = {}): BootQuery {
  return {
    mac: MAC,
    arch,
    vendorClass: "PXEClient",
    userClass: undefined,
    ipxe: undefined,
    uuid: undefined,
    server: ipv4(0x0a000001),
    kind: "pxe",
    ...extra,
  };
}

function question(
  client: BootQuery,
  verdict: Verdict | undefined,
  loader: LoaderName = "ipxe",
): LoaderQuestion {
  return {
    mac: MAC,
    client: classifyClient(client),
    host: host({ name: "web1", mac: MAC, profile: imageProfile({ loader }) }),
    verdict,
    unknownHosts: "ignore",
    baseUrl: "http://10.0.0.1:8080",
  };
}

const SCRIPT = (firmware: string) => `http://10.0.0.1:8080/boot/${firmware}/52-54-00-12-34-56.ipxe`;
const IPXE = { userClass: "iPXE" };

describe("the loader that a machine is told to load", () => {
  it.each<[string, BootQuery, Verdict, LoaderName, string]>([
    ["BIOS firmware, install", query(0), INSTALL, "ipxe", "undionly.kpxe"],
    ["a BIOS ROM that sends no option 93", query(undefined), INSTALL, "ipxe", "undionly.kpxe"],
    ["QEMU's iPXE ROM on BIOS, install", query(0, IPXE), INSTALL, "ipxe", SCRIPT("bios")],
    ["iPXE known by option 175 alone", query(0, { ipxe: new Map() }), INSTALL, "ipxe", SCRIPT("bios")],
    ["UEFI firmware, install", query(7), INSTALL, "ipxe", "ipxe.efi"],
    ["UEFI firmware as architecture 9", query(9), INSTALL, "ipxe", "ipxe.efi"],
    ["iPXE on UEFI, install", query(7, IPXE), INSTALL, "ipxe", SCRIPT("uefi")],
    ["BIOS with pxelinux asked for", query(0), INSTALL, "pxelinux", "pxelinux.0"],
    ["the iPXE ROM with pxelinux asked for", query(0, IPXE), INSTALL, "pxelinux", "pxelinux.0"],
    ["UEFI with GRUB asked for", query(7), INSTALL, "grub", "shimx64.efi"],
    [
      "UEFI HTTP Boot wants a URL",
      query(16, { kind: "httpclient" }),
      INSTALL,
      "ipxe",
      "http://10.0.0.1:8080/assets/ipxe.efi",
    ],
    ["BIOS installed: an iPXE that can start the disk", query(0), LOCAL, "pxelinux", "undionly.kpxe"],
    ["the iPXE ROM, installed", query(0, IPXE), LOCAL, "ipxe", SCRIPT("bios")],
    ["UEFI installed: GRUB finds the disk's loader", query(7), LOCAL, "ipxe", "shimx64.efi"],
    ["an iPXE that runs on UEFI cannot start shim", query(7, IPXE), LOCAL, "ipxe", "grubx64.efi"],
    ["UEFI on hold", query(7, IPXE), HOLD, "ipxe", SCRIPT("uefi")],
  ])("%s", (_name, client, verdict, loader, file) => {
    expect(decideLoader(question(client, verdict, loader))).toMatchObject({ kind: "boot", file });
  });

  it.each<[string, LoaderQuestion, string, RegExp]>([
    ["arm64 has no loader here", question(query(11), INSTALL), "none", /architecture 11/],
    [
      "pxelinux does not run on UEFI",
      question(query(7), INSTALL, "pxelinux"),
      "none",
      /pxelinux does not run on uefi/,
    ],
    ["GRUB does not run on BIOS", question(query(0), INSTALL, "grub"), "none", /grub does not run on bios/],
    ["a host without a profile", question(query(0), undefined), "none", /no profile/],
    [
      "an unknown host, ignored",
      { ...question(query(0), undefined), host: undefined },
      "silent",
      /unknownHosts=ignore/,
    ],
    [
      "an unknown host that gets a lease",
      { ...question(query(0), undefined), host: undefined, unknownHosts: "lease" },
      "none",
      /unknownHosts=lease/,
    ],
    [
      "firmware other than the config insists on",
      {
        ...question(query(7), INSTALL),
        host: host({ mac: MAC, profile: imageProfile({}), firmware: "bios" }),
      },
      "none",
      /config says that .* has bios firmware/,
    ],
  ])("%s: nothing, with the reason", (_name, asked, kind, reason) => {
    const decision = decideLoader(asked);
    expect(decision.kind).toBe(kind);
    expect(decision.reason).toMatch(reason);
  });

  it("an unknown host that may register gets the registration script", () => {
    const asked = {
      ...question(query(0, IPXE), undefined),
      host: undefined,
      unknownHosts: "register" as const,
    };
    expect(decideLoader(asked)).toMatchObject({ kind: "boot", file: SCRIPT("bios") });
  });

  it("the config's firmware does not stand in the way of the machine's own disk", () => {
    const asked = question(query(7), LOCAL);
    const insisting = { ...asked, host: host({ mac: MAC, profile: imageProfile({}), firmware: "bios" }) };
    expect(decideLoader(insisting)).toMatchObject({ kind: "boot", file: "shimx64.efi" });
  });
});
