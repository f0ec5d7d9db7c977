import { realpath } from "node:fs/promises";
import { join, sep } from "node:path";

/** Where the bytes of a content path are. */
export type Located =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "missing"; readonly reason: string };

/** Files that the product brings with it (loaders, the image installer), by the name behind `assets/`. */
export interface AssetFiles {
  path(name: string): string | undefined;
}

/**
 * What can be served, by content path: `media/<path>` is a file of the media folder, `assets/<name>` one of the
 * product's own. The same names work over HTTP and TFTP.
 */
export class Catalogue {
  readonly #assets: AssetFiles;
  readonly #mediaFolder: () => string;

  constructor(assets: AssetFiles, mediaFolder: () => string) {
    this.#assets = assets;
    this.#mediaFolder = mediaFolder;
  }

  /** Finds a content path. Never leads out of the media folder, by `..` or by a symbolic link. */
  async locate(contentPath: string): Promise<Located> {
    if (contentPath.startsWith("assets/")) {
      const path = this.#assets.path(contentPath.slice("assets/".length));
      return path === undefined ? missing(`no asset of that name: ${contentPath}`) : { kind: "file", path };
    }
    if (contentPath.startsWith("media/")) return this.#inMedia(contentPath.slice("media/".length));
    return missing(`not a content path: ${contentPath}`);
  }

  async #inMedia(relative: string): Promise<Located> {
    if (relative.split("/").some((part) => part === ".." || part.includes("\0"))) {
      return missing(`not allowed in a path: ${relative}`);
    }
    try {
      const root = await realpath(this.#mediaFolder());
      const path = await realpath(join(root, relative));
      if (!path.startsWith(root + sep)) return missing(`leads out of the media folder: ${relative}`);
      return { kind: "file", path };
    } catch (error) {
      if (isMissing(error)) return missing(`not in the media folder: ${relative}`);
      throw error;
    }
  }
}

function missing(reason: string): Located {
  return { kind: "missing", reason };
}

function isMissing(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    (error.code === "ENOENT" || error.code === "ENOTDIR" || error.code === "ENAMETOOLONG")
  );
}
