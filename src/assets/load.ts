import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { BootwireError } from "../errors.ts";
import { hashFile, MANIFEST_NAME, type Manifest, type ManifestFile, readManifest } from "./manifest.ts";

/** A file that the product brings with it. */
export interface Asset {
  /** Absolute path. */
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
  /** The Debian package that it is from, or mainly from. */
  readonly package: string;
  readonly version: string;
}

/** The product's own files by content path (`assets/ipxe.efi`). */
export class Assets {
  readonly files: ReadonlyMap<string, Asset>;

  constructor(files: ReadonlyMap<string, Asset>) {
    this.files = files;
  }

  /** Where the file of that name (the part behind `assets/`) is. */
  path(name: string): string | undefined {
    return this.files.get(`assets/${name}`)?.path;
  }
}

/** Where assets are kept in a clone. */
export function defaultAssetFolder(): string {
  return fileURLToPath(new URL("../../.cache/boot-assets", import.meta.url));
}

/**
 * Reads the folder that `fetchAssets` filled, and checks that every file is there and is what the manifest says.
 * Throws BW_ASSETS_MISSING or BW_ASSETS_DAMAGED.
 */
export async function loadAssets(folder: string): Promise<Assets> {
  const { files } = await verifiedManifest(folder);
  return new Assets(new Map(files.map((file) => [`assets/${file.name}`, assetOf(folder, file)])));
}

/** The manifest of a folder, when everything that it lists is there unchanged. Throws as `loadAssets` does. */
export async function verifiedManifest(folder: string): Promise<Manifest> {
  const manifest = await readManifest(join(folder, MANIFEST_NAME)).catch((error: unknown) => {
    throw unusable("BW_ASSETS_MISSING", `the boot loaders are not in ${folder}`, error);
  });
  for (const file of manifest.files) {
    const path = join(folder, file.name);
    const hash = await hashFile(path).catch((error: unknown) => {
      throw unusable("BW_ASSETS_DAMAGED", `${path} is missing`, error);
    });
    if (hash.digest("hex") !== file.sha256) {
      throw unusable("BW_ASSETS_DAMAGED", `${path} is not what the manifest says`, undefined);
    }
  }
  return manifest;
}

function assetOf(folder: string, file: ManifestFile): Asset {
  return {
    path: resolve(folder, file.name),
    sha256: file.sha256,
    size: file.size,
    package: file.package,
    version: file.version,
  };
}

function unusable(code: string, message: string, cause: unknown): BootwireError {
  return new BootwireError(code, message, "Fetch them: node dist/assets/main.js fetch", { cause });
}
