import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type IsoNaming, IsoReader } from "../../../src/iso9660/reader.ts";
import { decodeDirectory, FLAG } from "../../../src/iso9660/record.ts";
import { readRun } from "../../../src/iso9660/source.ts";
import { Catalogue } from "../../../src/media/catalogue.ts";
import { fileSource, makeIso, NAMINGS } from "../../support/iso.ts";
import { describeIf } from "../../support/require.ts";

const MIB = 2 ** 20;
const GIB4 = 2 ** 32;
/** Not a multiple of a sector, and more than one extent can hold (4 GiB less one sector, as xorriso splits). */
const SIZE = GIB4 + 5 * MIB + 123;
const BORDER = GIB4 - 2048;
/** Bytes that are compared at each place. */
const WINDOW = 64 * 1024;

/** Where to look: the ends, what 31 and 32 bits can count, the extents' border, and places in between. */
const PLACES = [
  0,
  2 ** 31 - WINDOW / 2,
  BORDER - WINDOW / 2,
  BORDER - 1,
  BORDER,
  GIB4 - WINDOW / 2,
  GIB4,
  SIZE - WINDOW,
  SIZE - 1,
  ...Array.from({ length: 15 }, (_, n) => (n + 1) * 256 * MIB + n),
];

// The image takes 4 GiB of the disk while the test runs; the file that it is made of is sparse.
describeIf({ commands: ["xorriso"] }, "a file over 4 GiB on an image that xorriso made", () => {
  let root: string;
  let media: string;
  let original: string;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "bootwire-large-"));
    media = join(root, "media");
    original = join(root, "tree/sources/install.wim");
    await mkdir(media);
    await mkdir(join(root, "tree/sources"), { recursive: true });
    const file = await open(original, "w");
    try {
      await file.truncate(SIZE);
      for (const place of PLACES) {
        await file.write(randomBytes(Math.min(WINDOW, SIZE - place)), 0, undefined, place);
      }
    } finally {
      await file.close();
    }
    makeIso(join(media, "large.iso"), join(root, "tree"), NAMINGS["Rock Ridge and Joliet"]);
  }, 600_000);

  afterAll(() => rm(root, { recursive: true }));

  /** What the original has at a place, to its end at most. */
  async function expected(place: number): Promise<Buffer> {
    const source = fileSource(original);
    try {
      return await readRun(source, place, Math.min(WINDOW, SIZE - place));
    } finally {
      source.close();
    }
  }

  it.each<IsoNaming>(["rock-ridge", "joliet"])(
    "has its size and all of its extents, by %s names",
    async (naming) => {
      const source = fileSource(join(media, "large.iso"));
      try {
        const reader = await IsoReader.open(source, { naming });
        const entry = await reader.find("sources/install.wim");
        expect(entry).toMatchObject({ kind: "file", size: SIZE });
        // Two records with one name, whose bytes follow each other.
        const [folder] = (await reader.find("sources"))?.extents ?? [];
        const bytes = await readRun(source, folder?.offset ?? 0, folder?.length ?? 0);
        const records = [...decodeDirectory(bytes)];
        expect(records.map(({ flags }) => flags & FLAG.multiExtent).filter((more) => more > 0)).toHaveLength(
          1,
        );
        const [extent, ...more] = entry?.extents ?? [];
        expect([extent?.length, more]).toEqual([SIZE, []]);
      } finally {
        source.close();
      }
    },
  );

  it("is served with the original's bytes, across the extents' border and 4 GiB, and at its end", async () => {
    const catalogue = new Catalogue({ path: () => undefined }, () => media);
    const opened = await catalogue.open("media/large.iso/sources/install.wim");
    if (opened.kind !== "content") throw new Error(`not there: ${opened.kind}`);
    const { content } = opened;
    try {
      expect(content.size).toBe(SIZE);
      for (const place of PLACES) {
        const target = Buffer.alloc(WINDOW);
        let done = 0;
        for (let got = -1; got !== 0 && done < WINDOW; done += got) {
          got = await content.read(target.subarray(done), place + done);
        }
        expect(target.subarray(0, done).equals(await expected(place)), `at ${place}`).toBe(true);
      }
      expect(await content.read(Buffer.alloc(1), SIZE)).toBe(0);
    } finally {
      await content.close();
    }
  });
});
