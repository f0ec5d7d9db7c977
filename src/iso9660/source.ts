/** Where an image's bytes come from. */
export interface ByteSource {
  /** Bytes in all. */
  readonly size: number;
  /** Reads into the target from a position on; resolves with how many bytes, fewer than asked for only at the end. */
  read(target: Buffer, position: number): Promise<number>;
}

/** A run of bytes of the image. */
export interface IsoExtent {
  readonly offset: number;
  readonly length: number;
}

/**
 * Why an image, or something in it, cannot be read: `not-iso` no ISO 9660 at all; `damaged` it contradicts itself or
 * ends too early; `unsupported` a form that is not read here; `limit` larger or deeper than any honest image.
 */
export type IsoErrorKind = "not-iso" | "damaged" | "unsupported" | "limit";

/** The only error that reading an image throws by itself; what the source throws passes through. */
export class IsoError extends Error {
  readonly kind: IsoErrorKind;

  constructor(kind: IsoErrorKind, message: string) {
    super(message);
    this.name = "IsoError";
    this.kind = kind;
  }
}

/** Reads exactly that run. Throws IsoError when the image does not hold it. */
export async function readRun(source: ByteSource, offset: number, length: number): Promise<Buffer> {
  if (offset < 0 || offset + length > source.size) {
    throw new IsoError("damaged", `the image ends before byte ${offset + length}: it has ${source.size}`);
  }
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const got = await source.read(bytes.subarray(done), offset + done);
    if (got <= 0) throw new IsoError("damaged", `the image could not be read at byte ${offset + done}`);
    done += got;
  }
  return bytes;
}
