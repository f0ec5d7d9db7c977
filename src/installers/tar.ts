/** One thing in an archive. `path` is relative, without a leading slash; `permissions` are the lower 12 mode bits. */
export type TarEntry =
  | { readonly kind: "file"; readonly path: string; readonly permissions: number; readonly text: string }
  | { readonly kind: "link"; readonly path: string; readonly target: string };

const BLOCK = 512;
/** An archive ends with two empty blocks, and readers expect whole records of 20. */
const RECORD = 20 * BLOCK;
const NAME_LENGTH = 100;
const TYPES = { file: "0", link: "2" } as const;

/**
 * Writes an archive in POSIX's `ustar` form (IEEE 1003.1, pax, "ustar Interchange Format"). Everything belongs to root
 * and is of 1970, so the same entries always give the same bytes. Folders are left to the reader, which makes them as
 * it needs them. Throws a RangeError for a path that is not relative or has more than 100 bytes.
 */
export function encodeTar(entries: readonly TarEntry[]): Buffer {
  const parts: Buffer[] = [];
  for (const entry of entries) {
    const data = entry.kind === "file" ? Buffer.from(entry.text) : Buffer.alloc(0);
    parts.push(header(entry, data.length), data, Buffer.alloc(upTo(data.length, BLOCK)));
  }
  const length = parts.reduce((sum, part) => sum + part.length, 0) + 2 * BLOCK;
  parts.push(Buffer.alloc(2 * BLOCK + upTo(length, RECORD)));
  return Buffer.concat(parts);
}

function header(entry: TarEntry, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const put = (offset: number, text: string) => block.write(text, offset, "utf8");
  const octal = (offset: number, length: number, value: number) =>
    put(offset, `${value.toString(8).padStart(length - 1, "0")}\0`);
  put(0, fitting(entry.path));
  octal(100, 8, entry.kind === "file" ? entry.permissions : 0o777);
  octal(108, 8, 0);
  octal(116, 8, 0);
  octal(124, 12, size);
  octal(136, 12, 0);
  put(156, TYPES[entry.kind]);
  if (entry.kind === "link") put(157, fitting(entry.target));
  put(257, "ustar\u000000");
  put(265, "root");
  put(297, "root");
  // The checksum is that of the header with blanks in the checksum's own place.
  block.fill(" ", 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return block;
}

function fitting(path: string): string {
  const plain = path !== "" && !path.includes("\0") && !path.split("/").includes("..");
  if (!plain || Buffer.byteLength(path) > NAME_LENGTH) {
    throw new RangeError(`not a path for an archive: ${JSON.stringify(path)}`);
  }
  return path;
}

function upTo(length: number, unit: number): number {
  return (unit - (length % unit)) % unit;
}
