import { dirname, join, resolve } from "node:path";
import { watch } from "chokidar";
import { type LoadedConfig, type LoadResult, loadConfig } from "./load.ts";
import type { PasswordHasher } from "./passwords.ts";
import type { ConfigProblem } from "./problem.ts";

/**
 * How long the file must be quiet before it is read, in milliseconds: editors write in several steps. It must be well
 * above the 50 ms in which chokidar tells of one change only: what it kept to itself is there when the file is read.
 */
const QUIET = 200;

export interface ConfigWatchOptions {
  readonly path: string;
  /** A config that is valid and not what was there before. */
  readonly onConfig: (loaded: LoadedConfig) => void;
  /** A config that cannot be used: whoever watches keeps the one it has. */
  readonly onProblems: (problems: readonly ConfigProblem[]) => void;
  /** The file cannot be watched any longer (or never could). */
  readonly onError: (error: unknown) => void;
  /** Runs `action` once, `milliseconds` from now, unless the returned function is called before. */
  readonly schedule: (action: () => void, milliseconds: number) => () => void;
  /** `digest` of the load whose config is in force; without it the first read is reported in any case. */
  readonly seen?: string;
  /** The one that the first load was given, so that hashes stay as they are. */
  readonly hashPassword: PasswordHasher;
  /** For certificates, which are valid in their time alone. */
  readonly now: () => number;
}

export interface ConfigWatcher {
  /** Reads the file now, changed or not, and calls nobody: the caller gets the result. */
  reload(): Promise<LoadResult>;
  /** Ends watching; no callback comes after it resolved. */
  close(): Promise<void>;
}

/**
 * Watches a config file, and reads it when its content has changed. Resolves when changes are seen from now on; what
 * changed since the load that `seen` tells of is reported too.
 *
 * The folder is watched, not the file alone: editors and configuration management replace a file by renaming another
 * over it, and Kubernetes by switching a symbolic link (`..data`) beside it. The files of `admin.tls` are watched in the
 * same way: a renewed certificate counts as a changed config.
 */
export async function watchConfig(options: ConfigWatchOptions): Promise<ConfigWatcher> {
  const path = resolve(options.path);
  const watched = new Set(namesAround(path));
  const watcher = watch(dirname(path), {
    depth: 0,
    ignoreInitial: true,
    atomic: false,
    ignored: (name) => !watched.has(resolve(name)),
  });
  const reader = new ChangeReader(path, options, (file) => {
    if (watched.has(file)) return;
    for (const name of namesAround(file)) watched.add(name);
    watcher.add(dirname(file));
  });
  watcher.on("error", options.onError);
  watcher.on("all", () => reader.changed());
  await new Promise<void>((ready) => watcher.once("ready", ready));
  // What changed while the watch was being set up made no event.
  reader.changed();
  return {
    reload: () => reader.reload(),
    close: async () => {
      await watcher.close();
      await reader.close();
    },
  };
}

/** What changes when a file is replaced, in whichever way. */
function namesAround(file: string): string[] {
  const folder = dirname(file);
  return [folder, file, join(folder, "..data")];
}

/** Reads the file after a quiet time, one read after the other, and calls back where the content is a new one. */
class ChangeReader {
  readonly #path: string;
  readonly #options: ConfigWatchOptions;
  readonly #alsoWatch: (file: string) => void;
  #seen: string | undefined;
  #cancel: (() => void) | undefined;
  /** The reads, one after the other; never rejects. */
  #reads: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(path: string, options: ConfigWatchOptions, alsoWatch: (file: string) => void) {
    this.#path = path;
    this.#options = options;
    this.#alsoWatch = alsoWatch;
    this.#seen = options.seen;
  }

  changed(): void {
    if (this.#closed) return;
    this.#cancel?.();
    this.#cancel = this.#options.schedule(() => this.#queueRead(), QUIET);
  }

  reload(): Promise<LoadResult> {
    const result = this.#reads.then(() => this.#read());
    this.#reads = result.then(ignore, ignore);
    return result;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    await this.#reads;
  }

  #queueRead(): void {
    this.#reads = this.#reads.then(() => this.#readAndTell()).catch(this.#options.onError);
  }

  async #readAndTell(): Promise<void> {
    if (this.#closed) return;
    const before = this.#seen;
    const result = await this.#read();
    if (this.#closed || result.digest === before) return;
    if (result.ok) this.#options.onConfig(result);
    else this.#options.onProblems(result.problems);
  }

  async #read(): Promise<LoadResult> {
    const { hashPassword, now } = this.#options;
    const result = await loadConfig(this.#path, { hashPassword, now });
    this.#seen = result.digest;
    for (const file of result.files) this.#alsoWatch(file);
    return result;
  }
}

/** A failed reload is its caller's to hear of; the reads after it go on. */
function ignore(): void {
  return;
}
