import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseConfig } from "../../../src/config/load.ts";
import { encodeIso } from "../../../src/iso9660/writer.ts";
import { preflight } from "../../../src/offline/preflight.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "bootwire-preflight-"));
  await mkdir(path.join(folder, "media"));
});
afterEach(() => rm(folder, { recursive: true }));

/** What is wrong with one machine of this profile, by code and message. */
async function look(profile: string, memory?: string): Promise<readonly string[]> {
  const host = memory === undefined ? "" : `, guest: {memory: ${memory}}`;
  const yaml = `
profiles:
  p:
${profile.replace(/^/gm, "    ")}
hosts:
  - {name: vm-1, mac: "52:54:00:00:00:01", profile: p, disk: /dev/sda${host}}
`;
  const loaded = parseConfig(yaml, path.join(folder, "bootwire.yaml"));
  if (!loaded.ok) throw new Error(loaded.problems.map((one) => one.message).join("\n"));
  return (await preflight(loaded.config)).map((one) => `${one.machine} ${one.code} ${one.message}`);
}

async function media(name: string, files: Readonly<Record<string, string>>, cut = 0): Promise<void> {
  const entries = Object.entries(files).map(([file, text]) => ({ path: file, data: Buffer.from(text) }));
  const bytes = encodeIso(entries, { label: "LABEL", modifiedAt: new Date(0) });
  await writeFile(path.join(folder, "media", name), cut > 0 ? bytes.subarray(0, -cut) : bytes);
}

const UBUNTU = {
  ".disk/info": 'Ubuntu-Server 24.04.3 LTS "Noble Numbat" - Release amd64 (20250805.1)',
  "casper/install-sources.yaml": "",
};
const BOOT = { "casper/vmlinuz": "k", "casper/initrd": "i" };
const UBUNTU_PROFILE = "installer: ubuntu\niso: ubuntu.iso";
const ROCKY = {
  ".treeinfo":
    "[general]\narch = x86_64\nfamily = Rocky Linux\nversion = 9.6\n\n[images-x86_64]\ninitrd = images/pxeboot/initrd.img\nkernel = images/pxeboot/vmlinuz\n\n[release]\nname = Rocky Linux\nshort = Rocky\nversion = 9.6\n",
  "images/pxeboot/vmlinuz": "k",
  "images/pxeboot/initrd.img": "i",
};

test("an ISO that is what the profile says is right", async () => {
  await media("ubuntu.iso", { ...UBUNTU, ...BOOT });
  expect(await look(UBUNTU_PROFILE, "8GiB")).toEqual([]);
  await media("rocky.iso", ROCKY);
  expect(await look("installer: kickstart\nfamily: rhel9\ntree: rocky.iso", "4GiB")).toEqual([]);
});

test("an ISO without its kernel, of another system, or of another release", async () => {
  await media("ubuntu.iso", UBUNTU);
  expect(await look(UBUNTU_PROFILE)).toEqual([
    expect.stringContaining("casper/vmlinuz"),
    expect.stringContaining("casper/initrd"),
  ]);
  await media("ubuntu.iso", ROCKY);
  expect((await look(UBUNTU_PROFILE))[0]).toMatch(/BW_PREFLIGHT_MEDIA .*Rocky Linux.*does not install/);
  await media("rocky.iso", ROCKY);
  expect(await look("installer: kickstart\nfamily: rhel10\ntree: rocky.iso")).toEqual([
    expect.stringMatching(/BW_PREFLIGHT_MEDIA .*family says rhel10/),
  ]);
});

test("an ISO that was not fetched to its end", async () => {
  await media("ubuntu.iso", { ...UBUNTU, ...BOOT }, 2048);
  expect((await look(UBUNTU_PROFILE)).join("\n")).toMatch(/BW_PREFLIGHT_MEDIA .*ends before/);
});

test("too little memory, which depends on the installer, its release and what it loads", async () => {
  await media("ubuntu.iso", { ...UBUNTU, ...BOOT, big: "x".repeat(64 * 1024 * 1024) });
  expect(await look(UBUNTU_PROFILE, "2GiB")).toEqual([
    "vm-1 BW_PREFLIGHT_MEMORY vm-1 has 2048 MiB of memory, and installer ubuntu needs 4096 MiB",
  ]);
  expect(await look("installer: kickstart\nfamily: rhel10\ntree: tree", "3GiB")).toHaveLength(1);
  expect(await look("installer: kickstart\nfamily: rhel9\ntree: tree", "3GiB")).toEqual([]);
});

test("kernel and initrd of Debian's installer from two places", async () => {
  const debian = (initrd: string) =>
    `installer: debian\nkernel: trixie/linux\ninitrd: ${initrd}\nsuite: trixie\nmirror: {host: mirror.example}`;
  expect(await look(debian("bookworm/initrd.gz"))).toEqual([
    expect.stringContaining("BW_PREFLIGHT_MISMATCH"),
  ]);
  expect(await look(debian("trixie/initrd.gz"))).toEqual([]);
});
