import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rename, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeCpio } from "../../../src/cpio/newc.ts";
import { IsoReader } from "../../../src/iso9660/reader.ts";
import { encodeIso } from "../../../src/iso9660/writer.ts";
import { Catalogue } from "../../../src/media/catalogue.ts";
import { joinPath, mediaPath, proxmoxIsoPath } from "../../../src/media/content-path.ts";
import { memorySource } from "../../support/iso.ts";
import { fetchFile, serve } from "../tftp/probe.ts";

const KERNEL = randomBytes(3_000_001);
const INITRD = randomBytes(100_003);
const ISO = encodeIso(
  [
    { path: "boot/linux26", data: KERNEL },
    { path: "boot/initrd.img", data: INITRD },
    { path: "boot/empty", data: Buffer.alloc(0) },
    { path: ".disk/info", data: Buffer.from("info") },
  ],
  { label: "PVE", modifiedAt: new Date("2026-11-24T10:20:30Z") },
);
const ANSWER = "http://10.0.0.1:8080/a/TOKEN/answers/proxmox";
let root: string;
let catalogue: Catalogue;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "bootwire-composed-"));
  await mkdir(join(root, "media/isos"), { recursive: true });
  await writeFile(join(root, "media/isos/pve.iso"), ISO);
  await writeFile(join(root, "media/odd"), INITRD.subarray(0, 4097));
  await writeFile(join(root, "media/damaged.iso"), ISO.subarray(0, ISO.length - 1_000_000));
  const loader = join(root, "loader");
  await writeFile(loader, "loader");
  const assets = { path: (name: string) => (name === "loader" ? loader : undefined) };
  catalogue = new Catalogue(assets, () => join(root, "media"));
});

afterAll(() => rm(root, { recursive: true }));

/** Everything behind a content path, read in pieces of that size. */
async function bytesOf(path: string, chunk = 1 << 20): Promise<Buffer> {
  const opened = await catalogue.open(path);
  if (opened.kind !== "content") throw new Error(`${path}: ${opened.kind}`);
  const { content } = opened;
  try {
    const bytes = Buffer.alloc(content.size);
    for (let at = 0; at < bytes.length; ) {
      const got = await content.read(bytes.subarray(at, at + chunk), at);
      if (got === 0) throw new Error(`${path} ends at ${at}`);
      at += got;
    }
    expect(await content.read(Buffer.alloc(1), content.size)).toBe(0);
    return bytes;
  } finally {
    await content.close();
  }
}

async function versionOf(path: string): Promise<string> {
  const opened = await catalogue.open(path);
  if (opened.kind !== "content") throw new Error(`${path}: ${opened.kind}`);
  await opened.content.close();
  return opened.content.version;
}

describe("a file inside an ISO", () => {
  it("is read where it lies", async () => {
    const located = await catalogue.locate("media/isos/pve.iso/boot/linux26");
    expect(located).toMatchObject({
      kind: "composed",
      pieces: [{ kind: "file", path: join(root, "media/isos/pve.iso"), length: KERNEL.length }],
    });
    expect((await bytesOf("media/isos/pve.iso/boot/linux26")).equals(KERNEL)).toBe(true);
    expect(await bytesOf("media/isos/pve.iso/boot/empty")).toEqual(Buffer.alloc(0));
    expect((await bytesOf("media/isos/pve.iso")).equals(ISO)).toBe(true);
  });

  it.each(["media/isos/pve.iso/", "media/isos/pve.iso/boot", "media/isos/pve.iso/boot/"])(
    "%s is a folder with a list",
    async (path) => {
      const opened = await catalogue.open(path);
      if (opened.kind !== "folder") throw new Error(opened.kind);
      const names = opened.entries.map(({ name }) => name).sort();
      expect(names).toEqual(path.includes("boot") ? ["empty", "initrd.img", "linux26"] : [".disk", "boot"]);
    },
  );

  it.each([
    "media/isos/pve.iso/nothing",
    "media/isos/pve.iso/boot/linux26/more",
    "media/isos/pve.iso/../../secret",
    "media/odd/inside",
    "media/isos/inside",
  ])("%s is missing", async (path) => {
    expect(await catalogue.open(path)).toMatchObject({ kind: "missing" });
  });

  it("is named as damaged where the ISO ends before it does", async () => {
    await expect(catalogue.open("media/damaged.iso/boot/linux26")).rejects.toMatchObject({
      code: "BW_MEDIA_UNREADABLE",
    });
  });

  it("has another version once the ISO was replaced, and then other bytes", async () => {
    const path = join(root, "media/changing.iso");
    const make = (data: Buffer) =>
      encodeIso([{ path: "file", data }], { label: "A", modifiedAt: new Date(0) });
    await writeFile(path, make(Buffer.from("one")));
    const before = await versionOf("media/changing.iso/file");
    expect(await versionOf("media/changing.iso/file")).toBe(before);
    await writeFile(`${path}.new`, make(Buffer.alloc(5000, "x")));
    await rename(`${path}.new`, path);
    expect(await bytesOf("media/changing.iso/file")).toEqual(Buffer.alloc(5000, "x"));
    expect(await versionOf("media/changing.iso/file")).not.toBe(before);
  });
});

describe("joined contents", () => {
  it("begin at multiples of four bytes each", async () => {
    const path = joinPath([
      { content: "media/odd" },
      { content: mediaPath("isos/pve.iso", "boot/initrd.img") },
      { content: "assets/loader" },
    ]);
    const expected = [
      INITRD.subarray(0, 4097),
      Buffer.alloc(3),
      INITRD,
      Buffer.alloc(1),
      Buffer.from("loader"),
    ];
    expect(await bytesOf(path)).toEqual(Buffer.concat(expected));
  });

  it("with a name are cpio archives", async () => {
    const path = joinPath([
      { content: "media/odd" },
      { content: mediaPath("isos/pve.iso"), as: "proxmox.iso" },
      { content: "assets/loader", as: "etc/deep/loader" },
    ]);
    const bytes = await bytesOf(path);
    const first = bytes.subarray(4100);
    const [entry] = decodeCpio(first);
    expect(entry).toMatchObject({ kind: "file", path: "proxmox.iso", permissions: 0o644 });
    expect(entry?.kind === "file" && entry.data.equals(ISO)).toBe(true);
    const second = bytes.indexOf("070701", 4100 + ISO.length + 300);
    expect(second % 4).toBe(0);
    expect(decodeCpio(bytes.subarray(second)).at(-1)).toEqual({
      kind: "file",
      path: "etc/deep/loader",
      permissions: 0o644,
      data: Buffer.from("loader"),
    });
  });

  it("can be read from anywhere on, for as long as one likes", async () => {
    const path = joinPath([
      { content: "assets/loader", as: "loader" },
      { content: "media/odd" },
      { content: "media/odd" },
    ]);
    const whole = await bytesOf(path, 7);
    const opened = await catalogue.open(path);
    if (opened.kind !== "content") throw new Error(opened.kind);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length + 10), fc.nat(5000), async (position, length) => {
        const target = Buffer.alloc(length);
        const got = await opened.content.read(target, position);
        expect(target.subarray(0, got)).toEqual(whole.subarray(position, position + length));
      }),
    );
    await opened.content.close();
  });

  it("of 4 GiB cannot be wrapped, and can be joined", async () => {
    await writeFile(join(root, "media/huge"), "");
    await truncate(join(root, "media/huge"), 2 ** 32);
    await expect(
      catalogue.locate(joinPath([{ content: "media/huge", as: "huge.iso" }])),
    ).rejects.toMatchObject({ code: "BW_MEDIA_TOO_LARGE" });
    const opened = await catalogue.open(joinPath([{ content: "media/odd" }, { content: "media/huge" }]));
    if (opened.kind !== "content") throw new Error(opened.kind);
    expect(opened.content.size).toBe(4100 + 2 ** 32);
    expect(await opened.content.read(Buffer.alloc(100), 2 ** 32 + 4050)).toBe(50);
    await opened.content.close();
  });

  it("with a part that is missing or a folder are missing", async () => {
    for (const content of ["media/nothing", "media/isos/pve.iso/boot", "assets/nothing"]) {
      expect(await catalogue.open(joinPath([{ content: "media/odd" }, { content }]))).toMatchObject({
        kind: "missing",
      });
    }
  });
});

describe("a Proxmox ISO for an unattended install", () => {
  it.each([
    [undefined, 'mode = "http"\n'],
    [ANSWER, `mode = "http"\n\n[http]\nurl = "${ANSWER}"\n`],
  ])("says how its answers are fetched (%s)", async (url, expected) => {
    const bytes = await bytesOf(proxmoxIsoPath("isos/pve.iso", url));
    for (const naming of ["rock-ridge", "joliet"] as const) {
      const reader = await IsoReader.open(memorySource(bytes), { naming });
      const file = await reader.find("auto-installer-mode.toml");
      expect(file && `${await reader.readFile(file, 1000)}`).toBe(expected);
      const kernel = await reader.find("boot/linux26");
      expect(kernel && (await reader.readFile(kernel, KERNEL.length)).equals(KERNEL)).toBe(true);
    }
  });

  it("goes into an initrd", async () => {
    const path = joinPath([
      { content: mediaPath("isos/pve.iso", "boot/initrd.img") },
      { content: proxmoxIsoPath("isos/pve.iso", ANSWER), as: "proxmox.iso" },
    ]);
    const bytes = await bytesOf(path);
    const [entry] = decodeCpio(bytes.subarray(Math.ceil(INITRD.length / 4) * 4));
    if (entry?.kind !== "file") throw new Error("no file in the archive");
    expect(entry.data.equals(await bytesOf(proxmoxIsoPath("isos/pve.iso", ANSWER)))).toBe(true);
  });

  it("of a file that is no ISO is missing", async () => {
    expect(await catalogue.open(proxmoxIsoPath("odd"))).toMatchObject({ kind: "missing" });
  });
});

describe("over TFTP", () => {
  it.each([
    ["octet", { blksize: "1432" }],
    ["octet", { blksize: "1468", windowsize: "16" }],
    ["octet", {}],
    ["netascii", {}],
  ])("in mode %s with %j, contents in pieces arrive as they are", async (mode, options) => {
    const name = joinPath([
      { content: "assets/loader", as: "loader" },
      { content: mediaPath("isos/pve.iso", "boot/initrd.img") },
      { content: "media/odd" },
    ]);
    const located = await catalogue.locate(name);
    if (located.kind !== "composed") throw new Error(located.kind);
    const server = await serve(() => ({ kind: "parts", parts: located.pieces }));
    try {
      const got = await fetchFile(server, name, options, mode);
      const bytes = await bytesOf(name);
      const expected =
        mode === "octet"
          ? bytes
          : Buffer.from(
              bytes
                .toString("latin1")
                .replaceAll("\r", "\r\0")
                .replaceAll("\n", "\r\n")
                .replaceAll("\r\0\n", "\r\0\r\n"),
              "latin1",
            );
      expect(typeof got === "string" ? got : hash(got)).toBe(hash(expected));
    } finally {
      await server.close();
    }
  });
});

function hash(bytes: Buffer): string {
  return `${bytes.length} ${createHash("sha256").update(bytes).digest("hex")}`;
}
