import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ApiEvent } from "../api-types.ts";
import { findAccelerator } from "./accelerator.ts";
import { cloudImage } from "./cloud-image.ts";
import { DaemonProcess } from "./daemon-process.ts";
import { demoConfig, MACHINE, SERVER_WITH_PREFIX } from "./demo-config.ts";
import { PrivateNetwork } from "./namespace.ts";
import { eventLine } from "./story.ts";
import { Vm } from "./vm.ts";

const GIB = 1024 ** 3;
const DISK_SIZE = 4 * GIB;

export interface DemoOptions {
  readonly firmware: "bios" | "uefi";
  /** Where what takes long to make is kept for the next time. */
  readonly cache: string;
  /** Where to leave what explains a failure. */
  readonly artifacts: string;
  /** A line for whoever watches. */
  readonly say: (line: string) => void;
  /** Ends the demo early. */
  readonly signal: AbortSignal;
}

/** How the demo ended: the installed system called home, or not. */
export type DemoOutcome =
  | { readonly ok: true; readonly hostname: string; readonly users: string }
  | { readonly ok: false; readonly reason: string };

/** Runs the demo: everything that it makes is gone when this settles, but for the cached image. */
export async function runDemo(options: DemoOptions): Promise<DemoOutcome> {
  const { say, signal } = options;
  const image = await cloudImage(options.cache, say, signal);
  const accelerator = await findAccelerator();
  signal.throwIfAborted();
  const folder = await mkdtemp(join(tmpdir(), "bootwire-demo-"));
  const network = await PrivateNetwork.create({ address: SERVER_WITH_PREFIX });
  let vm: Vm | undefined;
  try {
    const configPath = join(folder, "bootwire.yaml");
    const log = join(folder, "daemon.log");
    await writeFile(configPath, demoConfig({ bridge: network.bridge, image }));
    await DaemonProcess.initialise(network, configPath);
    const daemon = await DaemonProcess.start(network, configPath, log);
    say(`the daemon serves a private network (namespace ${network.namespace})`);
    vm = await Vm.create({
      hardware: { name: MACHINE.name, mac: MACHINE.mac, firmware: options.firmware },
      network,
      accelerator,
      folder: join(folder, "vm"),
      diskSize: DISK_SIZE,
    });
    const firmware = options.firmware === "bios" ? "SeaBIOS" : "OVMF (UEFI)";
    say(`switching on ${MACHINE.name}: ${firmware}, a blank disk of ${DISK_SIZE / GIB} GiB, network first`);
    if (accelerator === "tcg") say("(no KVM here: the VM is emulated, which takes many times longer)");
    await vm.start();
    const outcome = await watch(daemon, say, signal);
    if (!outcome.ok) await keepEvidence(options, vm, log);
    return outcome;
  } catch (error) {
    if (vm && !signal.aborted) await keepEvidence(options, vm, join(folder, "daemon.log"));
    throw error;
  } finally {
    await vm?.stop();
    await network.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Shows the timeline until the installed system has called home, or something has failed. */
async function watch(
  daemon: DaemonProcess,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<DemoOutcome> {
  const enough = new AbortController();
  const gone = daemon.ended().then(() => enough.abort());
  const began = Date.now();
  let report: ApiEvent | undefined;
  for await (const event of daemon.events(MACHINE.name, AbortSignal.any([signal, enough.signal]))) {
    say(eventLine(event, began));
    if (event.kind === "machine.report") report = event;
    if (event.kind === "attempt.failed") return { ok: false, reason: event.text };
    if (event.kind === "machine.booted") {
      const { hostname = "?", users = "?" } = report?.data ?? {};
      return { ok: true, hostname: String(hostname), users: String(users) };
    }
  }
  signal.throwIfAborted();
  await gone;
  return { ok: false, reason: "the daemon has ended" };
}

/** Keeps what explains a failure; whatever cannot be had is left out. */
async function keepEvidence(options: DemoOptions, vm: Vm, log: string): Promise<void> {
  const to = options.artifacts;
  await mkdir(to, { recursive: true });
  const screenshot = await vm.screenshot().catch(() => undefined);
  if (screenshot !== undefined) await copyFile(screenshot, join(to, "screen.png"));
  await writeFile(join(to, "serial.log"), await vm.serial());
  await copyFile(log, join(to, "daemon.log")).catch(() => undefined);
  options.say(`what is known of the failure is in ${to}`);
}
