/** A disk image as it will be served: measured, and converted where that was needed. */
export interface PreparedImage {
  /** SHA-256 (hex) of the bytes as they go over the wire. */
  readonly sha256: string;
  /** Bytes on the wire. */
  readonly size: number;
  /** Bytes on the disk, where that is known without unpacking. */
  readonly rawSize: number | undefined;
}
