import { realpath, stat } from "node:fs/promises";
import { join as joinNames, sep } from "node:path";
import { BootwireError } from "../errors.ts";
import type { IsoEntry } from "../iso9660/directory.ts";
import { IsoError } from "../iso9660/source.ts";
import { type Content, openComposed, openFileContent } from "./content.ts";
import { type ContentPath, type JoinedPart, parseContentPath } from "./content-path.ts";
import { FileChanged, stampOf } from "./file-stamp.ts";
import { IsoShelf, type ShelvedIso } from "./iso-shelf.ts";
import { join } from "./joined.ts";
import type { Composed, Piece } from "./piece.ts";
import { proxmoxIso } from "./proxmox-iso.ts";

/** Where the bytes of a content path are. */
export type Located =
  /** A file as it lies on the disk. */
  | { readonly kind: "file"; readonly path: string }
  /** Pieces of files and of memory: something inside an ISO, or put together. */
  | ({ readonly kind: "composed" } & Composed)
  /** A folder inside an ISO. */
  | { readonly kind: "folder"; readonly entries: readonly IsoEntry[] }
  | { readonly kind: "missing"; readonly reason: string };

/** What a content path leads to, open for reading. */
export type Opened =
  | { readonly kind: "content"; readonly content: Content }
  | Extract<Located, { kind: "folder" | "missing" }>;

/** Files that the product brings with it (loaders, the image installer), by the name behind `assets/`. */
export interface AssetFiles {
  path(name: string): string | undefined;
}

/** What can be served, by content path (`content-path.ts` tells them all). The same names work over HTTP and TFTP. */
export class Catalogue {
  readonly #assets: AssetFiles;
  readonly #mediaFolder: () => string;
  readonly #isos = new IsoShelf();

  constructor(assets: AssetFiles, mediaFolder: () => string) {
    this.#assets = assets;
    this.#mediaFolder = mediaFolder;
  }

  /**
   * Finds a content path. Never leads out of the media folder, by `..` or by a symbolic link. Rejects with
   * BW_MEDIA_UNREADABLE for an ISO that is damaged, and with BW_MEDIA_TOO_LARGE.
   */
  async locate(contentPath: string): Promise<Located> {
    const path = parseContentPath(contentPath);
    if (!path) return missing(`not a content path: ${contentPath}`);
    try {
      return await this.#locate(path);
    } catch (error) {
      if (error instanceof IsoError) throw unreadable(contentPath, error);
      throw error;
    }
  }

  /** Opens a content path for reading; what was opened is to be closed. Rejects as `locate` does. */
  async open(contentPath: string): Promise<Opened> {
    try {
      return await this.#open(contentPath);
    } catch (error) {
      // Replaced just now: the new file has other pieces.
      if (error instanceof FileChanged) return this.#open(contentPath);
      throw error;
    }
  }

  /** The ISO of a path in the media folder, to look into; `undefined` when there is none. */
  async iso(path: string): Promise<ShelvedIso | undefined> {
    const file = await this.#inMedia(path);
    return file.kind === "file" ? this.#isos.open(file.path) : undefined;
  }

  async #open(contentPath: string): Promise<Opened> {
    const located = await this.locate(contentPath);
    switch (located.kind) {
      case "folder":
      case "missing":
        return located;
      case "composed":
        return { kind: "content", content: await openComposed(located) };
      case "file":
        try {
          return { kind: "content", content: await openFileContent(located.path) };
        } catch (error) {
          if (isMissing(error)) return missing(`no file: ${contentPath}`);
          throw error;
        }
    }
  }

  async #locate(path: ContentPath): Promise<Located> {
    if (path.kind !== "join") return this.#locateSingle(path);
    const sources = [];
    for (const part of path.parts) {
      const composed = await this.#composed(part);
      if ("reason" in composed) return composed;
      sources.push({ ...composed, name: nameOf(part), as: part.as });
    }
    return { kind: "composed", ...join(sources) };
  }

  async #locateSingle(path: JoinedPart["content"]): Promise<Located> {
    switch (path.kind) {
      case "asset": {
        const file = this.#assets.path(path.name);
        return file === undefined
          ? missing(`no asset of that name: assets/${path.name}`)
          : { kind: "file", path: file };
      }
      case "media":
        return this.#inMedia(path.path);
      case "proxmox-iso": {
        const iso = await this.iso(path.iso);
        if (!iso) return missing(`not an ISO in the media folder: ${path.iso}`);
        return { kind: "composed", ...(await proxmoxIso(iso, path.answerUrl)) };
      }
    }
  }

  /** A part of a joined content as pieces. */
  async #composed(part: JoinedPart): Promise<Composed | Extract<Located, { kind: "missing" }>> {
    const located = await this.#locateSingle(part.content);
    switch (located.kind) {
      case "missing":
      case "composed":
        return located;
      case "folder":
        return missing(`a folder: ${nameOf(part)}`);
      case "file": {
        const { path } = located;
        const stats = await stat(path, { bigint: true });
        if (!stats.isFile()) return missing(`no file: ${nameOf(part)}`);
        return {
          pieces: [{ kind: "file", path, offset: 0, length: Number(stats.size) }],
          stamps: new Map([[path, stampOf(stats)]]),
        };
      }
    }
  }

  async #inMedia(relative: string): Promise<Located> {
    if (relative.split("/").some((part) => part === ".." || part.includes("\0"))) {
      return missing(`not allowed in a path: ${relative}`);
    }
    const root = await realOrMissing(this.#mediaFolder());
    if (root === undefined) return missing("there is no media folder");
    const names = relative.split("/").filter((part) => part !== "" && part !== ".");
    const wantsFolder = relative.endsWith("/");
    // The longest part of the path that is there: all of it, or an ISO that the rest leads into.
    for (let length = names.length; length > 0; length--) {
      const path = await realOrMissing(joinNames(root, ...names.slice(0, length)));
      if (path === undefined) continue;
      if (!path.startsWith(root + sep)) return missing(`leads out of the media folder: ${relative}`);
      if (length === names.length && !wantsFolder) return { kind: "file", path };
      const iso = await this.#isos.open(path);
      if (!iso) break;
      return inIso(iso, names.slice(length).join("/"), relative);
    }
    return missing(`not in the media folder: ${relative}`);
  }
}

async function inIso(iso: ShelvedIso, inside: string, relative: string): Promise<Located> {
  const entry = await iso.reader.find(inside);
  if (entry?.kind === "directory") return { kind: "folder", entries: await iso.reader.list(entry) };
  if (entry?.kind !== "file") return missing(`not inside the ISO: ${relative}`);
  const { path, stamp, source } = iso;
  if (entry.extents.some(({ offset, length }) => offset + length > source.size)) {
    throw new IsoError("damaged", `the ISO ends before ${inside} does: it was not fetched to its end`);
  }
  const pieces = entry.extents.map((extent): Piece => ({ kind: "file", path, ...extent }));
  return { kind: "composed", pieces, stamps: new Map([[path, stamp]]) };
}

function nameOf({ content }: JoinedPart): string {
  switch (content.kind) {
    case "asset":
      return content.name;
    case "media":
      return content.path;
    case "proxmox-iso":
      return content.iso;
  }
}

async function realOrMissing(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function missing(reason: string): Extract<Located, { kind: "missing" }> {
  return { kind: "missing", reason };
}

function unreadable(contentPath: string, error: IsoError): BootwireError {
  return new BootwireError(
    "BW_MEDIA_UNREADABLE",
    `${contentPath} cannot be read: ${error.message}`,
    "Compare the ISO's SHA-256 with the one that its makers publish, and fetch it again.",
    { cause: error },
  );
}

function isMissing(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    (error.code === "ENOENT" ||
      error.code === "ENOTDIR" ||
      error.code === "EISDIR" ||
      error.code === "ENAMETOOLONG")
  );
}
