import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, open, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Accelerator } from "./accelerator.ts";
import { endProcess, type PrivateNetwork } from "./namespace.ts";
import { findOvmf } from "./ovmf.ts";
import { pngFromPpm } from "./png.ts";
import { Qmp } from "./qmp.ts";
import { findTool } from "./tools.ts";
import { type VmHardware, vmArguments } from "./vm-arguments.ts";

export interface VmOptions {
  readonly hardware: VmHardware;
  readonly network: PrivateNetwork;
  readonly accelerator: Accelerator;
  /** Folder for the disk and everything that the VM leaves: console, screenshots, QEMU's own words. Made if missing. */
  readonly folder: string;
}

/** How often to look for the control socket, and for how long, in milliseconds. */
const LOOK_EVERY = 50;
const START_DEADLINE = 30_000;

/** A virtual machine with a blank disk that boots from the network first. */
export class Vm {
  readonly name: string;
  /** The raw image of its disk. */
  readonly disk: string;
  readonly #folder: string;
  readonly #serial: string;
  readonly #options: VmOptions;
  readonly #tap: string;
  #running: { readonly process: ChildProcess; readonly control: Qmp } | undefined;

  private constructor(options: VmOptions, tap: string) {
    this.#options = options;
    this.#tap = tap;
    this.#folder = options.folder;
    this.name = options.hardware.name;
    this.disk = join(options.folder, "disk.raw");
    this.#serial = join(options.folder, "serial.log");
  }

  /** Makes a VM, switched off. `diskSize` in bytes; the disk is sparse. */
  static async create(options: VmOptions & { readonly diskSize: number }): Promise<Vm> {
    await mkdir(options.folder, { recursive: true });
    const vm = new Vm(options, await options.network.addTap());
    await writeFile(vm.disk, "");
    await truncate(vm.disk, options.diskSize);
    if (options.hardware.firmware === "uefi") {
      const ovmf = findOvmf();
      if (ovmf === undefined) throw new Error("OVMF is not installed (Debian package ovmf)");
      await copyFile(ovmf.variables, vm.#variables);
    }
    return vm;
  }

  /** Not in the VM's own folder: the path of a socket must not be longer than 107 bytes. */
  get #socket(): string {
    return join(tmpdir(), `${this.#options.network.namespace}-${this.#tap}.sock`);
  }

  get #variables(): string {
    return join(this.#folder, "efi-variables.fd");
  }

  /** Switches it on. Disk and firmware variables are as the last run left them. */
  async start(): Promise<void> {
    if (this.#running) throw new Error(`${this.name} is on already`);
    const { hardware, network, accelerator } = this.#options;
    const ovmf = findOvmf();
    const control = this.#socket;
    await rm(control, { force: true });
    const args = vmArguments(hardware, {
      accelerator,
      tap: this.#tap,
      disk: this.disk,
      serial: this.#serial,
      control,
      ovmf: ovmf && { code: ovmf.code, variables: this.#variables },
    });
    const log = await open(join(this.#folder, "qemu.log"), "a");
    try {
      const child = await network.spawn("qemu-system-x86_64", args, { stdio: ["ignore", log.fd, log.fd] });
      this.#running = { process: child, control: await connectTo(control, child, () => this.#lastWords()) };
    } finally {
      await log.close();
    }
  }

  /** Presses the reset button. */
  async reset(): Promise<void> {
    await this.#control.execute("system_reset");
  }

  /** Switches it off, as pulling the plug does. Does nothing when it is off. */
  async stop(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    this.#running = undefined;
    running.control.close();
    await endProcess(running.process);
    // QEMU leaves it where it had to be killed.
    await rm(this.#socket, { force: true });
  }

  /** What the machine wrote to its serial console since it was switched on. */
  async serial(): Promise<string> {
    return await readFile(this.#serial, "utf8").catch(() => "");
  }

  /** Writes what is on its screen to `<name>.png` in its folder and returns the path. */
  async screenshot(name = "screen"): Promise<string> {
    const ppm = join(this.#folder, `${name}.ppm`);
    const png = join(this.#folder, `${name}.png`);
    await this.#control.execute("screendump", { filename: ppm });
    await writeFile(png, pngFromPpm(await readFile(ppm)));
    await rm(ppm);
    return png;
  }

  /** Removes what is large and worth nothing afterwards; console and screenshots stay. The VM must be off. */
  async discardDisk(): Promise<void> {
    for (const path of [this.disk, this.#variables]) await rm(path, { force: true });
  }

  get #control(): Qmp {
    if (!this.#running) throw new Error(`${this.name} is off`);
    return this.#running.control;
  }

  async #lastWords(): Promise<string> {
    return (await readFile(join(this.#folder, "qemu.log"), "utf8").catch(() => "")).slice(-2000);
  }
}

/** What a VM needs of this machine and does not find: one line each. */
export function missingForVm(firmware: "bios" | "uefi"): readonly string[] {
  const missing: string[] = [];
  if (findTool("qemu-system-x86_64") === undefined)
    missing.push("the command qemu-system-x86_64 (Debian package qemu-system-x86)");
  if (firmware === "uefi" && findOvmf() === undefined)
    missing.push("UEFI firmware for VMs (Debian package ovmf)");
  return missing;
}

async function connectTo(path: string, qemu: ChildProcess, words: () => Promise<string>): Promise<Qmp> {
  const died = once(qemu, "exit").then(() => "died" as const);
  const deadline = Date.now() + START_DEADLINE;
  for (;;) {
    try {
      return await Qmp.connect(path);
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    const pause = new Promise<"pause">((resolve) => setTimeout(resolve, LOOK_EVERY, "pause"));
    const early = qemu.exitCode !== null || (await Promise.race([died, pause])) === "died";
    if (early) throw new Error(`QEMU ended at once:\n${await words()}`);
  }
}
