import type { ChildProcess } from "node:child_process";
import { createWriteStream } from "node:fs";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import { findAccelerator } from "../../../src/demo/accelerator.ts";
import { endProcess, PrivateNetwork } from "../../../src/demo/namespace.ts";
import { Vm } from "../../../src/demo/vm.ts";
import type { VmHardware } from "../../../src/demo/vm-arguments.ts";
import type { Slots } from "../image-installer/lab.ts";
import { type Event, Timeline } from "./timeline.ts";

/** What a test with a VM, the built daemon and a wire needs. */
export const BOOT_LAB_NEEDS = {
  namespaces: true,
  commands: ["qemu-system-x86_64", "ip", "setpriv", "tcpdump"],
  packages: ["ovmf", "ipxe-qemu"],
  files: ["dist/cli/main.js", ".cache/boot-assets/manifest.json"],
} as const;

/** The daemon's address on the wire of every lab (each lab is a network of its own). */
export const SERVER = "10.77.0.1";
export const CIDR = "10.77.0.0/24";
/** The daemon gives addresses, as the only server on the wire. */
export const SERVER_MODE = { mode: "server", subnets: [{ cidr: CIDR, pool: "10.77.0.100-10.77.0.199" }] };

/** Milliseconds that a machine may take from being switched on to what is waited for: many times that of an idle host. */
export const BOOT_DEADLINE = 8 * 60_000;

const CLI = resolve("dist/cli/main.js");
const START_DEADLINE = 60_000;
/** Everything that belongs to the finding of a boot file; the transfers themselves have ports of their own. */
const CAPTURED = "udp port 67 or udp port 68 or udp port 69 or udp port 4011 or arp or icmp or icmp6";
const DISK_SIZE = 256 * 1024 * 1024;

/** The config of a lab, as in bootwire.yaml. */
export type LabConfig = Readonly<Record<string, unknown>>;

/**
 * A wire of its own with the shipped daemon on it, everything on the wire recorded, and VMs to plug in. What is there to
 * find out why a test failed is kept in `artifacts/<name>/`.
 */
export class BootLab {
  readonly network: PrivateNetwork;
  readonly #folder: string;
  readonly #name: string;
  readonly #files = new Map<string, string>();
  readonly #vms: Vm[] = [];
  #timeline: Timeline | undefined;
  #follower: ChildProcess | undefined;
  #wire: Running | undefined;

  private constructor(name: string, folder: string, network: PrivateNetwork) {
    this.#name = name;
    this.#folder = folder;
    this.network = network;
  }

  /** Runs a test's body in a lab when there is a slot free for it, and removes the lab. */
  static async use(name: string, slots: Slots, body: (lab: BootLab) => Promise<void>): Promise<void> {
    await slots.take();
    try {
      await BootLab.#use(name, body);
    } finally {
      slots.giveBack();
    }
  }

  static async #use(name: string, body: (lab: BootLab) => Promise<void>): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), "bootwire-lab-"));
    const network = await PrivateNetwork.create({ address: `${SERVER}/24` });
    const lab = new BootLab(name, folder, network);
    try {
      await lab.#record();
      await body(lab);
    } catch (error) {
      await lab.#keepEvidence();
      throw error;
    } finally {
      for (const vm of lab.#vms) await vm.stop();
      // Before the daemon, whose end it would complain of.
      if (lab.#follower) await endProcess(lab.#follower);
      await network.close();
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** `bootwire init`, then `bootwire serve` until it serves, and from then on the timeline. */
  async serve(config: LabConfig): Promise<void> {
    const path = this.#config;
    // JSON is YAML.
    await writeFile(path, JSON.stringify({ interface: this.network.bridge, ...config }));
    await this.command("init");
    const daemon = await this.start("daemon", process.execPath, [CLI, "serve", "--config", path]);
    await daemon.printed(/^Bootwire serves/);
    const command = [CLI, "events", "--follow", "--json", "--config", path];
    const follower = await this.network.spawn(process.execPath, command, {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#follower = follower;
    this.#timeline = new Timeline(follower);
  }

  /** Runs `bootwire <args> --config …` to its end, beside the daemon, and returns what it printed. */
  command(...args: string[]): Promise<string> {
    return this.network.run(process.execPath, [CLI, ...args, "--config", this.#config]);
  }

  get #config(): string {
    return this.path("bootwire.yaml");
  }

  /** A path in the lab's own folder. */
  path(name: string): string {
    return join(this.#folder, name);
  }

  get timeline(): Timeline {
    if (!this.#timeline) throw new Error("the daemon was not started");
    return this.#timeline;
  }

  /** Switches a VM on; its disk is blank, but for what `prepare` does to the file. */
  async boot(
    hardware: VmHardware,
    prepare:
      | { readonly size: number; readonly write?: (disk: string) => Promise<void> }
      | undefined = undefined,
  ): Promise<Vm> {
    const folder = join(this.#folder, hardware.name);
    const accelerator = await findAccelerator();
    const diskSize = prepare?.size ?? DISK_SIZE;
    const vm = await Vm.create({ hardware, network: this.network, accelerator, folder, diskSize });
    this.#vms.push(vm);
    for (const name of ["serial.log", "qemu.log"]) this.#files.set(name, join(folder, name));
    await prepare?.write?.(vm.disk);
    await vm.start();
    return vm;
  }

  /** Waits for an event of that kind on the timeline. An attempt that fails ends the waiting for anything else. */
  async event(kind: string, deadline = BOOT_DEADLINE): Promise<Event> {
    const ends = (event: Event) => event.kind === kind || event.kind === "attempt.failed";
    const found = await this.timeline.first(kind, ends, deadline);
    if (found.kind !== kind)
      throw new Error(`no ${kind}: ${found.text}. The timeline:\n${this.timeline.text()}`);
    return found;
  }

  /** Starts a program on the wire; its output is evidence, and can be waited for. */
  async start(name: string, command: string, args: readonly string[]): Promise<Running> {
    const path = join(this.#folder, `${name}.log`);
    this.#files.set(`${name}.log`, path);
    const child = await this.network.spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
    return new Running(name, child, path);
  }

  /** Everything that was on the wire until now, in the words of tcpdump. */
  get wire(): Running {
    if (!this.#wire) throw new Error("the wire is not recorded yet");
    return this.#wire;
  }

  async #record(): Promise<void> {
    const file = join(this.#folder, "wire.pcap");
    // Immediate: what is written is there when somebody reads it, not a second later.
    const options = ["-i", this.network.bridge, "--immediate-mode", "-Z", "root", "-U", "-w", file];
    this.#wire = await this.start("wire", "tcpdump", [...options, "--print", "-l", "-n", "-v", CAPTURED]);
    await this.#wire.printed(/listening on/);
    this.#files.set("wire.pcap", file);
  }

  async #keepEvidence(): Promise<void> {
    const kept = resolve("artifacts", this.#name);
    await mkdir(kept, { recursive: true });
    for (const vm of this.#vms) {
      const picture = await vm.screenshot().catch(() => undefined);
      if (picture !== undefined) await copyFile(picture, join(kept, `${vm.name}.png`));
    }
    await writeFile(join(kept, "timeline.txt"), this.#timeline?.text() ?? "the daemon was not started");
    for (const [name, path] of this.#files) await copyFile(path, join(kept, name)).catch(() => undefined);
    console.error(`what is known of the failed test is in ${kept}`);
  }
}

/** A program on the wire whose output goes to a file. */
export class Running {
  readonly process: ChildProcess;
  readonly #name: string;
  readonly #lines: string[] = [];
  readonly #watchers = new Set<() => void>();

  constructor(name: string, process: ChildProcess, log: string) {
    this.process = process;
    this.#name = name;
    const both = new PassThrough();
    for (const stream of [process.stdout, process.stderr]) stream?.pipe(both, { end: false });
    process.once("close", () => both.end());
    both.pipe(createWriteStream(log));
    createInterface(both).on("line", (line) => {
      this.#lines.push(line);
      for (const watcher of this.#watchers) watcher();
    });
  }

  /** All that it has printed. */
  text(): string {
    return this.#lines.join("\n");
  }

  /** Waits for so many lines that it prints, or has printed. */
  async printed(pattern: RegExp, times = 1, deadline = START_DEADLINE): Promise<void> {
    const found = () => this.#lines.filter((line) => pattern.test(line)).length >= times;
    if (found()) return;
    await new Promise<void>((done, reject) => {
      const settle = (error?: Error) => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        this.process.off("exit", onExit);
        if (error) reject(error);
        else done();
      };
      const failed = (how: string) =>
        settle(new Error(`${this.#name} ${how}:\n${this.#lines.slice(-30).join("\n")}`));
      const onExit = () => failed("ended");
      const look = () => found() && settle();
      const timer = setTimeout(() => failed(`did not print ${pattern} ${times} times`), deadline);
      this.#watchers.add(look);
      this.process.once("exit", onExit);
    });
  }
}
