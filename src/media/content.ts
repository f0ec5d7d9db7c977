import { type FileHandle, open } from "node:fs/promises";

/** Bytes that can be served: of a file, or made up. */
export interface Content {
  readonly size: number;
  /** Changes when the bytes change; for ETag. */
  readonly version: string;
  readonly modifiedAt: Date | undefined;
  read(target: Buffer, position: number): Promise<number>;
  close(): Promise<void>;
}

/** Opens a file for serving. The version that is open now is what is served, whatever happens to its name meanwhile. */
export async function openFileContent(path: string): Promise<Content> {
  const handle = await open(path, "r");
  try {
    return await contentOf(handle);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function contentOf(handle: FileHandle): Promise<Content> {
  const stat = await handle.stat();
  if (!stat.isFile()) throw Object.assign(new Error("not a regular file"), { code: "EISDIR" });
  return {
    size: stat.size,
    version: `${stat.ino.toString(36)}-${stat.size.toString(36)}-${Math.trunc(stat.mtimeMs).toString(36)}`,
    modifiedAt: stat.mtime,
    read: async (target, position) => (await handle.read(target, 0, target.length, position)).bytesRead,
    close: () => handle.close(),
  };
}
