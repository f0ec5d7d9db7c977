import { type ByteSource, IsoError, readRun } from "./source.ts";

/** Bytes of a logical sector: what descriptors are laid out in (ECMA-119 §6.1.2). */
export const SECTOR = 2048;
/** Sector of the first volume descriptor; the ones before are for the system (§6.2.1). */
export const FIRST_DESCRIPTOR = 16;
/** Descriptors that are looked at. Real images have three to six, with those of UDF behind them. */
const MAX_DESCRIPTORS = 64;

/** A volume descriptor that leads to a directory tree (§8.4, §8.5). */
export interface VolumeDescriptor {
  /** Which sector of the image it is in. */
  readonly sector: number;
  readonly joliet: boolean;
  readonly label: string;
  readonly systemId: string;
  readonly publisher: string;
  readonly preparer: string;
  readonly application: string;
  readonly blockSize: number;
  /** Blocks of the whole volume. */
  readonly blocks: number;
  /** First block of the root directory, and its bytes. */
  readonly root: { readonly block: number; readonly length: number };
  /** Path table in little and in big endian: first blocks, 0 for none. */
  readonly pathTables: { readonly little: number; readonly big: number };
}

/** What stands at an image's beginning. */
export interface VolumeDescriptors {
  readonly primary: VolumeDescriptor;
  readonly joliet: VolumeDescriptor | undefined;
  /** Whether UDF's recognition sequence is there too (ECMA-167 2/8.3): the files may be in UDF alone. */
  readonly udf: boolean;
}

const TYPE = { primary: 1, supplementary: 2, terminator: 255 } as const;

/** Reads the volume descriptors. Throws IsoError when this is no ISO 9660 image. */
export async function readDescriptors(source: ByteSource): Promise<VolumeDescriptors> {
  let primary: VolumeDescriptor | undefined;
  let joliet: VolumeDescriptor | undefined;
  let udf = false;
  for (let index = 0; index < MAX_DESCRIPTORS; index++) {
    const sector = FIRST_DESCRIPTOR + index;
    if ((sector + 1) * SECTOR > source.size) break;
    const bytes = await readRun(source, sector * SECTOR, SECTOR);
    const id = bytes.toString("latin1", 1, 6);
    if (id === "NSR02" || id === "NSR03") udf = true;
    else if (id === "CD001") {
      const type = bytes[0];
      if (type === TYPE.primary) primary ??= decodeDescriptor(bytes, sector, false);
      if (type === TYPE.supplementary && isJoliet(bytes)) joliet ??= decodeDescriptor(bytes, sector, true);
    } else if (id !== "BEA01" && id !== "TEA01" && id !== "BOOT2" && id !== "CDW02") break;
  }
  if (!primary) throw new IsoError("not-iso", "this is no ISO 9660 image");
  return { primary, joliet, udf };
}

/** UCS-2 levels 1 to 3, and not the bit that says "registered elsewhere" (Joliet specification). */
function isJoliet(bytes: Buffer): boolean {
  return ["%/@", "%/C", "%/E"].includes(bytes.toString("latin1", 88, 91));
}

function decodeDescriptor(bytes: Buffer, sector: number, joliet: boolean): VolumeDescriptor {
  const blockSize = bytes.readUInt16LE(128);
  if (blockSize !== 512 && blockSize !== 1024 && blockSize !== 2048) {
    throw new IsoError("damaged", `a logical block size of ${blockSize} bytes`);
  }
  const text = (start: number, end: number) =>
    textOf(bytes.subarray(start, end), joliet).replace(/[\0 ]+$/, "");
  return {
    sector,
    joliet,
    systemId: text(8, 40),
    label: text(40, 72),
    publisher: text(318, 446),
    preparer: text(446, 574),
    application: text(574, 702),
    blockSize,
    blocks: bytes.readUInt32LE(80),
    root: { block: bytes.readUInt32LE(158) + (bytes[157] ?? 0), length: bytes.readUInt32LE(166) },
    pathTables: { little: bytes.readUInt32LE(140), big: bytes.readUInt32BE(148) },
  };
}

/** Text in the tree's own encoding: UCS-2 in big endian in Joliet, bytes elsewhere. */
export function textOf(bytes: Buffer, joliet: boolean): string {
  if (!joliet) return bytes.toString("latin1");
  return Buffer.from(bytes.subarray(0, bytes.length & ~1))
    .swap16()
    .toString("utf16le");
}
