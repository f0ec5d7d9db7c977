import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
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
  debugfs,
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
const NOISE = 24 * MIB;
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

  const failure = () => daemon.calls.find((call) => call.name === "failed");

  test("writes an image onto the only disk, seeds it and says that it is done", async () => {
    const disk = await blankDisk(join(folder, "disk.raw"), 256);
    const vm = await install({ disks: virtioDisk(disk, "d0"), rawSize: IMAGE_MIB * MIB });
    await vm.exited;
    expect(calls(), await vm.consoleText()).toEqual(["started", "done"]);
    const percents = daemon.calls.flatMap((call) => call.percent ?? []);
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    expect(percents.at(-1)).toBe(97);
    expect(await readDisk(disk, 0, MIB)).toEqual(await readDisk(image, 0, MIB));
    expect(debugfs(disk, "stat /opt/noise")).toContain(`Size: ${NOISE}`);
    const seed = "/var/lib/cloud/seed/nocloud";
    for (const name of ["user-data", "meta-data", "network-config"]) {
      expect(readInstalled(disk, `${seed}/${name}`)).toBe(daemon.answers.get(name)?.body);
    }
    expect(debugfs(disk, `stat ${seed}/user-data`)).toMatch(/Mode:\s+0600/);
    expect(debugfs(disk, `ls ${seed}`)).not.toContain("left-over");
    expect(readInstalled(disk, "/etc/cloud/cloud.cfg.d/99-bootwire.cfg")).toContain(
      "datasource_list: [NoCloud",
    );
  });

  test.each([
    ["gz", "gzip"],
    ["xz", "xz"],
    ["zst", "zstd"],
  ])("unpacks .%s on the way, onto a SCSI disk", async (ending, tool) => {
    const served = join(folder, `system.raw.${ending}`);
    const packed = spawnSync(tool, ["-1", "-c", image], { maxBuffer: 256 * MIB });
    await writeFile(served, packed.stdout);
    const disk = await blankDisk(join(folder, "disk.raw"), IMAGE_MIB);
    const vm = await install({
      served,
      disks: scsiDisk(disk, "d0"),
      profile: { image: `system.raw.${ending}`, seed: "none" },
      host: { disk: "/dev/sda" },
    });
    await vm.exited;
    expect(calls(), await vm.consoleText()).toEqual(["started", "done"]);
    expect(await digestOf(disk)).toBe(await digestOf(image));
  });

  test("refuses an image whose SHA-256 is wrong, and leaves nothing that boots", async () => {
    const disk = await blankDisk(join(folder, "disk.raw"), IMAGE_MIB);
    const vm = await install({ disks: virtioDisk(disk, "d0"), sha256: "0".repeat(64) });
    await daemon.called("failed");
    await vm.stop();
    expect(calls()).toEqual(["started", "failed"]);
    expect(failure()?.reason).toMatch(/SHA-256 [0-9a-f]{64} instead of 0{64}/);
    expect(failure()?.log).toContain("bootwire: FAILED");
    expect(await readDisk(disk, 0, MIB)).toEqual(Buffer.alloc(MIB));
    expect(await readDisk(disk, (IMAGE_MIB - 1) * MIB, MIB)).toEqual(Buffer.alloc(MIB));
  });

  test("asks which disk when there are two, and touches neither", async () => {
    const first = await blankDisk(join(folder, "first.raw"), 128);
    const second = await blankDisk(join(folder, "second.raw"), 64);
    const vm = await install({ disks: [...virtioDisk(first, "d0"), ...scsiDisk(second, "d1")] });
    await daemon.called("failed");
    await vm.stop();
    expect(failure()?.reason).toContain("several disks");
    expect(failure()?.reason).toContain("/dev/vda (128 MiB)");
    expect(failure()?.reason).toMatch(/\/dev\/sda \(64 MiB, QEMU HARDDISK\)/);
  });

  test("takes the disk that the config names", async () => {
    const first = await blankDisk(join(folder, "first.raw"), 128);
    const second = await blankDisk(join(folder, "second.raw"), 128);
    const vm = await install({
      disks: [...virtioDisk(first, "d0"), ...virtioDisk(second, "d1")],
      host: { disk: "/dev/vdb" },
    });
    await vm.exited;
    expect(calls(), await vm.consoleText()).toEqual(["started", "done"]);
    expect(await readDisk(first, 0, MIB)).toEqual(Buffer.alloc(MIB));
    expect(await readDisk(second, 0, MIB)).toEqual(await readDisk(image, 0, MIB));
  });

  test("refuses a disk that is too small, before it writes", async () => {
    const disk = join(folder, "disk.raw");
    await writeFile(disk, Buffer.alloc(32 * MIB, "precious"));
    const vm = await install({ disks: virtioDisk(disk, "d0"), rawSize: IMAGE_MIB * MIB });
    await daemon.called("failed");
    await vm.stop();
    expect(failure()?.reason).toBe(`the image needs ${IMAGE_MIB} MiB, but /dev/vda has 32 MiB`);
    expect(await readDisk(disk, 0, 8)).toEqual(Buffer.from("precious"));
  });

  test("writes nothing when the server does not want the install any more", async () => {
    const disk = join(folder, "disk.raw");
    await writeFile(disk, Buffer.alloc(128 * MIB, "precious"));
    daemon.statuses.set("started", 410);
    const vm = await install({ disks: virtioDisk(disk, "d0") });
    await daemon.called("failed");
    await vm.stop();
    expect(await readDisk(disk, 0, 8)).toEqual(Buffer.from("precious"));
  });

  test("starts over when the server dies in the middle of the image and comes back", async () => {
    const disk = await blankDisk(join(folder, "disk.raw"), 128);
    const vm = await install({ disks: virtioDisk(disk, "d0") });
    const whole = daemon.media;
    const halfway = new Promise<void>((resolve) => {
      daemon.media = (_request, response) => {
        response.writeHead(200, { "content-length": IMAGE_MIB * MIB });
        createReadStream(image, { end: 20 * MIB })
          .on("end", resolve)
          .pipe(response, { end: false });
      };
    });
    await halfway;
    await daemon.kill();
    daemon.media = whole;
    await daemon.listen();
    await vm.exited;
    expect(calls(), await vm.consoleText()).toEqual(["started", "done"]);
    expect(await vm.consoleText()).toContain("the download broke off (try 1)");
    expect(readInstalled(disk, "/etc/os-release")).toContain("A test system");
  });

  test("says that an image without cloud-init cannot be seeded", async () => {
    const bare = join(folder, "bare.raw");
    await mkdir(join(folder, "tree/etc"), { recursive: true });
    await writeFile(join(folder, "tree/etc/os-release"), "ID=bare\n");
    await makeImage(bare, join(folder, "tree"), 16);
    const disk = await blankDisk(join(folder, "disk.raw"), 64);
    const vm = await install({ served: bare, disks: virtioDisk(disk, "d0") });
    await daemon.called("failed");
    await vm.stop();
    expect(failure()?.reason).toContain("no cloud-init");
  });
});

/** Enough of an installed system for the seed: and some bytes that do not compress, so that progress is to be seen. */
async function systemTree(root: string): Promise<string> {
  for (const name of ["etc/cloud", "var/lib/cloud/seed/nocloud", "opt"])
    await mkdir(join(root, name), { recursive: true });
  await writeFile(join(root, "etc/os-release"), 'ID=test\nPRETTY_NAME="A test system"\n');
  await writeFile(join(root, "etc/fstab"), "# none\n");
  await writeFile(join(root, "var/lib/cloud/seed/nocloud/user-data"), "left over from the image\n");
  await writeFile(join(root, "var/lib/cloud/seed/nocloud/left-over"), "too\n");
  await writeFile(join(root, "opt/noise"), randomBytes(NOISE));
  return root;
}
