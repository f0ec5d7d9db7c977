import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, rename, stat, writeFile } from "node:fs/promises";
import { z } from "zod";

const ENTRY = z.object({
  size: z.number(),
  mtimeMs: z.number(),
  sha256: z.string().optional(),
  /** SHA-256 of the file that this one was converted from. */
  madeFrom: z.string().optional(),
});
const INDEX = z.record(z.string(), ENTRY);
type Entry = z.output<typeof ENTRY>;

/** SHA-256 of large files, measured once for each version of a file and remembered across restarts. */
export class DigestIndex {
  readonly #path: string;
  #entries: Map<string, Entry> | undefined;
  #writing: Promise<void> = Promise.resolve();

  /** `path`: the JSON file that remembers. It is a cache: without it everything is measured anew. */
  constructor(path: string) {
    this.#path = path;
  }

  /** The SHA-256 (hex) of a file as it is now. Rejects with the file system's error, or when aborted. */
  async sha256(path: string, signal?: AbortSignal): Promise<string> {
    const known = await this.#current(path);
    if (known.sha256 !== undefined) return known.sha256;
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, ...(signal && { signal }) })) {
      hash.update(chunk);
    }
    const sha256 = hash.digest("hex");
    await this.#remember(path, { ...known, sha256 });
    return sha256;
  }

  /** Whether the file is the conversion of the file with that digest, and has not been changed since. */
  async madeFrom(path: string, sourceDigest: string): Promise<boolean> {
    try {
      return (await this.#current(path)).madeFrom === sourceDigest;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
  }

  async noteMadeFrom(path: string, sourceDigest: string): Promise<void> {
    await this.#remember(path, { ...(await this.#current(path)), madeFrom: sourceDigest });
  }

  async #current(path: string): Promise<Entry> {
    const { size, mtimeMs } = await stat(path);
    const entry = (await this.#load()).get(path);
    return entry && entry.size === size && entry.mtimeMs === mtimeMs ? entry : { size, mtimeMs };
  }

  async #load(): Promise<Map<string, Entry>> {
    if (!this.#entries) {
      const entries = new Map(Object.entries(await this.#read()));
      this.#entries ??= entries;
    }
    return this.#entries;
  }

  async #read(): Promise<Record<string, Entry>> {
    try {
      const parsed = INDEX.safeParse(JSON.parse(await readFile(this.#path, "utf8")));
      return parsed.success ? parsed.data : {};
    } catch (error) {
      if (isAbsent(error) || error instanceof SyntaxError) return {};
      throw error;
    }
  }

  async #remember(path: string, entry: Entry): Promise<void> {
    const entries = await this.#load();
    entries.set(path, entry);
    const text = JSON.stringify(Object.fromEntries(entries), null, 1);
    const write = async () => {
      await writeFile(`${this.#path}.partial`, text);
      await rename(`${this.#path}.partial`, this.#path);
    };
    // One writer at a time; a write that failed has told its own caller and does not stop the next.
    this.#writing = this.#writing.then(write, write);
    await this.#writing;
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
