import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { graftRootFile } from "../../../src/iso9660/graft.ts";
import { IsoReader } from "../../../src/iso9660/reader.ts";
import { type ByteSource, IsoError } from "../../../src/iso9660/source.ts";
import { encodeIso } from "../../../src/iso9660/writer.ts";
import { memorySource } from "../../support/iso.ts";

const TIME = new Date("2026-11-24T10:20:30Z");
const IMAGE = encodeIso(
  [
    { path: "user-data", data: Buffer.alloc(3000, "u") },
    { path: "a/b/c/d.txt", data: Buffer.from("deep") },
    { path: "a/with a longer name.tar.gz", data: Buffer.from("long") },
  ],
  { label: "HOSTILE", modifiedAt: TIME },
);
const FILE = { name: "new.toml", plainName: "NEW.TOM;1", data: Buffer.from("new"), modifiedAt: TIME };
const SECTOR = 2048;
/** Where descriptors, path tables and directories are. */
const STRUCTURES = { min: 16 * SECTOR, max: IMAGE.length - 1 };
/** No question about an image of this size may read more. */
const MAX_READ = 4 * 1024 * 1024;

/** An image that counts what is read of it. */
function counting(bytes: Buffer): ByteSource & { readonly read: ByteSource["read"]; total(): number } {
  let total = 0;
  const source = memorySource(bytes);
  return {
    size: source.size,
    read: (target, position) => {
      total += target.length;
      return source.read(target, position);
    },
    total: () => total,
  };
}

/** Does everything that one can do with an image. Rejects with anything but an IsoError. */
async function tryAll(bytes: Buffer): Promise<void> {
  for (const naming of ["rock-ridge", "joliet", "plain", undefined] as const) {
    const source = counting(bytes);
    const attempts: (() => Promise<unknown>)[] = [
      async () => {
        const reader = await IsoReader.open(source, { ...(naming && { naming }) });
        await onlyIsoErrors(() => reader.find("a/b/c/d.txt"));
        await onlyIsoErrors(() => reader.find("a/a/a/a/../b"));
        const file = await onlyIsoErrors(() => reader.find("user-data"));
        if (file) await onlyIsoErrors(() => reader.readFile(file, 10_000));
        for await (const { entry } of reader.walk()) expect(entry.name).not.toMatch(/^\.{0,2}$|[/\0]/);
      },
      () => graftRootFile(source, FILE),
    ];
    for (const attempt of attempts) await onlyIsoErrors(attempt);
    expect(source.total()).toBeLessThan(MAX_READ);
  }
}

async function onlyIsoErrors<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof IsoError) return undefined;
    throw error;
  }
}

/** The offset of the record with that plain name, in the first tree's root or below. */
function recordOf(name: string): number {
  const root = IMAGE.readUInt32LE(16 * SECTOR + 158) * SECTOR;
  return IMAGE.indexOf(Buffer.from([name.length, ...Buffer.from(name)]), root) - 32;
}

function changed(change: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(IMAGE);
  change(bytes);
  return bytes;
}

describe("hostile images", () => {
  it("with any bytes changed: no crash, no endless loop, no unbounded reading", async () => {
    const change = fc.record({ at: fc.integer(STRUCTURES), value: fc.integer({ min: 0, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 40 }), async (changes) => {
        await tryAll(
          changed((bytes) => {
            for (const { at, value } of changes) bytes.writeUInt8(value, at);
          }),
        );
      }),
      { numRuns: 200 },
    );
  });

  it("without room for Rock Ridge in a new record: an error of its own kind", async () => {
    // How far each record's system use area is skipped: the seventh octet of SP, in the root's record of itself.
    const skip = IMAGE.indexOf("SP\u0007\u0001") + 6;
    const bytes = changed((copy) => copy.writeUInt8(145, skip));
    await expect(graftRootFile(memorySource(bytes), FILE)).rejects.toMatchObject({ kind: "limit" });
  });

  it("with numbers changed to what points elsewhere in the image, or beyond it", async () => {
    const value = fc.oneof(
      fc.integer({ min: 0, max: IMAGE.length / SECTOR }),
      fc.integer({ min: 0, max: 0xffffffff }),
    );
    const change = fc.record({ at: fc.integer({ min: STRUCTURES.min, max: STRUCTURES.max - 3 }), value });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 20 }), async (changes) => {
        await tryAll(
          changed((bytes) => {
            for (const { at, value } of changes) bytes.writeUInt32LE(value, at);
          }),
        );
      }),
      { numRuns: 200 },
    );
  });

  it("cut off anywhere, or made of noise", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: IMAGE.length }), (length) =>
        tryAll(IMAGE.subarray(0, length)),
      ),
      { numRuns: 60 },
    );
    const noise = fc.uint8Array({ minLength: 17 * SECTOR, maxLength: 20 * SECTOR, size: "max" });
    await fc.assert(
      fc.asyncProperty(noise, (bytes) => tryAll(Buffer.from(bytes))),
      { numRuns: 20 },
    );
  });

  it("a directory that holds itself is walked once, and any path in it ends", async () => {
    const root = IMAGE.readUInt32LE(16 * SECTOR + 158);
    const bytes = changed((copy) => copy.writeUInt32LE(root, recordOf("A") + 2));
    const reader = await IsoReader.open(memorySource(bytes));
    const paths: string[] = [];
    for await (const { path } of reader.walk()) paths.push(path);
    expect(paths).toEqual(["a", "user-data"]);
    expect(await reader.find(`${"a/".repeat(500)}user-data`)).toMatchObject({ size: 3000 });
    await expect(reader.find("a/".repeat(2000))).rejects.toMatchObject({ kind: "limit" });
  });

  it("a directory that says it is huge is not read", async () => {
    const bytes = changed((copy) => copy.writeUInt32LE(0xfffff800, recordOf("A") + 10));
    const source = counting(bytes);
    const reader = await IsoReader.open(source);
    await expect(reader.find("a/b")).rejects.toMatchObject({ kind: "limit" });
    expect(source.total()).toBeLessThan(20 * SECTOR);
  });

  it("a continuation area that leads to itself ends", async () => {
    const continuation = Buffer.alloc(SECTOR);
    const entry = IMAGE.indexOf("CE\u001c\u0001");
    const block = IMAGE.readUInt32LE(entry + 4);
    IMAGE.copy(continuation, 0, entry, entry + 28);
    const bytes = changed((copy) => {
      continuation.copy(copy, block * SECTOR);
      // Records of the root are read without their `.`: give another one the same area.
      const target = recordOf("USER_DAT.;1");
      const systemUse = target + 33 + 11;
      IMAGE.copy(copy, systemUse, entry, entry + 28);
    });
    const reader = await IsoReader.open(memorySource(bytes));
    await expect(reader.find("user-data")).rejects.toMatchObject({ kind: "damaged" });
  });
});

describe("an image that was not fetched to its end", () => {
  it("tells how long it should be, and which file is not there", async () => {
    const bytes = IMAGE.subarray(0, IMAGE.length - 4 * SECTOR);
    const reader = await IsoReader.open(memorySource(bytes));
    expect(reader.expectedSize).toBe(IMAGE.length);
    const file = await reader.find("user-data");
    if (!file) throw new Error("no such file");
    await expect(reader.readFile(file, 10_000)).rejects.toMatchObject({ kind: "damaged" });
    await expect(graftRootFile(memorySource(bytes), FILE)).rejects.toMatchObject({ kind: "damaged" });
  });
});
