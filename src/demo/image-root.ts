import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { RECIPE } from "./image-recipe.ts";
import { runTool } from "./tools.ts";

const MINUTE = 60_000;
/** Downloading and unpacking a small Debian. */
const BOOTSTRAP_DEADLINE = 20 * MINUTE;

/**
 * Makes the image's files in a folder: Debian of this machine's own release, from where this machine's apt gets its
 * packages.
 */
export async function makeRoot(root: string, work: string, signal?: AbortSignal): Promise<void> {
  const early = join(work, "early");
  await writeFiles(early, RECIPE.earlyFiles);
  const sources = join(work, "sources.list");
  const { suite, lines } = await aptSources();
  await writeFile(sources, lines);
  // In a mount namespace of its own: what it mounts into the folder is never there for whoever deletes the folder.
  await runTool(
    "unshare",
    [
      ...["--mount", "mmdebstrap"],
      ...["--variant=minbase", "--format=directory", '--aptopt=APT::Install-Recommends "false"'],
      ...RECIPE.excludedPaths.map((path) => `--dpkgopt=path-exclude=${path}`),
      `--include=${[...RECIPE.packages, ...RECIPE.buildPackages].join(",")}`,
      // Late enough for dpkg to be there, early enough for the kernel's initrd.
      `--essential-hook=cp -r '${early}/.' "$1/"`,
      ...[suite, root, sources],
    ],
    { deadline: BOOTSTRAP_DEADLINE, ...(signal && { signal }) },
  );
  await writeFiles(root, RECIPE.files);
  // Made anew by the first boot: two machines must not have the same.
  await writeFile(join(root, "etc/machine-id"), "");
  await inRoot(root, "systemctl", ["enable", ...RECIPE.enabledUnits]);
  await inRoot(root, "systemctl", ["mask", ...RECIPE.maskedUnits]);
}

/** Takes out what was needed for making the boot loaders. */
export async function removeBuildPackages(root: string): Promise<void> {
  await inRoot(root, "apt-get", ["purge", "--yes", "--autoremove", ...RECIPE.buildPackages]);
  await inRoot(root, "apt-get", ["clean"]);
}

/** Runs a program of the image. */
export async function inRoot(root: string, command: string, args: readonly string[]): Promise<string> {
  return await runTool("chroot", [root, command, ...args], { deadline: 5 * MINUTE });
}

/** The release that this machine's apt is set up for, and its archives, as lines of a sources.list. */
export async function aptSources(): Promise<{ readonly suite: string; readonly lines: string }> {
  const release = await runTool("sh", ["-c", '. /etc/os-release && printf %s "$VERSION_CODENAME"']);
  const format = "$(CODENAME) $(COMPONENT) $(REPO_URI)";
  const targets = await runTool("apt-get", ["indextargets", "--format", format, "Created-By: Packages"]);
  const lines = new Set<string>();
  for (const line of targets.split("\n")) {
    const [codename = "", component, uri] = line.split(" ");
    const suites = [release, `${release}-updates`, `${release}-security`];
    if (suites.includes(codename) && component === "main") lines.add(`deb ${uri} ${codename} main`);
  }
  if (![...lines].some((line) => line.endsWith(` ${release} main`)))
    throw new Error(`apt is not set up for the packages of Debian ${release}, which the image is made of`);
  return { suite: release, lines: `${[...lines].join("\n")}\n` };
}

async function writeFiles(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
}
