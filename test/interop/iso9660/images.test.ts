import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type IsoNaming, IsoReader } from "../../../src/iso9660/reader.ts";
import type { ByteSource } from "../../../src/iso9660/source.ts";
import { extractIso, fileSource, hashOf, makeIso, NAMINGS, treeOf, writeTree } from "../../support/iso.ts";
import { describeIf } from "../../support/require.ts";

const DEEP = Array.from({ length: 14 }, (_, level) => `level-${level}`).join("/");
const LONG = `${"long name ".repeat(20)}.txt`;
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "bootwire-iso-"));
  await writeTree(join(root, "tree"), {
    ".disk/info": "Ubuntu-Server 24.04",
    "casper/vmlinuz": Buffer.alloc(3_000_001, "kernel"),
    "casper/initrd": Buffer.alloc(2048, "i"),
    "empty/nothing": "",
    [`${DEEP}/deep.txt`]: "deep",
    [LONG]: "long",
    "Ünï cödé – 漢字 🙂.txt": "unicode",
    ...Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`many/package-${n}_1.0-${n}.deb`, `${n}`])),
  });
  await writeTree(join(root, "links"), {
    "dists/trixie/Release": "release",
    "dists/stable": "->trixie",
    debian: "->.",
    "up/and/over": "->../../dists/./stable",
    absolute: "->/dists/stable/Release",
    "loop-a": "->loop-b",
    "loop-b": "->loop-a",
    outside: "->../../../etc/passwd",
    "long-link": `->${"dists/../".repeat(60)}dists/trixie/Release`,
  });
  await writeTree(join(root, "plain"), {
    "boot/Readme.txt": "readme",
    "boot/kernel": "kernel",
    noending: "x",
  });
});

afterAll(() => rm(root, { recursive: true }));

/** Every file on an image with its hash, every link with its target. */
async function everything(source: ByteSource, reader: IsoReader): Promise<Map<string, string>> {
  const tree = new Map<string, string>();
  for await (const { path, entry } of reader.walk()) {
    if (entry.kind === "file") tree.set(path, await hashOf(source, entry));
    else if (entry.kind === "link") tree.set(path, `->${entry.target}`);
  }
  return tree;
}

async function withImage<T>(iso: string, work: (source: ByteSource) => Promise<T>): Promise<T> {
  const source = fileSource(iso);
  try {
    return await work(source);
  } finally {
    source.close();
  }
}

describeIf({ commands: ["xorriso"] }, "images that xorriso made", () => {
  it.each<[keyof typeof NAMINGS, string, IsoNaming, string[]]>([
    ["Rock Ridge", "tree", "rock-ridge", []],
    ["Rock Ridge", "links", "rock-ridge", []],
    ["Rock Ridge and Joliet", "tree", "rock-ridge", []],
    ["Rock Ridge and Joliet", "tree", "joliet", ["-read_fs", "norock"]],
    ["Joliet", "tree", "joliet", []],
    ["neither", "plain", "plain", []],
  ])(
    "with %s, of %s, read by %s names: every file is what xorriso reads itself",
    async (names, of, naming, read) => {
      const name = `${names} ${of} ${naming}`;
      const iso = join(root, `${name}.iso`);
      makeIso(iso, join(root, of), NAMINGS[names]);
      await mkdir(join(root, name));
      extractIso(iso, join(root, name), read);
      const expected = await treeOf(join(root, name));
      await withImage(iso, async (source) => {
        const reader = await IsoReader.open(source, { naming });
        expect(await everything(source, reader)).toEqual(expected);
        for (const [path, hash] of expected) {
          if (hash.startsWith("->")) continue;
          const entry = await reader.find(path);
          expect(entry && (await hashOf(source, entry))).toBe(hash);
        }
      });
      expect(expected.size).toBeGreaterThan(2);
    },
  );

  it("directories that were moved up, for those who know eight levels alone, are in their own place", async () => {
    const iso = join(root, "moved.iso");
    makeIso(iso, join(root, "tree"), ["-compliance", "deep_paths_off", "-rr_reloc_dir", "rr_moved"]);
    const expected = await treeOf(join(root, "tree"));
    await withImage(iso, async (source) => {
      const reader = await IsoReader.open(source);
      expect(await everything(source, reader)).toEqual(expected);
      expect(await reader.find(`${DEEP}/deep.txt`)).toMatchObject({ kind: "file", size: 4 });
      const plain = await IsoReader.open(source, { naming: "plain" });
      const paths: string[] = [];
      for await (const { path } of plain.walk()) paths.push(path);
      expect(paths.some((path) => path.startsWith("RR_MOVED/"))).toBe(true);
    });
  });

  it("links lead where they lead, and never out of the image", async () => {
    const iso = join(root, "links.iso");
    makeIso(iso, join(root, "links"), NAMINGS["Rock Ridge"]);
    await withImage(iso, async (source) => {
      const reader = await IsoReader.open(source);
      for (const path of [
        "dists/stable/Release",
        "/debian/debian/dists//stable/Release",
        "up/and/over/Release",
        "absolute",
        "long-link",
      ]) {
        expect(await reader.find(path), path).toMatchObject({ kind: "file", name: "Release", size: 7 });
      }
      expect(await reader.find("outside")).toBeUndefined();
      expect(await reader.find("dists/stable/Release/more")).toBeUndefined();
      await expect(reader.find("loop-a")).rejects.toMatchObject({ name: "IsoError", kind: "limit" });
    });
  });

  it("plain names are found in small letters too, as Linux shows them", async () => {
    const iso = join(root, "plain.iso");
    makeIso(iso, join(root, "plain"), [...NAMINGS.neither, "-volid", "PLAIN_DISC"]);
    await withImage(iso, async (source) => {
      const reader = await IsoReader.open(source);
      expect(reader.volume.label).toBe("PLAIN_DISC");
      expect(await reader.find("boot/readme.txt")).toMatchObject({ kind: "file", size: 6 });
      expect(await reader.find("noending")).toMatchObject({ name: "NOENDING" });
    });
  });
});
