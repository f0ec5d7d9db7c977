import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { BootwireError } from "../errors.ts";
import { Apt, type PackageFile, unpackPackage } from "./apt.ts";
import { baseInitrd } from "./base-initrd.ts";
import { selectModules } from "./kernel-modules.ts";
import { verifiedManifest } from "./load.ts";
import { MANIFEST_NAME, type Manifest, type ManifestFile, type ManifestPackage, sha256 } from "./manifest.ts";
import { collectLibraries, openModuleTree, pickByPrefix, pickFile } from "./package-tree.ts";
import { type Recipe, readRecipe } from "./recipe.ts";

/** Names of what the image installer boots, below `assets/`. */
export const KERNEL_NAME = "installer/linux";
export const BASE_INITRD_NAME = "installer/base.cpio.gz";

export interface FetchOptions {
  /** Folder to fill; it is replaced as a whole. */
  readonly into: string;
  /** Path of the recipe (`boot-assets/packages.yaml`). */
  readonly recipe: string;
  /** Fetch even when everything is there. */
  readonly force: boolean;
  /** Told what is going on, in sentences for people. */
  readonly note: (text: string) => void;
}

/**
 * Brings boot loaders, the image installer's kernel and its base initrd into a folder, with a manifest of where they are
 * from. A folder that is complete and made by the same recipe is left as it is; anything else is replaced in one step.
 * Resolves with whether anything was fetched. Throws BW_ASSETS_NO_APT, BW_ASSETS_DOWNLOAD or BW_ASSETS_PACKAGE.
 */
export async function fetchAssets(options: FetchOptions): Promise<boolean> {
  const into = resolve(options.into);
  const { recipe, digest } = await readRecipe(options.recipe);
  if (!options.force && (await isComplete(into, digest))) return false;
  if (!(await Apt.isAvailable())) {
    await adopt(into, recipe, digest);
    return true;
  }
  await mkdir(dirname(into), { recursive: true });
  const work = await mkdtemp(join(dirname(into), `.${basename(into)}-`));
  try {
    const made = join(work, "made");
    await make(recipe, digest, work, made, options.note);
    // The old folder goes aside first: a rename replaces no folder that has something in it.
    await rename(into, join(work, "old")).catch((error: unknown) => {
      if (!isAbsent(error)) throw error;
    });
    await rename(made, into);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return true;
}

async function isComplete(folder: string, digest: string): Promise<boolean> {
  try {
    return (await verifiedManifest(folder)).recipe === digest;
  } catch (error) {
    if (error instanceof BootwireError) return false;
    throw error;
  }
}

async function make(
  recipe: Recipe,
  digest: string,
  work: string,
  into: string,
  note: (text: string) => void,
): Promise<void> {
  const { installer } = recipe;
  const apt = new Apt(work, note);
  const kernel = await apt.kernelPackage(installer.kernel);
  const sources = [...recipe.loaders, ...installer.programs];
  const names = [...new Set([kernel, ...sources.map((source) => source.package), ...installer.libraries])];
  const downloaded = await apt.download(names, join(work, "packages"));
  const packages = new Map(downloaded.map((file) => [file.name, file]));
  note("unpacking");
  for (const file of downloaded) await unpackPackage(file, join(work, "unpacked", file.name));

  const files: ManifestFile[] = [];
  const put = async (name: string, bytes: Buffer, packageName: string, from?: string): Promise<void> => {
    await mkdir(dirname(join(into, name)), { recursive: true });
    await writeFile(join(into, name), bytes);
    const version = packages.get(packageName)?.version ?? "";
    files.push({
      name,
      sha256: sha256(bytes),
      size: bytes.length,
      package: packageName,
      version,
      ...(from !== undefined && { from }),
    });
  };
  const root = (name: string) => join(work, "unpacked", name);

  for (const source of recipe.loaders) {
    for (const [name, candidates] of Object.entries(source.files)) {
      const { from, bytes } = await pickFile(root(source.package), candidates);
      await put(name, bytes, source.package, from);
    }
  }
  const linux = await pickByPrefix(root(kernel), "boot", "vmlinuz-");
  await put(KERNEL_NAME, linux.bytes, kernel, linux.from);
  note("assembling the image installer's initrd");
  await put(BASE_INITRD_NAME, await makeBaseInitrd(recipe, kernel, root, note), kernel);

  const manifest: Manifest = {
    format: 1,
    recipe: digest,
    packages: await describePackages(downloaded),
    files,
  };
  await writeFile(join(into, MANIFEST_NAME), `${JSON.stringify(manifest, null, 2)}\n`);
}

async function makeBaseInitrd(
  recipe: Recipe,
  kernel: string,
  root: (name: string) => string,
  note: (text: string) => void,
): Promise<Buffer> {
  const { installer } = recipe;
  const programs = new Map<string, Buffer>();
  let busybox = "busybox";
  for (const source of installer.programs) {
    for (const [name, candidates] of Object.entries(source.files)) {
      const { from, bytes } = await pickFile(root(source.package), candidates);
      programs.set(name, bytes);
      if (name === "bin/busybox") busybox = join(root(source.package), from);
    }
  }
  const tree = await openModuleTree(root(kernel), busybox);
  const modules = await selectModules(tree, installer.modules);
  if (modules.absent.length > 0)
    note(`kernel ${tree.kernelVersion} has no module ${modules.absent.join(", ")}`);
  return baseInitrd({
    kernelVersion: tree.kernelVersion,
    modules,
    builtIn: tree.builtIn,
    programs,
    libraries: await collectLibraries(programs.values(), installer.libraries.map(root)),
  });
}

async function describePackages(files: readonly PackageFile[]): Promise<ManifestPackage[]> {
  return Promise.all(
    files.map(async ({ name, version, path }) => ({ name, version, sha256: sha256(await readFile(path)) })),
  );
}

/** Without apt: takes what an admin has put into the folder, if it is all there. Throws BW_ASSETS_NO_APT. */
async function adopt(folder: string, recipe: Recipe, digest: string): Promise<void> {
  const names = [
    ...recipe.loaders.flatMap((source) => Object.keys(source.files)),
    KERNEL_NAME,
    BASE_INITRD_NAME,
  ];
  const absent: string[] = [];
  for (const name of names) await access(join(folder, name)).catch(() => absent.push(name));
  if (absent.length > 0) throw noApt(folder, absent, recipe);
  const files: ManifestFile[] = [];
  for (const name of names) {
    const bytes = await readFile(join(folder, name));
    files.push({
      name,
      sha256: sha256(bytes),
      size: bytes.length,
      package: "put there by hand",
      version: "",
    });
  }
  const manifest: Manifest = { format: 1, recipe: digest, packages: [], files };
  await writeFile(join(folder, MANIFEST_NAME), `${JSON.stringify(manifest, null, 2)}\n`);
}

function noApt(folder: string, absent: readonly string[], recipe: Recipe): BootwireError {
  const sources = new Map(
    recipe.loaders.flatMap((source) =>
      Object.entries(source.files).map(([name, paths]) => [
        name,
        `/${paths[0]} of Debian's ${source.package}`,
      ]),
    ),
  );
  const lines = absent.map(
    (name) => `  ${name}: ${sources.get(name) ?? "made by this command on a Debian machine"}`,
  );
  return new BootwireError(
    "BW_ASSETS_NO_APT",
    `this machine has no apt to fetch boot loaders with, and these files are not in ${folder}:\n${lines.join("\n")}`,
    "Run `node dist/assets/main.js fetch --into DIR` on a Debian machine and copy DIR's content there (manifest.json " +
      "too), or put the files there by hand under these names and run the command again.",
  );
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
