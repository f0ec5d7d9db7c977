import { execFile } from "node:child_process";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { BootwireError } from "../errors.ts";

const run = promisify(execFile);

/** Longest that any one command may take, in milliseconds. */
const DEADLINE = 10 * 60 * 1000;

/** What we serve is for x86 machines, whatever this one is. */
const ARCHITECTURE = "amd64";

/** A package file that was downloaded. */
export interface PackageFile {
  readonly name: string;
  readonly version: string;
  readonly path: string;
}

/** Downloads Debian packages as the machine's own apt is set up; installs nothing and needs no rights. */
export class Apt {
  readonly #folder: string;
  readonly #note: (text: string) => void;
  #options: readonly string[];
  #isPrivate = false;

  /** `folder`: where apt may keep what it needs beside the packages. `note` is told what is going on. */
  constructor(folder: string, note: (text: string) => void) {
    this.#folder = folder;
    this.#note = note;
    this.#options = [
      // Downloading as another user would need that user's right to write here.
      ...["-o", "APT::Sandbox::User="],
      ...["-o", "Acquire::Retries=3", "-o", "Acquire::http::Timeout=60", "-o", "Acquire::https::Timeout=60"],
    ];
  }

  /** Whether apt and dpkg are there at all. */
  static async isAvailable(): Promise<boolean> {
    try {
      await run("apt-get", ["--version"], { timeout: DEADLINE });
      await run("dpkg-deb", ["--version"], { timeout: DEADLINE });
      return true;
    } catch {
      return false;
    }
  }

  /** The name of the package that a meta-package of the kernel depends on now. Throws BW_ASSETS_DOWNLOAD. */
  async kernelPackage(metaPackage: string): Promise<string> {
    return this.#withFreshLists(async () => {
      const { stdout } = await this.#apt("apt-cache", ["show", "--no-all-versions", metaPackage]);
      const name = /^Depends:.*?\b(linux-image-\d[^\s,(]*)/m.exec(stdout)?.[1];
      if (name === undefined) throw new Error(`${metaPackage} names no kernel package`);
      return name;
    });
  }

  /** Downloads packages into `folder`. Throws BW_ASSETS_DOWNLOAD. */
  async download(names: readonly string[], folder: string): Promise<readonly PackageFile[]> {
    await mkdir(folder, { recursive: true });
    this.#note(`downloading ${names.join(", ")}`);
    await this.#withFreshLists(() =>
      this.#apt("apt-get", ["download", ...names.map((name) => `${name}:${ARCHITECTURE}`)], folder),
    );
    const files: PackageFile[] = [];
    for (const file of (await readdir(folder)).sort()) {
      if (!file.endsWith(".deb")) continue;
      const path = join(folder, file);
      const { stdout } = await run("dpkg-deb", ["--showformat", "${Package}\t${Version}", "--show", path], {
        timeout: DEADLINE,
      });
      const [name = "", version = ""] = stdout.trim().split("\t");
      files.push({ name, version, path });
    }
    const absent = names.filter((name) => !files.some((file) => file.name === name));
    if (absent.length > 0) throw downloadFailed(new Error(`apt did not download ${absent.join(", ")}`));
    return files;
  }

  /**
   * Tries with the machine's own package lists; where they are missing or out of date, fetches lists of our own once
   * and tries again.
   */
  async #withFreshLists<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      if (this.#isPrivate) throw downloadFailed(error);
    }
    try {
      await this.#fetchLists();
      return await action();
    } catch (error) {
      throw downloadFailed(error);
    }
  }

  async #fetchLists(): Promise<void> {
    this.#note("fetching package lists of our own, since the machine's are missing or out of date");
    const lists = join(this.#folder, "lists");
    const cache = join(this.#folder, "cache");
    await mkdir(join(lists, "partial"), { recursive: true });
    await mkdir(join(cache, "archives", "partial"), { recursive: true });
    this.#isPrivate = true;
    this.#options = [
      ...this.#options,
      ...["-o", `Dir::State::Lists=${lists}`, "-o", `Dir::Cache=${cache}`],
      ...["-o", `APT::Architecture=${ARCHITECTURE}`, "-o", `APT::Architectures=${ARCHITECTURE}`],
    ];
    await this.#apt("apt-get", ["update"]);
  }

  async #apt(command: string, args: readonly string[], cwd = this.#folder): Promise<{ stdout: string }> {
    return run(command, [...this.#options, ...args], { cwd, timeout: DEADLINE, maxBuffer: 64 << 20 });
  }
}

/** Unpacks a package file without installing it. Throws BW_ASSETS_DOWNLOAD. */
export async function unpackPackage(file: PackageFile, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  try {
    await run("dpkg-deb", ["--extract", file.path, folder], { timeout: DEADLINE });
  } catch (error) {
    throw downloadFailed(error);
  }
}

function downloadFailed(error: unknown): BootwireError {
  if (error instanceof BootwireError) return error;
  const output = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
  return new BootwireError(
    "BW_ASSETS_DOWNLOAD",
    `the boot loaders' Debian packages could not be had: ${output || (error instanceof Error ? error.message : error)}`,
    "Check the network and apt's sources (apt-get update), then run: node dist/assets/main.js fetch",
    { cause: error },
  );
}
