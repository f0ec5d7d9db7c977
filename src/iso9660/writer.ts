import { FIRST_DESCRIPTOR, SECTOR } from "./descriptor.ts";
import { encodeRecord, encodeTime, packRecords, writeBoth16, writeBoth32 } from "./record.ts";
import {
  encodeContinuation,
  encodeExtension,
  encodeName,
  encodePosix,
  encodeSuspIndicator,
  encodeTimes,
} from "./rock-ridge.ts";

/** A file to put on an image. `path`: relative, with `/` between folders. */
export interface IsoFile {
  readonly path: string;
  readonly data: Uint8Array;
}

export interface IsoOptions {
  /** Volume label: what udev and cloud-init look for. At most 32 letters, digits, `_`, `-`; in Joliet cut to 16. */
  readonly label: string;
  /** Time of everything on it. The same arguments always give the same bytes. */
  readonly modifiedAt: Date;
}

/** Rock Ridge and Joliet names; Joliet's own limit is 64. */
const MAX_NAME = 64;
const MODE = { directory: 0o040555, file: 0o100444 } as const;
const SELF = Buffer.from([0]);
const PARENT = Buffer.from([1]);

/** A folder of the image that is made. */
interface Folder {
  readonly name: string;
  readonly parent: Folder | undefined;
  readonly folders: Folder[];
  readonly files: { readonly name: string; readonly data: Uint8Array; block: number }[];
}

/** One of the two trees of directories. */
interface Tree {
  readonly joliet: boolean;
  /** All folders, parents first, those of a level in the order of their names: the order of the path table. */
  readonly folders: readonly Folder[];
  readonly names: ReadonlyMap<object, Buffer>;
  /** Where each folder's records are. */
  readonly places: Map<Folder, { block: number; length: number }>;
}

/**
 * Makes an image with Rock Ridge and Joliet names out of a few files. Throws a RangeError for a path that is not
 * relative, is there twice, or has a name longer than 64 characters.
 */
export function encodeIso(files: readonly IsoFile[], options: IsoOptions): Buffer {
  if (!/^[\w-]{1,32}$/.test(options.label))
    throw new RangeError(`not a volume label: ${JSON.stringify(options.label)}`);
  const root = treeOf(files);
  const all = foldersOf(root);
  const trees = [false, true].map(
    (joliet): Tree => ({ joliet, folders: all, names: namesOf(all, joliet), places: new Map() }),
  );
  // Descriptors, path tables, directories of both trees, what did not fit into the root's record, files.
  let block = FIRST_DESCRIPTOR + 3;
  const tables = trees.map((tree) => {
    const length = pathTable(tree, "little").length;
    const blocks = Math.ceil(length / SECTOR);
    const places = { little: block, big: block + blocks, length };
    block += 2 * blocks;
    return places;
  });
  const extension = encodeExtension();
  for (const tree of trees) {
    for (const folder of tree.folders) {
      const { length } = directory(tree, folder, 0, extension.length, options.modifiedAt);
      tree.places.set(folder, { block, length });
      block += length / SECTOR;
    }
  }
  const extensionBlock = block++;
  const contents: { readonly block: number; readonly data: Uint8Array }[] = [];
  for (const file of all.flatMap((folder) => folder.files)) {
    file.block = file.data.length === 0 ? 0 : block;
    contents.push({ block, data: file.data });
    block += Math.ceil(file.data.length / SECTOR);
  }

  const image = Buffer.alloc(block * SECTOR);
  const put = (bytes: Uint8Array, at: number) => image.set(bytes, at * SECTOR);
  trees.forEach((tree, index) => {
    const table = tables[index];
    const place = tree.places.get(root);
    if (!table || !place) return;
    put(descriptor(tree.joliet, options, block, table, place), FIRST_DESCRIPTOR + index);
    put(pathTable(tree, "little"), table.little);
    put(pathTable(tree, "big"), table.big);
    for (const folder of tree.folders) {
      const at = tree.places.get(folder)?.block ?? 0;
      put(directory(tree, folder, extensionBlock, extension.length, options.modifiedAt), at);
    }
  });
  put(terminator(), FIRST_DESCRIPTOR + 2);
  put(extension, extensionBlock);
  for (const { block: at, data } of contents) put(data, at);
  return image;
}

function treeOf(files: readonly IsoFile[]): Folder {
  const root: Folder = { name: "", parent: undefined, folders: [], files: [] };
  for (const { path, data } of files) {
    const parts = path.split("/");
    if (parts.some((part) => part === "" || part === "." || part === ".." || part.includes("\0")))
      throw new RangeError(`not a path for an image: ${JSON.stringify(path)}`);
    if (parts.some((part) => part.length > MAX_NAME))
      throw new RangeError(`a name too long for an image: ${path}`);
    let folder = root;
    for (const part of parts.slice(0, -1)) folder = childFolder(folder, part);
    const name = parts.at(-1) ?? "";
    if ([...folder.files, ...folder.folders].some((other) => other.name === name))
      throw new RangeError(`twice on the image: ${path}`);
    folder.files.push({ name, data, block: 0 });
  }
  return root;
}

function childFolder(parent: Folder, name: string): Folder {
  const known = parent.folders.find((folder) => folder.name === name);
  if (known) return known;
  if (parent.files.some((file) => file.name === name)) throw new RangeError(`a file and a folder: ${name}`);
  const folder: Folder = { name, parent, folders: [], files: [] };
  parent.folders.push(folder);
  return folder;
}

/** Level after level, as path tables want it. */
function foldersOf(root: Folder): readonly Folder[] {
  const all = [root];
  for (const folder of all) {
    folder.folders.sort((a, b) => (a.name < b.name ? -1 : 1));
    all.push(...folder.folders);
  }
  return all;
}

/** What each folder and file is called in one of the trees. */
function namesOf(folders: readonly Folder[], joliet: boolean): ReadonlyMap<object, Buffer> {
  const names = new Map<object, Buffer>();
  for (const folder of folders) {
    const taken = new Set<string>();
    for (const child of folder.folders)
      names.set(child, joliet ? ucs2(child.name) : plainName(child.name, taken, true));
    for (const file of folder.files) {
      names.set(file, joliet ? ucs2(`${file.name};1`) : plainName(file.name, taken, false));
    }
  }
  return names;
}

/** A name of ISO 9660 level 1: eight capitals, digits and `_`, a dot and three more; different from those taken. */
function plainName(name: string, taken: Set<string>, folder: boolean): Buffer {
  const clean = (text: string) => text.toUpperCase().replace(/[^A-Z0-9_]/g, "_");
  const dot = folder ? -1 : name.lastIndexOf(".");
  const stem = clean(dot > 0 ? name.slice(0, dot) : name);
  const ending = dot > 0 ? clean(name.slice(dot + 1)).slice(0, 3) : "";
  for (let number = 0; ; number++) {
    const suffix = number === 0 ? "" : String(number);
    const short = `${stem.slice(0, 8 - suffix.length)}${suffix}`;
    const full = folder ? short : `${short}.${ending};1`;
    if (taken.has(full)) continue;
    taken.add(full);
    return Buffer.from(full);
  }
}

function ucs2(text: string): Buffer {
  return Buffer.from(text, "utf16le").swap16();
}

function directory(
  tree: Tree,
  folder: Folder,
  extensionBlock: number,
  extensionLength: number,
  time: Date,
): Buffer {
  const place = (of: Folder) => tree.places.get(of) ?? { block: 0, length: 0 };
  const posix = (isFolder: boolean, links: number) =>
    tree.joliet
      ? []
      : [encodePosix(isFolder ? MODE.directory : MODE.file, links, 36, 0), encodeTimes(encodeTime(time))];
  const record = (
    name: Buffer,
    at: { block: number; length: number },
    isFolder: boolean,
    use: readonly Buffer[],
  ) => encodeRecord({ name, ...at, directory: isFolder, modifiedAt: time, systemUse: Buffer.concat(use) });
  const parent = folder.parent ?? folder;
  const links = folder.folders.length + 2;
  const selfUse = posix(true, links);
  if (!tree.joliet && !folder.parent) {
    selfUse.unshift(encodeSuspIndicator());
    selfUse.push(encodeContinuation(extensionBlock, extensionLength));
  }
  const children = [
    ...folder.folders.map((child) => ({
      child,
      isFolder: true,
      at: place(child),
      links: child.folders.length + 2,
    })),
    ...folder.files.map((child) => ({
      child,
      isFolder: false,
      at: { block: child.block, length: child.data.length },
      links: 1,
    })),
  ].map(({ child, isFolder, at, links: count }) => {
    const name = tree.names.get(child) ?? Buffer.alloc(0);
    const use = tree.joliet ? [] : [...posix(isFolder, count), encodeName(child.name)];
    return { name, bytes: record(name, at, isFolder, use) };
  });
  children.sort((a, b) => a.name.compare(b.name));
  return packRecords([
    record(SELF, place(folder), true, selfUse),
    record(PARENT, place(parent), true, posix(true, parent.folders.length + 2)),
    ...children.map(({ bytes }) => bytes),
  ]);
}

/** ECMA-119 §9.4: every folder with its place and the number of its parent. */
function pathTable(tree: Tree, order: "little" | "big"): Buffer {
  const numbers = new Map(tree.folders.map((folder, index) => [folder, index + 1]));
  return Buffer.concat(
    tree.folders.map((folder) => {
      const name = tree.names.get(folder) ?? SELF;
      const bytes = Buffer.alloc(8 + name.length + (name.length % 2));
      const block = tree.places.get(folder)?.block ?? 0;
      const parent = numbers.get(folder.parent ?? folder) ?? 1;
      bytes[0] = name.length;
      if (order === "little") {
        bytes.writeUInt32LE(block, 2);
        bytes.writeUInt16LE(parent, 6);
      } else {
        bytes.writeUInt32BE(block, 2);
        bytes.writeUInt16BE(parent, 6);
      }
      name.copy(bytes, 8);
      return bytes;
    }),
  );
}

function descriptor(
  joliet: boolean,
  { label, modifiedAt }: IsoOptions,
  blocks: number,
  table: { readonly little: number; readonly big: number; readonly length: number },
  root: { readonly block: number; readonly length: number },
): Buffer {
  const bytes = Buffer.alloc(SECTOR);
  bytes[0] = joliet ? 2 : 1;
  bytes.write("CD001\u0001", 1, "latin1");
  // Text fields are filled up with blanks, in Joliet those of UCS-2.
  const blanks = (start: number, end: number) =>
    joliet ? ucs2(" ".repeat((end - start) >> 1)).copy(bytes, start) : bytes.fill(" ", start, end);
  for (const [start, end] of [
    [8, 40],
    [40, 72],
    [190, 318],
    [318, 446],
    [446, 574],
    [574, 702],
    [702, 739],
    [739, 776],
    [776, 813],
  ] as const) {
    blanks(start, end);
  }
  (joliet ? ucs2(label.slice(0, 16)) : Buffer.from(label)).copy(bytes, 40);
  writeBoth32(bytes, blocks, 80);
  if (joliet) bytes.write("%/E", 88, "latin1");
  writeBoth16(bytes, 1, 120);
  writeBoth16(bytes, 1, 124);
  writeBoth16(bytes, SECTOR, 128);
  writeBoth32(bytes, table.length, 132);
  bytes.writeUInt32LE(table.little, 140);
  bytes.writeUInt32BE(table.big, 148);
  encodeRecord({ name: SELF, ...root, directory: true, modifiedAt, systemUse: Buffer.alloc(0) }).copy(
    bytes,
    156,
  );
  const time = longTime(modifiedAt);
  time.copy(bytes, 813);
  time.copy(bytes, 830);
  const never = Buffer.concat([Buffer.from("0".repeat(16)), Buffer.alloc(1)]);
  never.copy(bytes, 847);
  never.copy(bytes, 864);
  bytes[881] = 1;
  return bytes;
}

function terminator(): Buffer {
  const bytes = Buffer.alloc(SECTOR);
  bytes[0] = 255;
  bytes.write("CD001\u0001", 1, "latin1");
  return bytes;
}

/** Seventeen bytes: digits down to hundredths of a second, then the offset from UTC (§8.4.26.1). */
function longTime(time: Date): Buffer {
  const digits = time.toISOString().replace(/\D/g, "").slice(0, 16);
  return Buffer.concat([Buffer.from(digits), Buffer.alloc(1)]);
}
