import { type ByteSource, IsoError, readRun } from "./source.ts";

/*
 * Rock Ridge (IEEE P1282): POSIX names, links and types in the system use area of directory records, in the frame of
 * SUSP (IEEE P1281).
 */

/** What Rock Ridge says of a directory record. */
export interface RockRidge {
  readonly name: string | undefined;
  /** POSIX mode with the file type. */
  readonly mode: number | undefined;
  /** Target of a symbolic link. */
  readonly link: string | undefined;
  /** Block of the directory that this entry stands for: it was moved up, since plain ISO 9660 has eight levels. */
  readonly movedTo: number | undefined;
  /** Whether this is such a directory in the place that it was moved to, where nobody should see it. */
  readonly moved: boolean;
}

/** Continuation areas that one record may lead through. */
const MAX_CONTINUATIONS = 32;
/** Continuation areas that one directory may lead through, so that a hostile one does not keep us reading. */
const MAX_IN_DIRECTORY = 100_000;
/** Longest name and longest link target, in bytes. */
const MAX_NAME = 1024;
const MAX_LINK = 4096;

const NAME = { continues: 1 } as const;
const LINK = { continues: 1 } as const;
const COMPONENT = { continues: 1, current: 2, parent: 4, root: 8 } as const;

/** One system use entry: two letters and its data. */
interface Entry {
  readonly signature: string;
  /** With the four bytes of its head, so that offsets are those of the standard. */
  readonly bytes: Buffer;
}

/** Reads the system use areas of one directory's records. */
export class RockRidgeReader {
  readonly #source: ByteSource;
  readonly #blockSize: number;
  readonly #skip: number;
  #continuations = 0;
  /** The block of continuation areas that was read last: neighbours share one. */
  #block: { readonly number: number; readonly bytes: Promise<Buffer> } | undefined;

  /** `skip`: bytes before the first entry, as the root directory's SP entry says. */
  constructor(source: ByteSource, blockSize: number, skip: number) {
    this.#source = source;
    this.#blockSize = blockSize;
    this.#skip = skip;
  }

  async read(systemUse: Buffer): Promise<RockRidge> {
    const name: Buffer[] = [];
    let named = false;
    let nameIsOpen = true;
    let mode: number | undefined;
    let link: LinkTarget | undefined;
    let movedTo: number | undefined;
    let moved = false;
    for (const { signature, bytes } of await this.#entries(systemUse.subarray(this.#skip))) {
      if (signature === "NM" && bytes.length >= 5 && nameIsOpen) {
        named = true;
        name.push(bytes.subarray(5));
        nameIsOpen = ((bytes[4] ?? 0) & NAME.continues) !== 0;
      } else if (signature === "PX" && bytes.length >= 8) mode = bytes.readUInt32LE(4);
      else if (signature === "SL" && bytes.length >= 5) {
        link ??= new LinkTarget();
        link.add(bytes);
      } else if (signature === "CL" && bytes.length >= 8) movedTo = bytes.readUInt32LE(4);
      else if (signature === "RE") moved = true;
    }
    const text = Buffer.concat(name);
    if (text.length > MAX_NAME) throw new IsoError("damaged", "a name that is too long");
    return { name: named ? text.toString("utf8") : undefined, mode, link: link?.text(), movedTo, moved };
  }

  async #entries(area: Buffer): Promise<Entry[]> {
    const entries: Entry[] = [];
    let bytes = area;
    for (let hops = 0; ; hops++) {
      let next: Buffer | undefined;
      for (const entry of entriesOf(bytes)) {
        if (entry.signature === "CE" && entry.bytes.length >= 28) next = entry.bytes;
        else entries.push(entry);
      }
      if (!next) return entries;
      if (hops >= MAX_CONTINUATIONS) throw new IsoError("damaged", "Rock Ridge entries that do not end");
      bytes = await this.#continuation(next);
    }
  }

  async #continuation(entry: Buffer): Promise<Buffer> {
    if (++this.#continuations > MAX_IN_DIRECTORY) throw new IsoError("limit", "too many Rock Ridge entries");
    const number = entry.readUInt32LE(4);
    const offset = entry.readUInt32LE(12);
    const length = entry.readUInt32LE(20);
    // As Linux has it: an area lies within one block.
    if (offset + length > this.#blockSize) throw new IsoError("damaged", "a Rock Ridge continuation area");
    if (this.#block?.number !== number) {
      this.#block = { number, bytes: readRun(this.#source, number * this.#blockSize, this.#blockSize) };
    }
    return (await this.#block.bytes).subarray(offset, offset + length);
  }
}

function* entriesOf(area: Buffer): Generator<Entry> {
  let offset = 0;
  while (offset + 4 <= area.length) {
    const length = area[offset + 2] ?? 0;
    // What is no entry ends the area: some writers leave rubbish behind the last one.
    if (length < 4 || offset + length > area.length) return;
    const signature = area.toString("latin1", offset, offset + 2);
    if (signature === "ST") return;
    yield { signature, bytes: area.subarray(offset, offset + length) };
    offset += length;
  }
}

/** A symbolic link's target, put together from the components of its SL entries. */
class LinkTarget {
  readonly #parts: string[] = [];
  #partial: Buffer[] = [];
  #open = true;
  #absolute = false;
  #length = 0;

  add(entry: Buffer): void {
    if (!this.#open) return;
    this.#open = ((entry[4] ?? 0) & LINK.continues) !== 0;
    let offset = 5;
    while (offset + 2 <= entry.length) {
      const flags = entry[offset] ?? 0;
      const end = offset + 2 + (entry[offset + 1] ?? 0);
      if (end > entry.length) return;
      this.#component(flags, entry.subarray(offset + 2, end));
      offset = end;
    }
  }

  text(): string {
    return (this.#absolute ? "/" : "") + this.#parts.join("/");
  }

  #component(flags: number, text: Buffer): void {
    this.#length += text.length + 1;
    if (this.#length > MAX_LINK) throw new IsoError("damaged", "a link target that is too long");
    if (flags & COMPONENT.root) {
      this.#absolute = true;
      this.#parts.length = 0;
    } else if (flags & COMPONENT.parent) this.#parts.push("..");
    else if (flags & COMPONENT.current) this.#parts.push(".");
    else {
      this.#partial.push(text);
      if (flags & COMPONENT.continues) return;
      this.#parts.push(Buffer.concat(this.#partial).toString("utf8"));
      this.#partial = [];
    }
  }
}

/**
 * What the root directory's `.` says: whether Rock Ridge is used, and how many bytes other records' areas begin with.
 * `undefined`: no Rock Ridge. `shape` is for those who write records themselves.
 */
export function rockRidgeOf(
  systemUse: Buffer,
): { readonly skip: number; readonly posixLength: number } | undefined {
  const entries = [...entriesOf(systemUse)];
  const [first] = entries;
  if (first?.signature !== "SP" || first.bytes.length < 7) return undefined;
  // The check bytes of IEEE P1281 §5.3.
  if (first.bytes[4] !== 0xbe || first.bytes[5] !== 0xef) return undefined;
  const posix = entries.find((entry) => entry.signature === "PX");
  return posix && { skip: first.bytes[6] ?? 0, posixLength: posix.bytes.length };
}

/** `PX`: mode, links, user and group of a read-only file or directory; 44 bytes have a serial number as well. */
export function encodePosix(mode: number, links: number, length: number, serial: number): Buffer {
  const bytes = head("PX", length >= 44 ? 44 : 36);
  const values = [mode, links, 0, 0, ...(length >= 44 ? [serial] : [])];
  values.forEach((value, index) => {
    bytes.writeUInt32LE(value, 4 + index * 8);
    bytes.writeUInt32BE(value, 8 + index * 8);
  });
  return bytes;
}

/** `NM`: the name. */
export function encodeName(name: string): Buffer {
  const text = Buffer.from(name);
  return Buffer.concat([head("NM", 5 + text.length).subarray(0, 5), text]);
}

/** `TF`: modification and access time, seven bytes each. */
export function encodeTimes(time: Buffer): Buffer {
  const bytes = head("TF", 19);
  bytes[4] = 0x06;
  time.copy(bytes, 5);
  time.copy(bytes, 12);
  return bytes;
}

/** `SP`: SUSP is used here, without bytes to skip. */
export function encodeSuspIndicator(): Buffer {
  const bytes = head("SP", 7);
  bytes[4] = 0xbe;
  bytes[5] = 0xef;
  return bytes;
}

/** `CE`: the area goes on in a block. */
export function encodeContinuation(block: number, length: number): Buffer {
  const bytes = head("CE", 28);
  [block, 0, length].forEach((value, index) => {
    bytes.writeUInt32LE(value, 4 + index * 8);
    bytes.writeUInt32BE(value, 8 + index * 8);
  });
  return bytes;
}

/** `ER`: which extension this is. The texts are those that Rock Ridge's own document prescribes. */
export function encodeExtension(): Buffer {
  const texts = [
    "RRIP_1991A",
    "THE ROCK RIDGE INTERCHANGE PROTOCOL PROVIDES SUPPORT FOR POSIX FILE SYSTEM SEMANTICS",
    "PLEASE CONTACT DISC PUBLISHER FOR SPECIFICATION SOURCE.  SEE PUBLISHER IDENTIFIER IN PRIMARY VOLUME DESCRIPTOR FOR CONTACT INFORMATION.",
  ].map((text) => Buffer.from(text));
  const bytes = head("ER", 8 + texts.reduce((sum, text) => sum + text.length, 0));
  texts.forEach((text, index) => {
    bytes[4 + index] = text.length;
  });
  bytes[7] = 1;
  Buffer.concat(texts).copy(bytes, 8);
  return bytes;
}

function head(signature: string, length: number): Buffer {
  if (length > 255) throw new RangeError(`a ${signature} entry of ${length} bytes`);
  const bytes = Buffer.alloc(length);
  bytes.write(signature, "latin1");
  bytes[2] = length;
  bytes[3] = 1;
  return bytes;
}
