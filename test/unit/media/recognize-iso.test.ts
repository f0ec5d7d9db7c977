import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { IsoReader } from "../../../src/iso9660/reader.ts";
import { encodeIso } from "../../../src/iso9660/writer.ts";
import { recognizeIso } from "../../../src/media/recognize-iso.ts";
import { suggestProfile } from "../../../src/media/suggest-profile.ts";
import { memorySource } from "../../support/iso.ts";

/** An ISO of these files; those that are only named are empty. */
async function recognize(files: Readonly<Record<string, string>>, label = "LABEL") {
  const bytes = encodeIso(
    Object.entries(files).map(([path, text]) => ({ path, data: Buffer.from(text) })),
    { label, modifiedAt: new Date(0) },
  );
  return recognizeIso(await IsoReader.open(memorySource(bytes)), bytes.length);
}

const PXEBOOT = { "images/pxeboot/vmlinuz": "k", "images/pxeboot/initrd.img": "i" };
const SUSE = { "boot/x86_64/loader/linux": "k", "boot/x86_64/loader/initrd": "i" };

function treeInfo(name: string, version: string): Record<string, string> {
  return {
    ...PXEBOOT,
    ".treeinfo": `[general]
; WARNING.0 = This section provides compatibility with pre-productmd treeinfos.
arch = x86_64
family = ${name}
version = ${version}

[images-x86_64]
initrd = images/pxeboot/initrd.img
kernel = images/pxeboot/vmlinuz

[release]
name = ${name}
short = X
version = ${version}
`,
  };
}

describe("an ISO is recognized by what is inside", () => {
  it.each([
    [
      "Ubuntu",
      {
        ".disk/info": 'Ubuntu-Server 24.04.3 LTS "Noble Numbat" - Release amd64 (20250805.1)',
        "casper/vmlinuz": "k",
        "casper/initrd": "i",
        "casper/install-sources.yaml": "",
      },
      {
        product: "ubuntu",
        title: 'Ubuntu-Server 24.04.3 LTS "Noble Numbat"',
        version: "24.04.3",
        arch: "amd64",
        boot: { kernel: "casper/vmlinuz", initrd: "casper/initrd" },
      },
      { "ubuntu-24.04.3": { installer: "ubuntu", iso: "isos/x.iso" } },
    ],
    [
      "Debian",
      {
        ".disk/info":
          'Debian GNU/Linux 13.1.0 "Trixie" - Official amd64 NETINST with firmware 20250906-10:22',
        "install.amd/vmlinuz": "k",
        "install.amd/initrd.gz": "i",
      },
      {
        product: "debian",
        version: "13.1.0",
        arch: "amd64",
        boot: undefined,
        notes: [expect.stringMatching("netboot")],
      },
      undefined,
    ],
    [
      "Rocky",
      { ...treeInfo("Rocky Linux", "9.6"), "BaseOS/repodata/repomd.xml": "" },
      {
        product: "rocky",
        title: "Rocky Linux 9.6",
        arch: "amd64",
        boot: { kernel: "images/pxeboot/vmlinuz", initrd: "images/pxeboot/initrd.img" },
        notes: [],
      },
      { "rocky-9.6": { installer: "kickstart", family: "rhel9", tree: "isos/x.iso" } },
    ],
    [
      "CentOS Stream, boot ISO",
      treeInfo("CentOS Stream", "10"),
      { product: "centos-stream", version: "10", notes: [expect.stringMatching("url")] },
      { "centos-stream-10": { installer: "kickstart", family: "rhel10", tree: "isos/x.iso" } },
    ],
    ["RHEL", treeInfo("Red Hat Enterprise Linux", "9.6"), { product: "rhel" }, expect.anything()],
    ["Alma", treeInfo("AlmaLinux", "10.0"), { product: "almalinux" }, expect.anything()],
    [
      "Fedora",
      treeInfo("Fedora", "42"),
      { product: "fedora", title: "Fedora 42" },
      { "fedora-42": { installer: "kickstart", family: "fedora42", tree: "isos/x.iso" } },
    ],
    [
      "Proxmox VE",
      {
        ".cd-info":
          "PRODUCT='pve'\nPRODUCTLONG='Proxmox VE'\nRELEASE='9.2'\nISORELEASE='1'\nISONAME='proxmox-ve'\n",
        "boot/linux26": "k",
        "boot/initrd.img": "i",
      },
      {
        product: "proxmox-ve",
        title: "Proxmox VE 9.2-1",
        version: "9.2-1",
        boot: { kernel: "boot/linux26" },
      },
      { "proxmox-ve-9.2-1": { installer: "proxmox", iso: "isos/x.iso" } },
    ],
    [
      "Proxmox Backup Server",
      { ".cd-info": "PRODUCT='pbs'\nPRODUCTLONG='Proxmox Backup Server'\nRELEASE='4.0'\n" },
      { product: "unknown", title: "Proxmox Backup Server 4.0" },
      undefined,
    ],
    [
      "openSUSE Leap 15",
      { ...SUSE, "media.1/products": "/ openSUSE-Leap 15.6-1\n" },
      { product: "opensuse-leap", title: "openSUSE Leap 15.6", version: "15.6", arch: "amd64" },
      { "opensuse-leap-15.6": { installer: "autoyast", iso: "isos/x.iso" } },
    ],
    [
      "Agama",
      { ...SUSE, "LiveOS/squashfs.img": "" },
      { product: "agama", boot: { kernel: "boot/x86_64/loader/linux", initrd: "boot/x86_64/loader/initrd" } },
      { agama: { installer: "agama", iso: "isos/x.iso" } },
    ],
    [
      "Alpine",
      {
        ".alpine-release": "alpine-standard 3.22.1 250715\n",
        "boot/vmlinuz-lts": "k",
        "boot/initramfs-lts": "i",
        "apks/x86_64/APKINDEX.tar.gz": "",
      },
      { product: "alpine", version: "3.22.1", arch: "amd64" },
      {
        "alpine-3.22.1": {
          installer: "alpine",
          kernel: "isos/x.iso/boot/vmlinuz-lts",
          initrd: "isos/x.iso/boot/initramfs-lts",
          modloop: "isos/x.iso/boot/modloop-lts",
          mirror: "http://mirror.example.org/alpine",
          release: "v3.22",
        },
      },
    ],
    ["anything else", { "readme.md": "" }, { product: "unknown", title: "LABEL", notes: [] }, undefined],
  ])("%s", async (_name, files, expected, profile) => {
    const found = await recognize(files);
    expect(found).toMatchObject({ ...expected, truncated: false, label: "LABEL" });
    const yaml = suggestProfile(found, "isos/x.iso");
    expect(yaml === undefined ? undefined : parse(yaml).profiles).toEqual(profile);
  });

  it("Windows, whose files are in UDF, which is said", async () => {
    const text = 'This disc contains a "UDF" file system and requires an operating system\n';
    const plain = encodeIso([{ path: "README.TXT", data: Buffer.from(text) }], {
      label: "CCCOMA_X64FRE_EN-US_DV9",
      modifiedAt: new Date(0),
    });
    // UDF's recognition sequence stands behind the terminator, where this image has its path tables.
    const bytes = Buffer.concat([
      plain.subarray(0, 19 * 2048),
      Buffer.alloc(3 * 2048),
      plain.subarray(19 * 2048),
    ]);
    for (const [index, id] of ["BEA01", "NSR02", "TEA01"].entries()) bytes.write(id, (19 + index) * 2048 + 1);
    for (const sector of [16, 17]) {
      // Everything behind has moved by three sectors.
      bytes.writeUInt32LE(bytes.readUInt32LE(sector * 2048 + 158) + 3, sector * 2048 + 158);
    }
    const reader = await IsoReader.open(memorySource(moveRecords(bytes, 3)));
    expect(reader.udf).toBe(true);
    const found = await recognizeIso(reader, bytes.length);
    expect(found).toMatchObject({ product: "windows", arch: "amd64", boot: undefined });
    expect(found.notes.join()).toContain("UDF");
  });

  it("one that was not fetched to its end is said to be so", async () => {
    const bytes = encodeIso([{ path: "large", data: Buffer.alloc(100_000) }], {
      label: "L",
      modifiedAt: new Date(0),
    });
    const cut = bytes.subarray(0, bytes.length - 50_000);
    expect(await recognizeIso(await IsoReader.open(memorySource(cut)), cut.length)).toMatchObject({
      truncated: true,
    });
  });
});

/** Moves where the root's one file is. */
function moveRecords(bytes: Buffer, by: number): Buffer {
  for (const name of [Buffer.from("README.TXT;1"), Buffer.from("README.TXT;1", "utf16le").swap16()]) {
    const record = bytes.indexOf(name) - 33;
    bytes.writeUInt32LE(bytes.readUInt32LE(record + 2) + by, record + 2);
  }
  return bytes;
}
