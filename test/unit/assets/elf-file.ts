/** The least ELF file that has the given sections: a header, the sections, their names, the table of them. */
export function elfFile(sections: Readonly<Record<string, Buffer>>): Buffer {
  const all = {
    ...sections,
    ".shstrtab": Buffer.from(`\0${[...Object.keys(sections), ".shstrtab"].join("\0")}\0`),
  };
  const header = Buffer.alloc(64);
  header.write("\x7fELF\x02\x01\x01", "latin1");
  const parts: Buffer[] = [header];
  const table: Buffer[] = [Buffer.alloc(64)];
  let offset = header.length;
  for (const [name, data] of Object.entries(all)) {
    const entry = Buffer.alloc(64);
    entry.writeUInt32LE(all[".shstrtab"].indexOf(`\0${name}\0`) + 1, 0);
    entry.writeUInt32LE(1, 4);
    entry.writeBigUInt64LE(BigInt(offset), 24);
    entry.writeBigUInt64LE(BigInt(data.length), 32);
    table.push(entry);
    parts.push(data);
    offset += data.length;
  }
  header.writeBigUInt64LE(BigInt(offset), 0x28);
  header.writeUInt16LE(64, 0x3a);
  header.writeUInt16LE(table.length, 0x3c);
  header.writeUInt16LE(table.length - 1, 0x3e);
  return Buffer.concat([...parts, ...table]);
}
