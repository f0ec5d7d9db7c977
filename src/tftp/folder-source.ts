import { readdir, realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { ErrorCode } from "./packet.ts";
import type { TftpContent, TftpRequest, TftpSource } from "./source.ts";

/** Entries of one folder that a case-insensitive look-up reads at most. */
const MAX_ENTRIES = 10_000;

/**
 * The parts of a file name below a root, as clients spell it: backslashes as slashes, leading slashes dropped, `.` and
 * `..` resolved. `undefined` for one that leads out of the root, or that no file can have.
 */
export function normalizeName(filename: string): readonly string[] | undefined {
  if (filename.includes("\0")) return undefined;
  const parts: string[] = [];
  for (const part of filename.replaceAll("\\", "/").split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.length > 0 ? parts : undefined;
}

/**
 * Serves the files below one folder, read-only, and nothing outside it: not by `..`, not by an absolute name, not by a
 * symbolic link that leads out.
 */
export class FolderSource implements TftpSource {
  readonly #root: string;
  readonly #ignoreCase: boolean;

  /** `root`: absolute path; it may appear later. `ignoreCase`: names match whatever their case, exact ones first. */
  constructor(root: string, options: { readonly ignoreCase?: boolean } = {}) {
    this.#root = root;
    this.#ignoreCase = options.ignoreCase ?? false;
  }

  async resolve(request: TftpRequest): Promise<TftpContent> {
    const parts = normalizeName(request.filename);
    if (!parts) return { kind: "error", code: ErrorCode.accessViolation, message: "access violation" };
    try {
      const root = await realpath(this.#root);
      const path = await this.#find(root, parts);
      if (path === undefined) return notFound();
      const prefix = root.endsWith(sep) ? root : root + sep;
      if (!path.startsWith(prefix)) {
        return { kind: "error", code: ErrorCode.accessViolation, message: "access violation" };
      }
      return { kind: "file", path };
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "EACCES" || code === "EPERM") {
        return { kind: "error", code: ErrorCode.accessViolation, message: "access violation" };
      }
      return notFound();
    }
  }

  /** The file without symbolic links, or undefined when there is none. */
  async #find(root: string, parts: readonly string[]): Promise<string | undefined> {
    try {
      return await realpath(join(root, ...parts));
    } catch (error) {
      if (!this.#ignoreCase) throw error;
    }
    let folder = root;
    for (const part of parts) {
      // Never list a folder outside of the root.
      if (folder !== root && !folder.startsWith(root.endsWith(sep) ? root : root + sep)) return undefined;
      const entries = (await readdir(folder)).slice(0, MAX_ENTRIES);
      const lower = part.toLowerCase();
      const entry = entries.includes(part)
        ? part
        : entries.sort().find((name) => name.toLowerCase() === lower);
      if (entry === undefined) return undefined;
      folder = await realpath(join(folder, entry));
    }
    return folder;
  }
}

function notFound(): TftpContent {
  return { kind: "error", code: ErrorCode.notFound, message: "file not found" };
}
