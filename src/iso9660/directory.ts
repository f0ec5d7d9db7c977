import { textOf, type VolumeDescriptor } from "./descriptor.ts";
import { type DirectoryRecord, decodeDirectory, FLAG } from "./record.ts";
import type { RockRidge, RockRidgeReader } from "./rock-ridge.ts";
import { type ByteSource, IsoError, type IsoExtent, readRun } from "./source.ts";

/** Something in a directory of an image. */
export interface IsoEntry {
  readonly name: string;
  /** `other`: a device, pipe or socket. */
  readonly kind: "file" | "directory" | "link" | "other";
  /** Bytes of a file. */
  readonly size: number;
  /** Where a file's bytes are, in order; of a directory, its records. */
  readonly extents: readonly IsoExtent[];
  /** Where a link leads: relative to its own directory, or with a leading slash to the image's root. */
  readonly target: string | undefined;
  /** Milliseconds since 1970, UTC. */
  readonly modifiedAt: number | undefined;
}

/** Bytes of one directory's records: 100,000 files with long names. */
const MAX_DIRECTORY = 16 * 1024 * 1024;

const TYPE_MASK = 0o170000;
const TYPES: ReadonlyMap<number, IsoEntry["kind"]> = new Map([
  [0o040000, "directory"],
  [0o100000, "file"],
  [0o120000, "link"],
]);

/** Reads the directories of one of an image's trees. */
export class DirectoryReader {
  readonly #source: ByteSource;
  readonly #descriptor: VolumeDescriptor;
  readonly #rockRidge: (() => RockRidgeReader) | undefined;

  /** `rockRidge`: makes a reader for one directory's system use areas, where they are used. */
  constructor(
    source: ByteSource,
    descriptor: VolumeDescriptor,
    rockRidge: (() => RockRidgeReader) | undefined,
  ) {
    this.#source = source;
    this.#descriptor = descriptor;
    this.#rockRidge = rockRidge;
  }

  /** The entries by name, without `.` and `..`. Of several with one name the first counts. */
  async read({ offset, length }: IsoExtent): Promise<ReadonlyMap<string, IsoEntry>> {
    if (length > MAX_DIRECTORY) throw new IsoError("limit", `a directory of ${length} bytes`);
    const bytes = await readRun(this.#source, offset, length);
    const rockRidge = this.#rockRidge?.();
    const entries = new Map<string, IsoEntry>();
    let parts: DirectoryRecord[] = [];
    for (const record of decodeDirectory(bytes)) {
      if (isSelfOrParent(record) || record.flags & FLAG.associated) continue;
      parts.push(record);
      if (record.flags & FLAG.multiExtent) continue;
      const entry = await this.#entry(parts, record, rockRidge);
      parts = [];
      if (entry && !entries.has(entry.name)) entries.set(entry.name, entry);
    }
    return entries;
  }

  /** `parts`: the records of one file, of which `record` is the last. */
  async #entry(
    parts: readonly DirectoryRecord[],
    record: DirectoryRecord,
    reader: RockRidgeReader | undefined,
  ): Promise<IsoEntry | undefined> {
    if (parts.some((part) => !part.name.equals(record.name))) {
      throw new IsoError("damaged", "a file whose parts have different names");
    }
    if (parts.some((part) => part.interleaved)) throw new IsoError("unsupported", "an interleaved file");
    const extra = await reader?.read(parts[0]?.systemUse ?? record.systemUse);
    if (extra?.moved === true) return undefined;
    const name = extra?.name ?? this.#plainName(record);
    // No name that would mean something else in a path, whatever the image says.
    if (name === "" || name === "." || name === ".." || /[/\0]/.test(name)) return undefined;
    const { modifiedAt } = record;
    if (extra?.movedTo !== undefined) {
      const extents = [await this.#directoryAt(extra.movedTo)];
      return { name, kind: "directory", size: 0, extents, target: undefined, modifiedAt };
    }
    const kind = kindOf(record, extra);
    const extents = kind === "file" || kind === "directory" ? this.#extentsOf(parts) : [];
    const size = kind === "file" ? extents.reduce((sum, extent) => sum + extent.length, 0) : 0;
    return { name, kind, size, extents, target: extra?.link, modifiedAt };
  }

  #extentsOf(parts: readonly DirectoryRecord[]): IsoExtent[] {
    const extents: IsoExtent[] = [];
    for (const { block, length } of parts) {
      // An empty file may point anywhere.
      if (length === 0) continue;
      const offset = block * this.#descriptor.blockSize;
      const last = extents.at(-1);
      // A large file's parts usually lie one behind the other.
      if (last && last.offset + last.length === offset) {
        extents[extents.length - 1] = { offset: last.offset, length: last.length + length };
      } else extents.push({ offset, length });
    }
    return extents;
  }

  /** A directory of which only the place is known: its own `.` record tells how long it is. */
  async #directoryAt(block: number): Promise<IsoExtent> {
    const offset = block * this.#descriptor.blockSize;
    const [length = 0] = await readRun(this.#source, offset, 1);
    const [self] = decodeDirectory(await readRun(this.#source, offset, length));
    if (!self) throw new IsoError("damaged", "a moved directory without a record of itself");
    return { offset, length: self.length };
  }

  /** The identifier without version and empty extension. */
  #plainName({ name }: DirectoryRecord): string {
    return textOf(name, this.#descriptor.joliet)
      .replace(/;\d*$/, "")
      .replace(/(?<=.)\.$/, "");
  }
}

function isSelfOrParent({ name }: DirectoryRecord): boolean {
  return name.length === 1 && (name[0] === 0 || name[0] === 1);
}

function kindOf(record: DirectoryRecord, extra: RockRidge | undefined): IsoEntry["kind"] {
  if (extra?.link !== undefined) return "link";
  if (record.flags & FLAG.directory) return "directory";
  const kind = extra?.mode === undefined ? "file" : (TYPES.get(extra.mode & TYPE_MASK) ?? "other");
  // Only a record that says so holds a directory's records.
  return kind === "directory" || kind === "link" ? "other" : kind;
}
