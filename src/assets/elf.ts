/** What we read out of ELF files (64-bit, little-endian): kernel modules' own descriptions, programs' libraries. */

/** Section header types and dynamic tags, ELF specification. */
const SHT_NOBITS = 8;
const DT_NEEDED = 1;

/**
 * What a kernel module says of itself: `depends` → ["mbcache,jbd2"], `alias` → […], `softdep` → […]. Throws a
 * RangeError when the file is no 64-bit little-endian ELF file.
 */
export function moduleInfo(file: Buffer): ReadonlyMap<string, readonly string[]> {
  const info = new Map<string, string[]>();
  for (const line of (section(file, ".modinfo")?.toString("utf8") ?? "").split("\0")) {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(line) ?? [];
    if (key === undefined || value === undefined) continue;
    const values = info.get(key) ?? [];
    values.push(value);
    info.set(key, values);
  }
  return info;
}

/** The shared libraries that a program or library asks for (DT_NEEDED). Throws like `moduleInfo`. */
export function neededLibraries(file: Buffer): readonly string[] {
  const dynamic = section(file, ".dynamic");
  const names = section(file, ".dynstr");
  if (!dynamic || !names) return [];
  const needed: string[] = [];
  for (let offset = 0; offset + 16 <= dynamic.length; offset += 16) {
    if (dynamic.readBigUInt64LE(offset) === BigInt(DT_NEEDED)) {
      needed.push(stringAt(names, Number(dynamic.readBigUInt64LE(offset + 8))));
    }
  }
  return needed;
}

function section(file: Buffer, wanted: string): Buffer | undefined {
  // e_ident: magic, ELFCLASS64, ELFDATA2LSB
  if (file.toString("latin1", 0, 6) !== "\x7fELF\x02\x01")
    throw new RangeError("not a 64-bit little-endian ELF file");
  const table = Number(file.readBigUInt64LE(0x28));
  const entrySize = file.readUInt16LE(0x3a);
  const count = file.readUInt16LE(0x3c);
  const header = (index: number) => {
    const at = table + index * entrySize;
    return {
      name: file.readUInt32LE(at),
      type: file.readUInt32LE(at + 4),
      offset: Number(file.readBigUInt64LE(at + 24)),
      size: Number(file.readBigUInt64LE(at + 32)),
    };
  };
  const { offset, size } = header(file.readUInt16LE(0x3e));
  const names = file.subarray(offset, offset + size);
  for (let index = 0; index < count; index++) {
    const candidate = header(index);
    if (candidate.type !== SHT_NOBITS && stringAt(names, candidate.name) === wanted) {
      return file.subarray(candidate.offset, candidate.offset + candidate.size);
    }
  }
  return undefined;
}

function stringAt(names: Buffer, offset: number): string {
  const end = names.indexOf(0, offset);
  return names.toString("utf8", offset, end < 0 ? names.length : end);
}
