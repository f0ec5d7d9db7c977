import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, test as base, beforeAll, expect } from "vitest";
import { fetchAssets } from "../../src/assets/fetch.ts";
import { prepareAssets } from "../../src/assets/installer-initrd.ts";
import { type Assets, defaultAssetFolder } from "../../src/assets/load.ts";
import { builtInRecipe } from "../../src/assets/recipe.ts";
import type { HostConfig } from "../../src/config/model.ts";
import type { ImageProfile } from "../../src/config/profiles/image.ts";
import { imageInstaller } from "../../src/installers/image.ts";
import { builtInTemplates, loadTemplates, type Templates } from "../../src/templates/templates.ts";
import { describeIf } from "../support/require.ts";
import { imageContext, MAC } from "../unit/installers/context.ts";
import {
  blankDisk,
  type Call,
  debugfs,
  digestOf,
  FakeDaemon,
  fileMedia,
  makeImage,
  pack,
  readDisk,
  readInstalled,
  run,
  Slots,
  scsiDisk,
  Vm,
  type VmOptions,
  virtioDisk,
} from "./image-installer/lab.ts";

const MIB = 1 << 20;
const IMAGE_MIB = 24;
const NOISE = 8 * MIB;
const NEEDS = { commands: ["qemu-system-x86_64", "mke2fs", "debugfs", "mkfs.btrfs", "xz", "zstd", "gzip"] };

/** Two cores are what the tests are made for: more machines at a time would only slow one another down. */
const SLOTS = new Slots(2);

/** What all tests share: the product's own files, and an image to install. */
interface Shared {
  readonly folder: string;
  readonly templates: Templates;
  readonly assets: Assets;
  readonly image: string;
}

interface Wishes {
  readonly disks: readonly string[];
  readonly served?: string;
  readonly profile?: Partial<ImageProfile>;
  readonly host?: Partial<HostConfig>;
  readonly sha256?: string;
  readonly rawSize?: number;
  readonly vm?: Partial<VmOptions>;
}

/** One machine with its own stand-in for the daemon. */
class Lab {
  readonly image: string;
  readonly daemon = new FakeDaemon();
  readonly #folder: string;
  #shared: Shared;
  #vm: Vm | undefined;

  constructor(shared: Shared, folder: string) {
    this.#shared = shared;
    this.#folder = folder;
    this.image = shared.image;
  }

  get templates(): Templates {
    return this.#shared.templates;
  }

  /** Takes an admin's templates folder into account, scripts of the installer included. */
  async overrideTemplates(folder: string): Promise<void> {
    const templates = await loadTemplates(builtInTemplates(), folder);
    const assets = await prepareAssets(defaultAssetFolder(), templates, this.path("cache"));
    this.#shared = { ...this.#shared, templates, assets };
  }

  path(name: string): string {
    return join(this.#folder, name);
  }

  /** Starts a machine with the command line that the product gives it. */
  async install(wishes: Wishes): Promise<Vm> {
    const served = wishes.served ?? this.image;
    const { baseUrl } = this.daemon;
    const context = imageContext({
      baseUrl,
      attemptUrl: `${baseUrl}/a/token`,
      profile: { image: "system.raw", ...wishes.profile },
      ...(wishes.host && { host: wishes.host }),
      image: {
        sha256: wishes.sha256 ?? (await digestOf(served)),
        size: (await stat(served)).size,
        rawSize: wishes.rawSize,
      },
    });
    const installer = imageInstaller(this.#shared.templates);
    this.daemon.answers = installer.answers(context);
    this.daemon.media = fileMedia(served);
    this.#vm = new Vm({
      plan: installer.boot(context),
      assets: this.#shared.assets,
      disks: wishes.disks,
      mac: MAC,
      console: this.path("console.log"),
      ...wishes.vm,
    });
    return this.#vm;
  }

  /** Runs an install to its end, which is to be a success. */
  async installWell(wishes: Wishes): Promise<Vm> {
    const vm = await this.install(wishes);
    await vm.exited;
    expect(this.calls(), await vm.consoleText()).toEqual(["started", "done"]);
    return vm;
  }

  /** Runs an install that is to fail; what it said of that. */
  async installBadly(wishes: Wishes): Promise<Call> {
    const vm = await this.install(wishes);
    await Promise.race([this.daemon.called("failed"), vm.exited]);
    await vm.stop();
    const failure = this.daemon.calls.find((call) => call.name === "failed");
    if (!failure) throw new Error(`the install did not fail: ${await vm.consoleText()}`);
    return failure;
  }

  /** Names of the calls that came, without the many about progress. */
  calls(): readonly string[] {
    return this.daemon.calls.map((call) => call.name).filter((name) => name !== "progress");
  }

  async close(): Promise<void> {
    await this.#vm?.stop();
    await this.daemon.kill();
  }
}

describeIf(NEEDS, "the image installer in a virtual machine", () => {
  let shared: Shared;

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), "bootwire-image-"));
    const note = (text: string) => console.log(text);
    await fetchAssets({ into: defaultAssetFolder(), recipe: builtInRecipe(), force: false, note });
    const templates = await loadTemplates(builtInTemplates(), undefined);
    const assets = await prepareAssets(defaultAssetFolder(), templates, join(folder, "cache"));
    const image = join(folder, "system.raw");
    await makeImage(image, await systemTree(join(folder, "tree")), IMAGE_MIB);
    shared = { folder, templates, assets, image };
  });

  afterAll(() => rm(shared.folder, { recursive: true, force: true }));

  const { concurrent: test } = base.extend<{ lab: Lab }>({
    // biome-ignore lint/correctness/noEmptyPattern: vitest wants to see which other fixtures this one uses.
    lab: async ({}, use) => {
      await SLOTS.take();
      const folder = await mkdtemp(join(shared.folder, "test-"));
      const lab = new Lab(shared, folder);
      try {
        await lab.daemon.listen();
        await use(lab);
      } finally {
        await lab.close();
        await rm(folder, { recursive: true, force: true });
        SLOTS.giveBack();
      }
    },
  });

  test("writes an image onto the only disk, seeds it and says that it is done", async ({ lab }) => {
    const disk = await blankDisk(lab.path("disk.raw"), 256);
    await lab.installWell({ disks: virtioDisk(disk, "d0"), rawSize: IMAGE_MIB * MIB });
    const percents = lab.daemon.calls.flatMap((call) => call.percent ?? []);
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    expect(percents.at(-1)).toBe(97);
    expect(await readDisk(disk, 0, MIB)).toEqual(await readDisk(lab.image, 0, MIB));
    expect(debugfs(disk, "stat /opt/noise")).toContain(`Size: ${NOISE}`);
    const seed = "/var/lib/cloud/seed/nocloud";
    for (const name of ["user-data", "meta-data", "network-config"]) {
      expect(readInstalled(disk, `${seed}/${name}`)).toBe(lab.daemon.answers.get(name)?.body);
    }
    expect(debugfs(disk, `stat ${seed}/user-data`)).toMatch(/Mode:\s+0600/);
    expect(debugfs(disk, `ls ${seed}`)).not.toContain("left-over");
    const settings = "/etc/cloud/cloud.cfg.d";
    expect(readInstalled(disk, `${settings}/zz-bootwire.cfg`)).toContain("datasource_list: [NoCloud");
    expect(debugfs(disk, "ls /etc/cloud")).not.toContain("cloud-init.disabled");
    expect(debugfs(disk, `ls ${settings}`)).not.toContain("no-network.cfg");
    expect(debugfs(disk, `ls ${settings}`)).toContain("kept.cfg");
  });

  test.for([
    ["gz", "gzip"],
    ["xz", "xz"],
  ] as const)("unpacks .%s on the way, onto a SCSI disk", async ([ending, tool], { lab }) => {
    const served = lab.path(`system.raw.${ending}`);
    await pack(tool, lab.image, served);
    const disk = await blankDisk(lab.path("disk.raw"), IMAGE_MIB);
    const profile = { image: `system.raw.${ending}`, seed: "none" } as const;
    await lab.installWell({ served, disks: scsiDisk(disk, "d0"), profile, host: { disk: "/dev/sda" } });
    expect(await digestOf(disk)).toBe(await digestOf(lab.image));
  });

  test("writes an image that is larger than the memory", async ({ lab }) => {
    const large = lab.path("large.raw");
    await copyFile(lab.image, large);
    await truncate(large, 640 * MIB);
    await pack("zstd", large, `${large}.zst`);
    const disk = await blankDisk(lab.path("disk.raw"), 640);
    await lab.installWell({
      served: `${large}.zst`,
      disks: virtioDisk(disk, "d0"),
      profile: { image: "large.raw.zst" },
      vm: { memory: 512 },
    });
    expect(readInstalled(disk, "/etc/os-release")).toContain("A test system");
  });

  test("finds root and /var in the subvolumes of a btrfs", async ({ lab }) => {
    const tree = lab.path("tree");
    await mkdir(join(tree, "root/etc/cloud"), { recursive: true });
    await mkdir(join(tree, "var/lib"), { recursive: true });
    await writeFile(join(tree, "root/etc/os-release"), "ID=fedora\n");
    await writeFile(
      join(tree, "root/etc/fstab"),
      "UUID=1 / btrfs subvol=root 0 0\nUUID=1 /var btrfs subvol=var,noatime 0 0\n",
    );
    const image = await blankDisk(lab.path("fedora.raw"), 128);
    run("mkfs.btrfs", ["-q", "--rootdir", tree, image]);
    await pack("zstd", image, `${image}.zst`);
    const disk = await blankDisk(lab.path("disk.raw"), 160);
    const vm = await lab.installWell({
      served: `${image}.zst`,
      disks: virtioDisk(disk, "d0"),
      profile: { image: "fedora.raw.zst" },
      rawSize: 128 * MIB,
    });
    // Nothing starts from a disk like this one, which is told too.
    expect(await vm.consoleText()).toContain("WARNING: the image has no boot record");
    await mkdir(lab.path("restored"));
    run("btrfs", ["restore", disk, lab.path("restored")]);
    const seeded = join(lab.path("restored"), "var/lib/cloud/seed/nocloud/meta-data");
    expect(await readFile(seeded, "utf8")).toBe(lab.daemon.answers.get("meta-data")?.body);
  });

  test("refuses an image whose SHA-256 is wrong, and leaves nothing that boots", async ({ lab }) => {
    const disk = await blankDisk(lab.path("disk.raw"), IMAGE_MIB);
    const failure = await lab.installBadly({ disks: virtioDisk(disk, "d0"), sha256: "0".repeat(64) });
    expect(lab.calls()).toEqual(["started", "failed"]);
    expect(failure.reason).toMatch(/SHA-256 [0-9a-f]{64} instead of 0{64}/);
    expect(failure.log).toContain("bootwire: FAILED");
    expect(await readDisk(disk, 0, MIB)).toEqual(Buffer.alloc(MIB));
    expect(await readDisk(disk, (IMAGE_MIB - 1) * MIB, MIB)).toEqual(Buffer.alloc(MIB));
  });

  test("refuses a damaged archive", async ({ lab }) => {
    const served = lab.path("damaged.raw.xz");
    await pack("xz", lab.image, served);
    const bytes = await readFile(served);
    bytes.fill(0x55, 2 * MIB, 2 * MIB + 100);
    await writeFile(served, bytes);
    const disk = await blankDisk(lab.path("disk.raw"), IMAGE_MIB);
    const failure = await lab.installBadly({
      served,
      disks: virtioDisk(disk, "d0"),
      profile: { image: "damaged.raw.xz" },
    });
    expect(failure.reason).toMatch(/^cannot unpack the image: .*xz/);
    expect(await readDisk(disk, 0, MIB)).toEqual(Buffer.alloc(MIB));
  });

  test("asks which disk when there are two, and touches neither", async ({ lab }) => {
    const first = await blankDisk(lab.path("first.raw"), 128);
    const second = await blankDisk(lab.path("second.raw"), 64);
    const failure = await lab.installBadly({
      disks: [...virtioDisk(first, "d0"), ...scsiDisk(second, "d1")],
    });
    expect(failure.reason).toContain("several disks");
    expect(failure.reason).toContain("/dev/vda (128 MiB)");
    expect(failure.reason).toMatch(/\/dev\/sda \(64 MiB, QEMU HARDDISK\)/);
  });

  test("takes the disk that the config names", async ({ lab }) => {
    const first = await blankDisk(lab.path("first.raw"), 128);
    const second = await blankDisk(lab.path("second.raw"), 128);
    await lab.installWell({
      disks: [...virtioDisk(first, "d0"), ...virtioDisk(second, "d1")],
      host: { disk: "/dev/vdb" },
    });
    expect(await readDisk(first, 0, MIB)).toEqual(Buffer.alloc(MIB));
    expect(await readDisk(second, 0, MIB)).toEqual(await readDisk(lab.image, 0, MIB));
  });

  test("refuses a disk that is too small, before it writes", async ({ lab }) => {
    const disk = lab.path("disk.raw");
    await writeFile(disk, Buffer.alloc(16 * MIB, "precious"));
    const failure = await lab.installBadly({ disks: virtioDisk(disk, "d0"), rawSize: IMAGE_MIB * MIB });
    expect(failure.reason).toBe(`the image needs ${IMAGE_MIB} MiB, but /dev/vda has 16 MiB`);
    expect(await readDisk(disk, 0, 8)).toEqual(Buffer.from("precious"));
  });

  test("writes nothing when the server does not want the install any more", async ({ lab }) => {
    const disk = lab.path("disk.raw");
    await writeFile(disk, Buffer.alloc(64 * MIB, "precious"));
    lab.daemon.statuses.set("started", 410);
    const failure = await lab.installBadly({ disks: virtioDisk(disk, "d0") });
    expect(failure.reason).toContain("does not want this install");
    expect(await readDisk(disk, 0, 8)).toEqual(Buffer.from("precious"));
  });

  test("starts over when the server dies in the middle of the image and comes back", async ({ lab }) => {
    const disk = await blankDisk(lab.path("disk.raw"), 128);
    const vm = await lab.install({ disks: virtioDisk(disk, "d0") });
    const whole = lab.daemon.media;
    const halfway = new Promise<void>((resolve) => {
      lab.daemon.media = (_request, response) => {
        response.writeHead(200, { "content-length": IMAGE_MIB * MIB });
        createReadStream(lab.image, { end: (IMAGE_MIB / 2) * MIB })
          .on("end", resolve)
          .pipe(response, { end: false });
      };
    });
    await halfway;
    await lab.daemon.kill();
    lab.daemon.media = whole;
    await lab.daemon.listen();
    await vm.exited;
    expect(lab.calls(), await vm.consoleText()).toEqual(["started", "done"]);
    expect(await vm.consoleText()).toContain("the download broke off (try 1)");
    expect(readInstalled(disk, "/etc/os-release")).toContain("A test system");
  });

  test("starts over when nothing comes any more", async ({ lab }) => {
    const scripts = lab.path("templates/image");
    const writing = lab.templates.source("image/write-image.sh").text;
    await mkdir(scripts, { recursive: true });
    await writeFile(join(scripts, "write-image.sh"), writing.replace("STALL=60", "STALL=3"));
    await lab.overrideTemplates(lab.path("templates"));
    const disk = await blankDisk(lab.path("disk.raw"), 64);
    const vm = await lab.install({ disks: virtioDisk(disk, "d0") });
    const whole = lab.daemon.media;
    lab.daemon.media = (_request, response) => {
      response.writeHead(200, { "content-length": IMAGE_MIB * MIB });
      response.write(Buffer.alloc(2 * MIB));
      lab.daemon.media = whole;
    };
    await vm.exited;
    expect(lab.calls(), await vm.consoleText()).toEqual(["started", "done"]);
    expect(await vm.consoleText()).toContain("nothing has come for 3 seconds");
  });

  test("says that an image without cloud-init cannot be seeded", async ({ lab }) => {
    const bare = lab.path("bare.raw");
    await mkdir(lab.path("tree/etc"), { recursive: true });
    await writeFile(lab.path("tree/etc/os-release"), "ID=bare\n");
    await makeImage(bare, lab.path("tree"), 16);
    const disk = await blankDisk(lab.path("disk.raw"), 64);
    const failure = await lab.installBadly({
      served: bare,
      disks: virtioDisk(disk, "d0"),
      vm: { networkCard: "e1000" },
    });
    expect(failure.reason).toContain("no cloud-init");
  });
});

/** Enough of an installed system for the seed: and some bytes that do not compress, so that progress is to be seen. */
async function systemTree(root: string): Promise<string> {
  for (const name of ["etc/cloud/cloud.cfg.d", "var/lib/cloud/seed/nocloud", "opt"])
    await mkdir(join(root, name), { recursive: true });
  await writeFile(join(root, "etc/os-release"), 'ID=test\nPRETTY_NAME="A test system"\n');
  await writeFile(join(root, "etc/fstab"), "# none\n");
  // As Ubuntu's installer leaves a system behind.
  await writeFile(join(root, "etc/cloud/cloud-init.disabled"), "");
  await writeFile(join(root, "etc/cloud/cloud.cfg.d/no-network.cfg"), "network: {config: disabled}\n");
  await writeFile(join(root, "etc/cloud/cloud.cfg.d/kept.cfg"), "ssh_pwauth: false\n");
  await writeFile(join(root, "var/lib/cloud/seed/nocloud/user-data"), "left over from the image\n");
  await writeFile(join(root, "var/lib/cloud/seed/nocloud/left-over"), "too\n");
  await writeFile(join(root, "opt/noise"), randomBytes(NOISE));
  return root;
}
