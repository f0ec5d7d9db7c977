import { readDescriptors, SECTOR, textOf, type VolumeDescriptor } from "./descriptor.ts";
import {
  decodeDirectory,
  encodeRecord,
  encodeTime,
  packRecords,
  placeRecord,
  writeBoth32,
} from "./record.ts";
import { encodeName, encodePosix, encodeTimes, RockRidgeReader, rockRidgeOf } from "./rock-ridge.ts";
import { type ByteSource, IsoError, readRun } from "./source.ts";

/** A run of bytes of the image that results: the original's, or new ones. */
export type GraftPart =
  | { readonly kind: "original"; readonly offset: number; readonly length: number }
  | { readonly kind: "bytes"; readonly bytes: Buffer };

/** A file for an image's root. */
export interface RootFile {
  /** Its name in Rock Ridge and Joliet. */
  readonly name: string;
  /** Its name where only ISO 9660's own are read, with version: `AUTOINST.TOM;1`. */
  readonly plainName: string;
  readonly data: Buffer;
  readonly modifiedAt: Date;
}

/** Bytes of a root directory that is rewritten. */
const MAX_ROOT = 1024 * 1024;

/**
 * The image with one more file in its root, as a list of runs: nothing is copied but the root directory. Behind the
 * original come the file and a rewritten root directory for each tree; in it, the root's place and the volume's size
 * are patched in the primary and the Joliet descriptor and in the path tables. A file of that name that is there
 * already gives way.
 */
export async function graftRootFile(source: ByteSource, file: RootFile): Promise<readonly GraftPart[]> {
  const { primary, joliet } = await readDescriptors(source);
  const trees = joliet ? [primary, joliet] : [primary];
  if (trees.some((tree) => tree.blockSize !== SECTOR)) {
    throw new IsoError("unsupported", "blocks that are smaller than a sector");
  }
  if (trees.some((tree) => tree.blocks * SECTOR > source.size)) {
    throw new IsoError("damaged", "the image is shorter than it says itself");
  }
  const start = Math.ceil(source.size / SECTOR);
  const filler = Buffer.alloc(start * SECTOR - source.size);
  const data = padded(file.data);
  const added: Buffer[] = [filler, data];
  const roots: { readonly tree: VolumeDescriptor; readonly block: number; readonly length: number }[] = [];
  let block = start + data.length / SECTOR;
  for (const tree of trees) {
    const bytes = await newRoot(source, tree, file, start, block);
    roots.push({ tree, block, length: bytes.length });
    added.push(bytes);
    block += bytes.length / SECTOR;
  }
  const patches = new Map<number, Buffer>();
  const sector = async (number: number) => {
    const bytes = patches.get(number) ?? (await readRun(source, number * SECTOR, SECTOR));
    patches.set(number, bytes);
    return bytes;
  };
  for (const root of roots) {
    const bytes = await sector(root.tree.sector);
    writeBoth32(bytes, block, 80);
    placeRecord(bytes.subarray(156, 190), root.block, root.length);
    // The root is the path table's first entry.
    const { little, big } = root.tree.pathTables;
    if (little > 0) (await sector(little)).writeUInt32LE(root.block, 2);
    if (big > 0) (await sector(big)).writeUInt32BE(root.block, 2);
  }
  return [...patched(source.size, patches), { kind: "bytes", bytes: Buffer.concat(added) }];
}

function* patched(size: number, patches: ReadonlyMap<number, Buffer>): Generator<GraftPart> {
  let at = 0;
  for (const number of [...patches.keys()].sort((a, b) => a - b)) {
    const bytes = patches.get(number);
    const offset = number * SECTOR;
    if (!bytes) continue;
    if (offset > at) yield { kind: "original", offset: at, length: offset - at };
    yield { kind: "bytes", bytes };
    at = offset + SECTOR;
  }
  if (size > at) yield { kind: "original", offset: at, length: size - at };
}

async function newRoot(
  source: ByteSource,
  tree: VolumeDescriptor,
  file: RootFile,
  dataBlock: number,
  rootBlock: number,
): Promise<Buffer> {
  if (tree.root.length > MAX_ROOT)
    throw new IsoError("limit", `a root directory of ${tree.root.length} bytes`);
  const bytes = await readRun(source, tree.root.block * SECTOR, tree.root.length);
  const [self, parent, ...others] = [...decodeDirectory(bytes)];
  if (!self || !parent) throw new IsoError("damaged", "a root directory without records of itself");
  const rockRidge = tree.joliet ? undefined : rockRidgeOf(self.systemUse);
  const reader = rockRidge && new RockRidgeReader(source, SECTOR, rockRidge.skip);
  const kept: { readonly name: Buffer; readonly bytes: Buffer }[] = [];
  for (const record of others) {
    const name = reader ? (await reader.read(record.systemUse)).name : textOf(record.name, tree.joliet);
    if (name?.replace(/;1$/, "") !== file.name) kept.push({ name: record.name, bytes: record.bytes });
  }
  const name = tree.joliet ? Buffer.from(`${file.name};1`, "utf16le").swap16() : Buffer.from(file.plainName);
  if (kept.some((other) => other.name.equals(name))) {
    throw new IsoError("unsupported", `the image has another file called ${file.plainName}`);
  }
  const systemUse = rockRidge
    ? Buffer.concat([
        Buffer.alloc(rockRidge.skip),
        // Serial numbers only have to differ.
        encodePosix(0o100444, 1, rockRidge.posixLength, dataBlock),
        encodeTimes(encodeTime(file.modifiedAt)),
        encodeName(file.name),
      ])
    : Buffer.alloc(0);
  const { modifiedAt } = file;
  const added = encodeRecord({
    name,
    block: dataBlock,
    length: file.data.length,
    directory: false,
    modifiedAt,
    systemUse,
  });
  // Records are in the order of their names.
  const before = kept.findIndex((other) => other.name.compare(name) > 0);
  kept.splice(before < 0 ? kept.length : before, 0, { name, bytes: added });
  const root = packRecords([self.bytes, parent.bytes, ...kept.map((record) => record.bytes)]);
  placeRecord(root.subarray(0, self.bytes.length), rootBlock, root.length);
  placeRecord(root.subarray(self.bytes.length), rootBlock, root.length);
  return root;
}

function padded(data: Buffer): Buffer {
  const bytes = Buffer.alloc(Math.max(1, Math.ceil(data.length / SECTOR)) * SECTOR);
  data.copy(bytes);
  return bytes;
}
