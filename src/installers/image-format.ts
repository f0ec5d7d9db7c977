/** How a disk image is packed on its way to the machine. */
export type ImageFormat = "raw" | "gz" | "xz" | "zst" | "qcow2";

const ENDINGS: ReadonlyMap<string, ImageFormat> = new Map([
  ["raw", "raw"],
  ["img", "raw"],
  ["gz", "gz"],
  ["xz", "xz"],
  ["zst", "zst"],
  ["qcow2", "qcow2"],
]);

/** The format that a file's ending tells; `undefined` for an ending that no image has. */
export function imageFormat(path: string): ImageFormat | undefined {
  return ENDINGS.get(/\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? "");
}
