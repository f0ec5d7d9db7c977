import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { fetchAssets } from "../../src/assets/fetch.ts";
import { prepareAssets } from "../../src/assets/installer-initrd.ts";
import { type Assets, defaultAssetFolder } from "../../src/assets/load.ts";
import { builtInRecipe } from "../../src/assets/recipe.ts";
import type { HostConfig, ImageProfile } from "../../src/config/model.ts";
import { imageInstaller } from "../../src/installers/image.ts";
import { builtInTemplates, loadTemplates, type Templates } from "../../src/templates/templates.ts";
import { describeIf } from "../support/require.ts";
import { imageContext, MAC } from "../unit/installers/context.ts";
import {
  blankDisk,
  digestOf,
  FakeDaemon,
  fileMedia,
  makeImage,
  readDisk,
  readInstalled,
  scsiDisk,
  Vm,
  type VmOptions,
  virtioDisk,
} from "./image-installer/lab.ts";

const MIB = 1 << 20;
const IMAGE_MIB = 64;
const NEEDS = { commands: ["qemu-system-x86_64", "mke2fs", "debugfs", "xz", "zstd", "gzip"] };

describeIf(NEEDS, "the image installer in a virtual machine", () => {
  let shared: string;
  let folder: string;
  let templates: Templates;
  let assets: Assets;
  let image: string;
  let daemon: FakeDaemon;
  let vms: Vm[];

  beforeAll(async () => {
    shared = await mkdtemp(join(tmpdir(), "bootwire-image-"));
    const note = (text: string) => console.log(text);
    await fetchAssets({ into: defaultAssetFolder(), recipe: builtInRecipe(), force: false, note });
    templates = await loadTemplates(builtInTemplates(), undefined);
    assets = await prepareAssets(defaultAssetFolder(), templates, join(shared, "cache"));
    image = join(shared, "system.raw");
    await makeImage(image, await systemTree(join(shared, "tree")), IMAGE_MIB);
  });

  afterAll(() => rm(shared, { recursive: true, force: true }));

  beforeEach(async () => {
    folder = await mkdtemp(join(shared, "test-"));
    vms = [];
    daemon = new FakeDaemon();
    await daemon.listen();
  });

  afterEach(async () => {
    for (const vm of vms) await vm.stop();
    await daemon.kill();
    await rm(folder, { recursive: true, force: true });
  });

  /** Starts a machine with the command line that the product gives it. */
  async function install(changes: {
    readonly disks: readonly string[];
    readonly served?: string;
    readonly profile?: Partial<ImageProfile>;
    readonly host?: Partial<HostConfig>;
    readonly sha256?: string;
    readonly rawSize?: number;
    readonly vm?: Partial<VmOptions>;
  }): Promise<Vm> {
    const served = changes.served ?? image;
    const context = imageContext({
      baseUrl: daemon.baseUrl,
      attemptUrl: `${daemon.baseUrl}/a/token`,
      profile: { image: "system.raw", ...changes.profile },
      ...(changes.host && { host: changes.host }),
      image: {
        sha256: changes.sha256 ?? (await digestOf(served)),
        size: (await stat(served)).size,
        rawSize: changes.rawSize,
      },
    });
    const installer = imageInstaller(templates);
    daemon.answers = installer.answers(context);
    daemon.media = fileMedia(served);
    const vm = new Vm({
      plan: installer.boot(context),
      assets,
      disks: changes.disks,
      mac: MAC,
      console: join(folder, "console.log"),
      ...changes.vm,
    });
    vms.push(vm);
    return vm;
  }

  /** Names of the calls that came, without the many about progress. */
  const calls = () => daemon.calls.map((call) => call.name).filter((name) => name !== "progress");

  test("writes an image onto the only disk, seeds it and says that it is done", async () => {
    const disk = await blankDisk(join(folder, "disk.raw"), 256);
    const vm = await install({ disks: virtioDisk(disk, "d0") });
    await vm.exited;
    console.log(await vm.consoleText());
    expect(calls()).toEqual(["started", "done"]);
    expect(await readDisk(disk, 0, MIB)).toEqual(await readDisk(image, 0, MIB));
    expect(readInstalled(disk, "/var/lib/cloud/seed/nocloud/user-data")).toBe(
      daemon.answers.get("user-data")?.body,
    );
  });
});

/** Enough of an installed system for the seed: and some bytes that do not compress, so that progress is to be seen. */
async function systemTree(root: string): Promise<string> {
  for (const name of ["etc/cloud", "var/lib/cloud/seed/nocloud", "opt"])
    await mkdir(join(root, name), { recursive: true });
  await writeFile(join(root, "etc/os-release"), 'ID=test\nPRETTY_NAME="A test system"\n');
  await writeFile(join(root, "etc/fstab"), "# none\n");
  await writeFile(join(root, "var/lib/cloud/seed/nocloud/user-data"), "left over from the image\n");
  await writeFile(join(root, "opt/noise"), randomBytes(24 * MIB));
  return root;
}
