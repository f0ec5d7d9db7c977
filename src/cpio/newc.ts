/**
 * The `newc` cpio archive that the Linux kernel unpacks as its initial file system
 * (kernel: Documentation/driver-api/early-userspace/buffer-format.rst).
 */

/** One thing in an archive. `path` is relative, without a leading slash; `permissions` are the lower 12 mode bits. */
export type CpioEntry =
  | { readonly kind: "directory"; readonly path: string; readonly permissions: number }
  | { readonly kind: "file"; readonly path: string; readonly permissions: number; readonly data: Buffer }
  | { readonly kind: "link"; readonly path: string; readonly target: string }
  | {
      readonly kind: "device";
      readonly path: string;
      readonly permissions: number;
      readonly type: "char" | "block";
      readonly major: number;
      readonly minor: number;
    };

const MAGIC = "070701";
const HEADER = 110;
const TRAILER = "TRAILER!!!";
/** S_IFMT and its values, `man 7 inode`. */
const TYPE_MASK = 0o170000;
const TYPES = {
  directory: 0o040000,
  file: 0o100000,
  link: 0o120000,
  char: 0o020000,
  block: 0o060000,
} as const;
/** Sizes are 32-bit fields. */
const MAX_SIZE = 0xffffffff;

/**
 * Writes an archive in the order given (a directory must come before what is in it). Everything belongs to root and has
 * no time, so the same entries always give the same bytes. Throws a RangeError for a path that is not relative and for
 * a file of 4 GiB or more.
 */
export function encodeCpio(entries: readonly CpioEntry[]): Buffer {
  const parts: Buffer[] = [];
  entries.forEach((entry, index) => {
    if (!isPlainPath(entry.path))
      throw new RangeError(`not a path for an archive: ${JSON.stringify(entry.path)}`);
    const data = dataOf(entry);
    if (data.length > MAX_SIZE) throw new RangeError(`${entry.path} is too large for a newc archive`);
    const device = entry.kind === "device" ? entry : { major: 0, minor: 0 };
    // Inode numbers are unique, so that nothing is taken for a hard link.
    pushRecord(parts, {
      inode: index + 1,
      mode: modeOf(entry),
      links: entry.kind === "directory" ? 2 : 1,
      ...device,
      path: entry.path,
      data,
    });
  });
  pushRecord(parts, {
    inode: 0,
    mode: 0,
    links: 1,
    major: 0,
    minor: 0,
    path: TRAILER,
    data: Buffer.alloc(0),
  });
  return Buffer.concat(parts);
}

/**
 * What stands before and behind the data of an archive with one file, whose bytes are elsewhere: `before`, `size` bytes
 * of data and `behind` are what `encodeCpio` makes of the file and the folders above it. Throws a RangeError like it.
 */
export function cpioFrame(path: string, size: number): { readonly before: Buffer; readonly behind: Buffer } {
  if (!isPlainPath(path)) throw new RangeError(`not a path for an archive: ${JSON.stringify(path)}`);
  if (size > MAX_SIZE) throw new RangeError(`${path} is too large for a newc archive`);
  const parts: Buffer[] = [];
  const names = path.split("/");
  const empty = { major: 0, minor: 0, data: Buffer.alloc(0) };
  for (let depth = 1; depth < names.length; depth++) {
    const above = names.slice(0, depth).join("/");
    pushRecord(parts, { inode: depth, mode: TYPES.directory | 0o755, links: 2, path: above, ...empty });
  }
  const mode = TYPES.file | 0o644;
  pushRecord(parts, { inode: names.length, mode, links: 1, path, ...empty, size });
  const trailer: Buffer[] = [padding(size)];
  pushRecord(trailer, { inode: 0, mode: 0, links: 1, path: TRAILER, ...empty });
  return { before: Buffer.concat(parts), behind: Buffer.concat(trailer) };
}

/** Reads an archive up to its trailer. Throws a RangeError when it is damaged, a TypeError at things unknown to us. */
export function decodeCpio(archive: Buffer): readonly CpioEntry[] {
  const entries: CpioEntry[] = [];
  let offset = 0;
  for (;;) {
    const header = archive.toString("latin1", offset, offset + HEADER);
    if (!header.startsWith(MAGIC) || header.length < HEADER)
      throw new RangeError(`no cpio header at byte ${offset}`);
    const field = (index: number): number => {
      const hex = header.slice(6 + index * 8, 14 + index * 8);
      if (!/^[0-9a-f]{8}$/i.test(hex)) throw new RangeError(`bad field in the cpio header at byte ${offset}`);
      return Number.parseInt(hex, 16);
    };
    const [mode, size, nameSize] = [field(1), field(6), field(11)];
    const nameStart = offset + HEADER;
    const dataStart = align(nameStart + nameSize);
    if (nameSize === 0 || dataStart + size > archive.length)
      throw new RangeError(`the archive ends within byte ${offset}'s entry`);
    const path = archive.toString("utf8", nameStart, nameStart + nameSize - 1);
    if (path === TRAILER) return entries;
    const data = archive.subarray(dataStart, dataStart + size);
    entries.push(entryOf(path, mode, data, field(9), field(10)));
    offset = align(dataStart + size);
  }
}

interface CpioRecord {
  readonly inode: number;
  readonly mode: number;
  readonly links: number;
  readonly major: number;
  readonly minor: number;
  readonly path: string;
  readonly data: Buffer;
  /** Bytes of data that follow from elsewhere, instead of `data`. */
  readonly size?: number;
}

function pushRecord(parts: Buffer[], record: CpioRecord): void {
  const name = Buffer.from(`${record.path}\0`);
  const { inode, mode, links, major, minor, data, size = data.length } = record;
  // ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check
  const fields = [inode, mode, 0, 0, links, 0, size, 0, 0, major, minor, name.length, 0];
  const header = Buffer.from(MAGIC + fields.map((value) => value.toString(16).padStart(8, "0")).join(""));
  parts.push(header, name, padding(HEADER + name.length), data, padding(data.length));
}

function entryOf(path: string, mode: number, data: Buffer, major: number, minor: number): CpioEntry {
  const permissions = mode & 0o7777;
  switch (mode & TYPE_MASK) {
    case TYPES.directory:
      return { kind: "directory", path, permissions };
    case TYPES.file:
      return { kind: "file", path, permissions, data };
    case TYPES.link:
      return { kind: "link", path, target: data.toString("utf8") };
    case TYPES.char:
      return { kind: "device", path, permissions, type: "char", major, minor };
    case TYPES.block:
      return { kind: "device", path, permissions, type: "block", major, minor };
    default:
      throw new TypeError(`${path} is of a type that is not supported (mode ${mode.toString(8)})`);
  }
}

function dataOf(entry: CpioEntry): Buffer {
  if (entry.kind === "file") return entry.data;
  return entry.kind === "link" ? Buffer.from(entry.target) : Buffer.alloc(0);
}

function modeOf(entry: CpioEntry): number {
  switch (entry.kind) {
    case "link":
      return TYPES.link | 0o777;
    case "device":
      return TYPES[entry.type] | entry.permissions;
    case "directory":
    case "file":
      return TYPES[entry.kind] | entry.permissions;
  }
}

function isPlainPath(path: string): boolean {
  return (
    path !== TRAILER &&
    !path.includes("\0") &&
    path.split("/").every((part) => part !== "" && part !== "." && part !== "..")
  );
}

/** Up to the next multiple of four. (Not by bits, which would take sizes from 2 GiB on for negative.) */
function align(offset: number): number {
  return Math.ceil(offset / 4) * 4;
}

function padding(length: number): Buffer {
  return Buffer.alloc(align(length) - length);
}
