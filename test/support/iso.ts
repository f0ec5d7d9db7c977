import { execFileSync } from "node:child_process";
import { createHash, type Hash } from "node:crypto";
import { closeSync, fstatSync, openSync, read } from "node:fs";
import { mkdir, readdir, readFile, readlink, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { IsoEntry } from "../../src/iso9660/directory.ts";
import type { GraftPart } from "../../src/iso9660/graft.ts";
import { type ByteSource, readRun } from "../../src/iso9660/source.ts";

/** Which names xorriso gives an image, as its own arguments. */
export const NAMINGS = {
  "Rock Ridge": ["-rockridge", "on", "-joliet", "off"],
  "Rock Ridge and Joliet": ["-rockridge", "on", "-joliet", "on"],
  Joliet: ["-rockridge", "off", "-joliet", "on"],
  neither: ["-rockridge", "off", "-joliet", "off"],
} as const;

/** Makes an image of a folder with xorriso; `args`: settings of its own, before the folder is read. */
export function makeIso(iso: string, folder: string, args: readonly string[]): void {
  xorriso("-outdev", iso, ...args, "-map", folder, "/", "-commit");
}

/** Unpacks an image with xorriso. `args`: settings before the image is read (`-read_fs`, `norock`). */
export function extractIso(iso: string, target: string, args: readonly string[] = []): void {
  xorriso(...args, "-osirrox", "on:auto_chmod_on", "-indev", iso, "-extract", "/", target);
  execFileSync("chmod", ["-R", "u+rwX", target]);
}

/** Runs xorriso with arguments of its own. Throws when it fails. */
export function xorriso(...args: readonly string[]): void {
  execFileSync("xorriso", ["-abort_on", "FAILURE", "-report_about", "FAILURE", ...args], { stdio: "pipe" });
}

/** Writes files (text or bytes) and links (`->target`) below a folder. */
export async function writeTree(
  folder: string,
  files: Readonly<Record<string, string | Buffer>>,
): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(folder, path, ".."), { recursive: true });
    if (typeof content === "string" && content.startsWith("->"))
      await symlink(content.slice(2), join(folder, path));
    else await writeFile(join(folder, path), content);
  }
}

/** Path → SHA-256 of every file below a folder, `->target` of every link. */
export async function treeOf(folder: string): Promise<Map<string, string>> {
  const tree = new Map<string, string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const full = join(entry.parentPath, entry.name);
    const path = full.slice(folder.length + 1);
    if (entry.isSymbolicLink()) tree.set(path, `->${await readlink(full)}`);
    else if (entry.isFile()) tree.set(path, sha256(await readFile(full)));
  }
  return tree;
}

export function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Bytes in memory as an image. */
export function memorySource(bytes: Buffer): ByteSource {
  return {
    size: bytes.length,
    read: (target, position) => Promise.resolve(bytes.copy(target, 0, position)),
  };
}

/** A file as an image; `close` it. */
export function fileSource(path: string): ByteSource & { close(): void } {
  const fd = openSync(path, "r");
  return {
    size: fstatSync(fd).size,
    read: (target, position) =>
      new Promise((resolve, reject) => {
        read(fd, target, 0, target.length, position, (error, count) =>
          error ? reject(error) : resolve(count),
        );
      }),
    close: () => closeSync(fd),
  };
}

/** SHA-256 of a file on an image, read where its extents say. */
export async function hashOf(source: ByteSource, entry: IsoEntry): Promise<string> {
  const hash: Hash = createHash("sha256");
  const buffer = Buffer.alloc(1 << 20);
  for (const { offset, length } of entry.extents) {
    for (let done = 0; done < length; ) {
      const view = buffer.subarray(0, Math.min(buffer.length, length - done));
      const got = await source.read(view, offset + done);
      if (got === 0) throw new Error(`${entry.name} ends too early`);
      hash.update(view.subarray(0, got));
      done += got;
    }
  }
  return hash.digest("hex");
}

/** The bytes of an image that is given as runs of another one. */
export async function assemble(source: ByteSource, parts: readonly GraftPart[]): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (const part of parts) {
    if (part.kind === "bytes") pieces.push(part.bytes);
    else pieces.push(await readRun(source, part.offset, part.length));
  }
  return Buffer.concat(pieces);
}
