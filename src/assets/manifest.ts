import { createHash, type Hash } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import { z } from "zod";

const PACKAGE = z.object({ name: z.string(), version: z.string(), sha256: z.string() });

const FILE = z.object({
  /** Below `assets/`, and below the folder that the manifest is in. */
  name: z.string(),
  sha256: z.string(),
  size: z.number(),
  /** The Debian package that it is from, or mainly from. */
  package: z.string(),
  version: z.string(),
  /** Path in the package; absent for what was put together from several. */
  from: z.string().optional(),
});

const MANIFEST = z.object({
  format: z.literal(1),
  /** Digest of the recipe that these assets were made by. */
  recipe: z.string(),
  /** Every package that anything was taken from; `sha256` is that of the package file. */
  packages: z.array(PACKAGE),
  files: z.array(FILE),
});

/** `manifest.json` beside the assets: what they are and where they are from. */
export type Manifest = z.output<typeof MANIFEST>;
export type ManifestFile = z.output<typeof FILE>;
export type ManifestPackage = z.output<typeof PACKAGE>;

export const MANIFEST_NAME = "manifest.json";

/** Reads a manifest. Rejects when it is missing or is no manifest. */
export async function readManifest(path: string): Promise<Manifest> {
  return MANIFEST.parse(JSON.parse(await readFile(path, "utf8")));
}

/** SHA-256 in hex. */
export function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Octets that are read at a time. */
const PIECE = 256 * 1024;

/** SHA-256 of a file's content, to go on with. Takes no more memory for a large one. */
export async function hashFile(path: string): Promise<Hash> {
  const file = await open(path);
  try {
    const hash = createHash("sha256");
    const buffer = Buffer.allocUnsafeSlow(PIECE);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, PIECE, null);
      if (bytesRead === 0) return hash;
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}
