import { readDescriptors, type VolumeDescriptor, type VolumeDescriptors } from "./descriptor.ts";
import { DirectoryReader, type IsoEntry } from "./directory.ts";
import { decodeDirectory } from "./record.ts";
import { RockRidgeReader, rockRidgeOf } from "./rock-ridge.ts";
import { type ByteSource, IsoError, type IsoExtent, readRun } from "./source.ts";

/** Which names an image's files have: Rock Ridge's, Joliet's, or those of ISO 9660 itself (`README.TXT`). */
export type IsoNaming = "rock-ridge" | "joliet" | "plain";

/** Links that one path may lead through. */
const MAX_LINKS = 40;
/** Components of one path, links resolved. */
const MAX_COMPONENTS = 1000;
/** Entries of directories that are remembered: those of the largest distribution's ISO several times. */
const MAX_REMEMBERED = 200_000;
/** How deep `walk` goes, and how many entries it visits. */
const MAX_DEPTH = 256;
const MAX_WALKED = 5_000_000;

/**
 * Reads an ISO 9660 image at random: its tree is looked at as it is asked for, never as a whole. Whatever the image
 * says, every call ends: it rejects with an IsoError or with what the source throws, and nothing else.
 */
export class IsoReader {
  /** Names that are followed; Rock Ridge's before Joliet's, as Linux has it. */
  readonly naming: IsoNaming;
  /** What the image says of itself. */
  readonly volume: VolumeDescriptor;
  /** Whether UDF is on it as well. Then ISO 9660 may hold no more than a note, as on Windows' images. */
  readonly udf: boolean;
  readonly #source: ByteSource;
  readonly #directories: DirectoryReader;
  readonly #root: IsoEntry;
  /** Directories by their offset, the least recently used first. */
  readonly #known = new Map<number, Promise<ReadonlyMap<string, IsoEntry>>>();
  readonly #counts = new Map<number, number>();
  #remembered = 0;

  private constructor(source: ByteSource, descriptors: VolumeDescriptors, tree: Tree) {
    this.#source = source;
    this.volume = descriptors.primary;
    this.udf = descriptors.udf;
    this.naming = tree.naming;
    const { descriptor, skip } = tree;
    const rockRidge =
      skip === undefined ? undefined : () => new RockRidgeReader(source, descriptor.blockSize, skip);
    this.#directories = new DirectoryReader(source, descriptor, rockRidge);
    this.#root = {
      name: "",
      kind: "directory",
      size: 0,
      extents: [{ offset: descriptor.root.block * descriptor.blockSize, length: descriptor.root.length }],
      target: undefined,
      modifiedAt: undefined,
    };
  }

  /** Opens an image. `naming` asks for certain names; by default the best there are. */
  static async open(source: ByteSource, options: { readonly naming?: IsoNaming } = {}): Promise<IsoReader> {
    const descriptors = await readDescriptors(source);
    return new IsoReader(source, descriptors, await treeOf(source, descriptors, options.naming));
  }

  /** Bytes that the image should have at least, as it says itself: a shorter one was not fetched to its end. */
  get expectedSize(): number {
    return this.volume.blocks * this.volume.blockSize;
  }

  /** Finds a path, following links. Leading, trailing and doubled slashes do not matter. */
  async find(path: string): Promise<IsoEntry | undefined> {
    const todo = componentsOf(path).reverse();
    const above: IsoEntry[] = [];
    let here = this.#root;
    let links = 0;
    for (let steps = 0; ; steps++) {
      const part = todo.pop();
      if (part === undefined) return here;
      if (steps > MAX_COMPONENTS) throw new IsoError("limit", "a path that is too deep");
      if (part === ".") continue;
      if (part === "..") {
        here = above.pop() ?? this.#root;
        continue;
      }
      if (here.kind !== "directory") return undefined;
      const entry = await this.#child(here, part);
      if (!entry) return undefined;
      if (entry.target === undefined) {
        above.push(here);
        here = entry;
        continue;
      }
      if (++links > MAX_LINKS) throw new IsoError("limit", "links that lead to links without end");
      if (entry.target.startsWith("/")) {
        above.length = 0;
        here = this.#root;
      }
      todo.push(...componentsOf(entry.target).reverse());
    }
  }

  /** What is in a directory, in the image's order. */
  async list(directory: IsoEntry): Promise<readonly IsoEntry[]> {
    return [...(await this.#entries(directory)).values()];
  }

  /** The bytes of a small file. Throws IsoError when it has more than `limit`. */
  async readFile(file: IsoEntry, limit: number): Promise<Buffer> {
    if (file.size > limit) throw new IsoError("limit", `${file.name} has ${file.size} bytes`);
    const parts: Buffer[] = [];
    for (const { offset, length } of file.extents) parts.push(await readRun(this.#source, offset, length));
    return Buffer.concat(parts);
  }

  /** Everything on the image with its path, directories before what is in them; links are not followed. */
  async *walk(): AsyncGenerator<{ readonly path: string; readonly entry: IsoEntry }> {
    const todo = [{ path: "", entry: this.#root, depth: 0 }];
    // A directory that holds itself is visited once.
    const visited = new Set<number>();
    let walked = 0;
    for (let next = todo.pop(); next; next = todo.pop()) {
      const { path, entry, depth } = next;
      const [extent] = entry.extents;
      if (!extent || visited.has(extent.offset)) continue;
      visited.add(extent.offset);
      if (depth > MAX_DEPTH) throw new IsoError("limit", "directories that are too deep");
      for (const child of await this.list(entry)) {
        if (++walked > MAX_WALKED) throw new IsoError("limit", "too many files");
        const childPath = path === "" ? child.name : `${path}/${child.name}`;
        yield { path: childPath, entry: child };
        if (child.kind === "directory") todo.push({ path: childPath, entry: child, depth: depth + 1 });
      }
    }
  }

  async #child(directory: IsoEntry, name: string): Promise<IsoEntry | undefined> {
    const entries = await this.#entries(directory);
    const exact = entries.get(name);
    if (exact || this.naming !== "plain") return exact;
    // Plain names are all in capitals, and Linux shows them in small letters.
    const lower = name.toLowerCase();
    for (const [other, entry] of entries) if (other.toLowerCase() === lower) return entry;
    return undefined;
  }

  async #entries(directory: IsoEntry): Promise<ReadonlyMap<string, IsoEntry>> {
    const [extent] = directory.extents;
    if (directory.kind !== "directory" || !extent) return new Map();
    const key = extent.offset;
    const reading = this.#known.get(key) ?? this.#remember(key, extent);
    this.#known.delete(key);
    this.#known.set(key, reading);
    return reading;
  }

  #remember(key: number, extent: IsoExtent): Promise<ReadonlyMap<string, IsoEntry>> {
    const reading = this.#directories.read(extent);
    reading.then(
      (entries) => {
        if (this.#known.get(key) !== reading) return;
        this.#counts.set(key, entries.size + 1);
        this.#remembered += entries.size + 1;
        for (const old of this.#known.keys()) {
          if (this.#remembered <= MAX_REMEMBERED) break;
          if (old !== key) this.#forget(old);
        }
      },
      // A read that failed is tried again at the next question.
      () => this.#forget(key),
    );
    return reading;
  }

  #forget(key: number): void {
    this.#known.delete(key);
    this.#remembered -= this.#counts.get(key) ?? 0;
    this.#counts.delete(key);
  }
}

/** The tree of names that is followed. */
interface Tree {
  readonly naming: IsoNaming;
  readonly descriptor: VolumeDescriptor;
  /** Bytes before Rock Ridge's entries; undefined where it is not used. */
  readonly skip: number | undefined;
}

async function treeOf(
  source: ByteSource,
  { primary, joliet }: VolumeDescriptors,
  wanted: IsoNaming | undefined,
): Promise<Tree> {
  const plain: Tree = { naming: "plain", descriptor: primary, skip: undefined };
  if (wanted === "plain") return plain;
  if (wanted !== "joliet") {
    const [self] = decodeDirectory(await firstRecord(source, primary));
    const use = self && rockRidgeOf(self.systemUse);
    if (use) return { naming: "rock-ridge", descriptor: primary, skip: use.skip };
  }
  if (joliet && wanted !== "rock-ridge") {
    return { naming: "joliet", descriptor: joliet, skip: undefined };
  }
  if (wanted !== undefined) throw new IsoError("unsupported", `the image has no ${wanted} names`);
  return plain;
}

async function firstRecord(source: ByteSource, { root, blockSize }: VolumeDescriptor): Promise<Buffer> {
  const offset = root.block * blockSize;
  const [length = 0] = await readRun(source, offset, 1);
  return readRun(source, offset, length);
}

function componentsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "");
}
