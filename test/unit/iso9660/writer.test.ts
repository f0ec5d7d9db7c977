import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { graftRootFile } from "../../../src/iso9660/graft.ts";
import { type IsoNaming, IsoReader } from "../../../src/iso9660/reader.ts";
import { encodeIso, type IsoFile } from "../../../src/iso9660/writer.ts";
import { assemble, memorySource } from "../../support/iso.ts";

const OPTIONS = { label: "cidata", modifiedAt: new Date("2026-11-24T10:20:30Z") };

async function filesOf(bytes: Buffer, naming: IsoNaming): Promise<IsoFile[]> {
  const reader = await IsoReader.open(memorySource(bytes), { naming });
  const files: IsoFile[] = [];
  for await (const { path, entry } of reader.walk()) {
    if (entry.kind === "file") files.push({ path, data: await reader.readFile(entry, 1 << 20) });
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Paths of one to three names, none of them a file and a folder at once. */
const paths = fc
  .uniqueArray(
    fc.tuple(
      fc.array(fc.constantFrom("folder", "other folder", "Ünïcode"), { maxLength: 2 }),
      fc.stringMatching(/^[a-zA-Z0-9 ._ßé漢-]{1,60}$/).filter((name) => !/^\.+$/.test(name)),
    ),
    { selector: ([folders, name]) => [...folders, `f${name}`].join("/"), maxLength: 60 },
  )
  .map((all) => all.map(([folders, name]) => [...folders, `f${name}`].join("/")));

describe("an image that was made here", () => {
  it("has every file again, by both kinds of names, whatever they are called", async () => {
    await fc.assert(
      fc.asyncProperty(paths, fc.uint8Array({ maxLength: 5000 }), async (all, data) => {
        const files = all
          .filter((path) => !path.endsWith("folder"))
          .map((path, index) => ({ path, data: Buffer.from(data.subarray(index)) }))
          .sort((a, b) => (a.path < b.path ? -1 : 1));
        const image = encodeIso(files, OPTIONS);
        expect(image.length % 2048).toBe(0);
        expect(await filesOf(image, "rock-ridge")).toEqual(files);
        expect((await filesOf(image, "joliet")).map((file) => file.data)).toHaveLength(files.length);
        expect(await filesOf(image, "plain")).toHaveLength(files.length);
      }),
      { numRuns: 50 },
    );
  });

  it("carries its label and its time, and is the same each time", async () => {
    const image = encodeIso([{ path: "user-data", data: Buffer.from("x") }], OPTIONS);
    const reader = await IsoReader.open(memorySource(image));
    expect(reader.volume.label).toBe("cidata");
    expect(reader.expectedSize).toBe(image.length);
    expect(await reader.find("user-data")).toMatchObject({ modifiedAt: OPTIONS.modifiedAt.getTime() });
    expect(encodeIso([{ path: "user-data", data: Buffer.from("x") }], OPTIONS)).toEqual(image);
  });

  it.each([
    ["/absolute"],
    ["a//b"],
    ["../up"],
    ["."],
    [""],
    ["x".repeat(65)],
    ["a/b", "a/b"],
    ["a", "a/b"],
    ["a/b", "a"],
  ])("refuses %j %j", (...names) => {
    const files = names.map((path) => ({ path, data: Buffer.alloc(0) }));
    expect(() => encodeIso(files, OPTIONS)).toThrow(RangeError);
  });

  it("refuses a label that no tool could look for", () => {
    expect(() => encodeIso([], { ...OPTIONS, label: "with a blank" })).toThrow(RangeError);
  });
});

describe("a file put into an image's root", () => {
  const files = [
    { path: "boot/initrd.img", data: Buffer.alloc(9000, "i") },
    { path: "zz-last", data: Buffer.from("last") },
  ];
  const added = { name: "new.toml", plainName: "NEW.TOM;1", modifiedAt: OPTIONS.modifiedAt };

  it.each<IsoNaming>(["rock-ridge", "joliet", "plain"])(
    "is there by %s names, and so is all else",
    async (naming) => {
      const source = memorySource(encodeIso(files, OPTIONS));
      const once = await assemble(
        source,
        await graftRootFile(source, { ...added, data: Buffer.from("one") }),
      );
      const image = await assemble(
        memorySource(once),
        await graftRootFile(memorySource(once), { ...added, data: Buffer.from("other") }),
      );
      const found = new Map(
        (await filesOf(image, naming)).map((file) => [file.path.toLowerCase(), `${file.data}`]),
      );
      const plain = naming === "plain";
      expect(Object.fromEntries(found)).toEqual({
        "boot/initrd.img": "i".repeat(9000),
        [plain ? "zz_last" : "zz-last"]: "last",
        [plain ? "new.tom" : "new.toml"]: "other",
      });
      const reader = await IsoReader.open(memorySource(image));
      expect(reader.expectedSize).toBe(image.length);
    },
  );

  it("copies nothing but the root directory and the sectors that lead to it", async () => {
    const source = memorySource(
      encodeIso([...files, { path: "large", data: Buffer.alloc(5_000_000) }], OPTIONS),
    );
    const parts = await graftRootFile(source, { ...added, data: Buffer.from("one") });
    const copied = parts.reduce((sum, part) => sum + (part.kind === "bytes" ? part.bytes.length : 0), 0);
    expect(copied).toBeLessThan(12 * 2048);
  });
});
