import { SECTOR } from "./descriptor.ts";
import { IsoError } from "./source.ts";

/** A directory record (ECMA-119 §9.1), not yet interpreted. */
export interface DirectoryRecord {
  /** First block of the data, behind any extended attribute record. */
  readonly block: number;
  readonly length: number;
  /** Milliseconds since 1970, UTC. */
  readonly modifiedAt: number | undefined;
  readonly flags: number;
  readonly interleaved: boolean;
  readonly name: Buffer;
  /** The system use area, where Rock Ridge is. */
  readonly systemUse: Buffer;
  /** The record's own bytes, in the directory that was given. */
  readonly bytes: Buffer;
}

/** Bits of a record's flags (§9.1.6). */
export const FLAG = { directory: 2, associated: 4, multiExtent: 0x80 } as const;

/** Fixed part of a record, with at least one byte of name. */
const MIN_RECORD = 34;

/** Reads all records of a directory, `.` and `..` first. Throws IsoError for a record that cannot be one. */
export function* decodeDirectory(bytes: Buffer): Generator<DirectoryRecord> {
  let offset = 0;
  while (offset < bytes.length) {
    const length = bytes[offset] ?? 0;
    if (length === 0) {
      // Records do not cross a sector: the rest of this one is empty.
      offset = (Math.floor(offset / SECTOR) + 1) * SECTOR;
      continue;
    }
    if (length < MIN_RECORD || offset + length > bytes.length) {
      throw new IsoError("damaged", `a directory record of ${length} bytes`);
    }
    yield decodeRecord(bytes.subarray(offset, offset + length));
    offset += length;
  }
}

function decodeRecord(bytes: Buffer): DirectoryRecord {
  const nameLength = bytes[32] ?? 0;
  // The name is padded to an even offset.
  const nameEnd = 33 + nameLength;
  if (nameLength === 0 || nameEnd > bytes.length) throw new IsoError("damaged", "a directory record's name");
  return {
    block: bytes.readUInt32LE(2) + (bytes[1] ?? 0),
    length: bytes.readUInt32LE(10),
    modifiedAt: decodeTime(bytes.subarray(18, 25)),
    flags: bytes[25] ?? 0,
    interleaved: bytes[26] !== 0,
    name: bytes.subarray(33, nameEnd),
    systemUse: bytes.subarray(nameEnd + (nameLength % 2 === 0 ? 1 : 0)),
    bytes,
  };
}

/** Seven bytes: year since 1900, month, day, hour, minute, second, offset from UTC in quarters of an hour (§9.1.5). */
function decodeTime(bytes: Buffer): number | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = bytes;
  if (month < 1 || month > 12 || day < 1 || day > 31) return undefined;
  const offset = bytes.readInt8(6) * 15 * 60_000;
  return Date.UTC(1900 + year, month - 1, day, hour, minute, second) - offset;
}

/** The seven bytes of a time, in UTC. */
export function encodeTime(time: Date): Buffer {
  const year = Math.min(Math.max(time.getUTCFullYear() - 1900, 0), 255);
  return Buffer.from([
    year,
    time.getUTCMonth() + 1,
    time.getUTCDate(),
    time.getUTCHours(),
    time.getUTCMinutes(),
    time.getUTCSeconds(),
    0,
  ]);
}

/** A record to write. `block`: where its data begin. */
export interface NewRecord {
  readonly name: Buffer;
  readonly block: number;
  readonly length: number;
  readonly directory: boolean;
  readonly modifiedAt: Date;
  readonly systemUse: Buffer;
}

/** The bytes of a record, its length even as §9.1.1 wants it. Throws IsoError when it is too long for one. */
export function encodeRecord(record: NewRecord): Buffer {
  const { name, systemUse } = record;
  const systemAt = 33 + name.length + (name.length % 2 === 0 ? 1 : 0);
  const length = (systemAt + systemUse.length + 1) & ~1;
  if (length > 255) throw new IsoError("limit", `a directory record of ${length} bytes`);
  const bytes = Buffer.alloc(length);
  bytes[0] = length;
  placeRecord(bytes, record.block, record.length);
  encodeTime(record.modifiedAt).copy(bytes, 18);
  bytes[25] = record.directory ? FLAG.directory : 0;
  writeBoth16(bytes, 1, 28);
  bytes[32] = name.length;
  name.copy(bytes, 33);
  systemUse.copy(bytes, systemAt);
  return bytes;
}

/** Says where a record's data are. */
export function placeRecord(record: Buffer, block: number, length: number): void {
  record[1] = 0;
  writeBoth32(record, block, 2);
  writeBoth32(record, length, 10);
}

/** Records in sectors, none across the border of two (§6.8.1.1). The length is a whole number of sectors. */
export function packRecords(records: readonly Buffer[]): Buffer {
  const sectors: Buffer[] = [Buffer.alloc(SECTOR)];
  let at = 0;
  for (const record of records) {
    if (at + record.length > SECTOR) {
      sectors.push(Buffer.alloc(SECTOR));
      at = 0;
    }
    const sector = sectors.at(-1);
    if (sector) record.copy(sector, at);
    at += record.length;
  }
  return Buffer.concat(sectors);
}

/** A number in both byte orders (§7.2.3, §7.3.3). */
export function writeBoth16(target: Buffer, value: number, offset: number): void {
  target.writeUInt16LE(value, offset);
  target.writeUInt16BE(value, offset + 2);
}

export function writeBoth32(target: Buffer, value: number, offset: number): void {
  target.writeUInt32LE(value, offset);
  target.writeUInt32BE(value, offset + 4);
}
