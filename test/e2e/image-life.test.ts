import type { ChildProcess } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { findAccelerator } from "../../src/demo/accelerator.ts";
import type { CloudImage } from "../../src/demo/cloud-image.ts";
import { demoConfig, MACHINE, SERVER_WITH_PREFIX } from "../../src/demo/demo-config.ts";
import { endProcess, PrivateNetwork } from "../../src/demo/namespace.ts";
import { Vm } from "../../src/demo/vm.ts";
import { describeIf } from "../support/require.ts";
import { BOOT_LAB_NEEDS, Running } from "./support/boot-lab.ts";
import { IMAGE_DEADLINE, sharedImage } from "./support/shared-image.ts";
import { type Event, Timeline } from "./support/timeline.ts";
import { type Compared, WireRecord } from "./support/wire-record.ts";

const CLI = resolve("dist/cli/main.js");
const GIB = 1024 ** 3;
/** Milliseconds for one leg of a machine's way: many times that of an idle host. */
const DEADLINE = 12 * 60_000;

type Firmware = "bios" | "uefi";

/** A machine on a wire with the daemon, from its first boot on. */
class Life {
  readonly name: string;
  readonly folder: string;
  readonly network: PrivateNetwork;
  readonly vm: Vm;
  readonly #firmware: Firmware;
  readonly #config: string;
  #daemon: Running | undefined;
  #follower: ChildProcess | undefined;
  #timeline: Timeline | undefined;
  #starts = 0;
  #records = 0;

  private constructor(firmware: Firmware, folder: string, network: PrivateNetwork, vm: Vm) {
    this.name = `image-life-${firmware}`;
    this.#firmware = firmware;
    this.folder = folder;
    this.network = network;
    this.vm = vm;
    this.#config = join(folder, "bootwire.yaml");
  }

  static async live(
    firmware: Firmware,
    image: CloudImage,
    body: (life: Life) => Promise<void>,
  ): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), "bootwire-life-"));
    const network = await PrivateNetwork.create({ address: SERVER_WITH_PREFIX });
    const vm = await Vm.create({
      hardware: { name: MACHINE.name, mac: MACHINE.mac, firmware },
      network,
      accelerator: await findAccelerator(),
      folder: join(folder, "vm"),
      diskSize: 3 * GIB,
    });
    const life = new Life(firmware, folder, network, vm);
    try {
      await writeFile(life.#config, demoConfig({ bridge: network.bridge, image }));
      await life.command("init");
      await life.serve();
      await body(life);
    } catch (error) {
      await life.#keepEvidence();
      throw error;
    } finally {
      await vm.stop();
      await life.#stopFollowing();
      await network.close();
      await rm(folder, { recursive: true, force: true });
    }
  }

  get timeline(): Timeline {
    if (!this.#timeline) throw new Error("the daemon was not started");
    return this.#timeline;
  }

  /** How often something is on the timeline. */
  count(kind: string): number {
    return this.timeline.events.filter((event) => event.kind === kind).length;
  }

  /** The n-th event of a kind, of the past or to come; `wanted` narrows it. */
  async event(kind: string, times = 1, wanted: (event: Event) => boolean = () => true): Promise<Event> {
    return this.timeline.first(
      `${kind} (time ${times})`,
      (event) => {
        if (event.kind !== kind || !wanted(event)) return false;
        const all = this.timeline.events.filter((other) => other.kind === kind && wanted(other));
        return all.indexOf(event) + 1 >= times;
      },
      DEADLINE,
    );
  }

  /** The installed system asks for an address after its n-th start from its own disk. */
  async ownDisk(times: number): Promise<void> {
    const local = await this.event("boot.local", times);
    await this.event(
      "dhcp.ack",
      1,
      (event) => event.id > local.id && event.text.includes("asks for an address only"),
    );
  }

  /** Runs a command of the CLI on the daemon's side of the wire. */
  command(...args: string[]): Promise<string> {
    return this.network.run(process.execPath, [CLI, ...args, "--config", this.#config]);
  }

  /** Lets something happen, and asserts that `explain` says what went over the wire meanwhile. */
  async asExplained(happen: () => Promise<void>): Promise<Compared> {
    const record = await WireRecord.start(this.network, join(this.folder, `wire-${++this.#records}.pcap`));
    await happen();
    const booted = { machine: MACHINE.name, firmware: this.#firmware };
    return record.expectExplained(booted, (...args) => this.command(...args));
  }

  /** `bootwire serve`, as its unit would start it. */
  async serve(): Promise<void> {
    this.#starts++;
    const log = join(this.folder, `daemon-${this.#starts}.log`);
    const args = [CLI, "serve", "--config", this.#config];
    this.#daemon = new Running(
      "daemon",
      await this.network.spawn(process.execPath, args, { stdio: ["pipe", "pipe", "pipe"] }),
      log,
    );
    await this.#daemon.printed(/^Bootwire serves/);
    if (!this.#follower) await this.#follow();
  }

  /** Ends the daemon in the hardest way. */
  async kill(): Promise<void> {
    if (!this.#daemon) throw new Error("the daemon does not run");
    const pid = Number(await readFile(join(this.folder, "state", "lock.pid"), "utf8"));
    const gone = new Promise((end) => this.#daemon?.process.once("exit", end));
    process.kill(pid, "SIGKILL");
    await gone;
  }

  /** Removes what the daemon remembers, while it is off, and starts it again. */
  async loseState(): Promise<void> {
    await this.kill();
    await this.#stopFollowing();
    await rm(join(this.folder, "state"), { recursive: true });
    await this.serve();
  }

  async #follow(): Promise<void> {
    const args = [CLI, "events", "--follow", "--json", "--limit", "2000", "--config", this.#config];
    this.#follower = await this.network.spawn(process.execPath, args, {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#timeline = new Timeline(this.#follower);
  }

  async #stopFollowing(): Promise<void> {
    if (this.#follower) await endProcess(this.#follower);
    this.#follower = undefined;
  }

  async #keepEvidence(): Promise<void> {
    const kept = resolve("artifacts", this.name);
    await mkdir(kept, { recursive: true });
    const picture = await this.vm.screenshot().catch(() => undefined);
    if (picture !== undefined) await copyFile(picture, join(kept, "screen.png"));
    await writeFile(join(kept, "serial.log"), await this.vm.serial());
    await writeFile(join(kept, "timeline.txt"), this.#timeline?.text() ?? "the daemon was not started");
    for (let n = 1; n <= this.#starts; n++) {
      await copyFile(join(this.folder, `daemon-${n}.log`), join(kept, `daemon-${n}.log`)).catch(
        () => undefined,
      );
    }
    console.error(`what is known of the failed test is in ${kept}`);
  }
}

const NEEDS = { ...BOOT_LAB_NEEDS, commands: [...BOOT_LAB_NEEDS.commands, "tshark"], root: true };

describeIf(NEEDS, "a VM with a blank disk", () => {
  let image: CloudImage;

  beforeAll(async () => {
    image = await sharedImage();
  }, IMAGE_DEADLINE);

  test.concurrent(
    "SeaBIOS: installs itself though the daemon is killed meanwhile, boots its own disk, and installs again when told to, once",
    async () => {
      await Life.live("bios", image, async (life) => {
        const install = await life.asExplained(async () => {
          await life.vm.start();
          await life.event("attempt.progress", 1, (event) => Number(event.data?.["percent"]) >= 5);
        });
        expect(install).toMatchObject({
          loaders: [],
          scripts: [`${MACHINE.mac.replaceAll(":", "-")}.ipxe`],
          answers: ["meta-data", "network-config", "user-data"],
        });
        // Offer and ACK: of the ROM, and of the installer.
        expect(install.dhcp).toBeGreaterThanOrEqual(4);
        await life.kill();
        await life.serve();
        await life.event("attempt.done");
        await life.event("machine.booted");
        expect((await life.event("machine.report")).data).toMatchObject({
          hostname: MACHINE.name,
          users: MACHINE.user,
        });
        await life.ownDisk(1);
        expect(life.count("attempt.began")).toBe(1);

        const later = await life.asExplained(async () => {
          await life.vm.reset();
          await life.ownDisk(2);
        });
        expect(later).toMatchObject({ loaders: [], scripts: install.scripts, answers: [] });
        expect(life.count("attempt.began")).toBe(1);

        await life.command("reinstall", MACHINE.name);
        await life.vm.reset();
        await life.event("attempt.done", 2);
        await life.event("machine.booted", 2);
        expect(life.count("attempt.began")).toBe(2);
        await life.vm.reset();
        await life.ownDisk(4);
        expect(life.count("attempt.began")).toBe(2);
      });
    },
    4 * DEADLINE,
  );

  test.concurrent(
    "OVMF: installs itself, boots its own disk, and is not installed again by a daemon that lost its state",
    async () => {
      await Life.live("uefi", image, async (life) => {
        const install = await life.asExplained(async () => {
          await life.vm.start();
          await life.event("attempt.progress");
        });
        expect(install).toMatchObject({
          loaders: ["ipxe.efi"],
          scripts: [`${MACHINE.mac.replaceAll(":", "-")}.ipxe`],
          answers: ["meta-data", "network-config", "user-data"],
        });
        await life.event("attempt.done");
        await life.event("machine.booted");
        expect((await life.event("machine.report")).data).toMatchObject({
          hostname: MACHINE.name,
          users: MACHINE.user,
        });
        await life.ownDisk(1);

        const later = await life.asExplained(async () => {
          await life.vm.reset();
          await life.ownDisk(2);
        });
        expect(later).toMatchObject({
          loaders: ["grubx64.efi", "shimx64.efi"],
          scripts: ["grub.cfg", `grub.cfg-01-${MACHINE.mac.replaceAll(":", "-")}`],
          answers: [],
        });
        expect(life.count("attempt.began")).toBe(1);

        await life.loseState();
        await life.vm.reset();
        const local = await life.event("boot.local");
        expect(local.text).toContain("own disk");
        await life.ownDisk(1);
        expect(life.count("attempt.began")).toBe(0);
      });
    },
    4 * DEADLINE,
  );
});
