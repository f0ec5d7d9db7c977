import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { eventSchema } from "../api/events.ts";
import type { ApiEvent } from "../api-types.ts";
import { endProcess, type PrivateNetwork } from "./namespace.ts";

/** The command line of this build. */
const CLI = fileURLToPath(new URL("../cli/main.js", import.meta.url));
/** The line that says that everything listens. */
const SERVING = /^Bootwire serves/;
/** How long the daemon may take until it serves, in milliseconds. */
const START_DEADLINE = 120_000;

/** The real daemon, run as an admin would, inside of a private network. */
export class DaemonProcess {
  readonly #network: PrivateNetwork;
  readonly #configPath: string;
  readonly #child: ChildProcess;

  private constructor(network: PrivateNetwork, configPath: string, child: ChildProcess) {
    this.#network = network;
    this.#configPath = configPath;
    this.#child = child;
  }

  /** `bootwire init`, which makes the state. */
  static async initialise(network: PrivateNetwork, configPath: string): Promise<void> {
    await network.run(process.execPath, [CLI, "init", "--config", configPath]);
  }

  /** `bootwire serve`; resolves once it serves. Its log is appended to `log`. Rejects when it ends before. */
  static async start(network: PrivateNetwork, configPath: string, log: string): Promise<DaemonProcess> {
    const file = await open(log, "a");
    const args = [CLI, "serve", "--config", configPath];
    const child = await network.spawn(process.execPath, args, { stdio: ["ignore", "pipe", file.fd] });
    const write = (line: string) => file.write(`${line}\n`).then(() => undefined);
    try {
      await serving(child, write, log);
    } catch (error) {
      await endProcess(child);
      throw error;
    }
    child.once("close", () => void file.close());
    return new DaemonProcess(network, configPath, child);
  }

  /** Resolves when it has ended, for whatever reason. */
  async ended(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, "exit");
  }

  /** Ends it orderly. */
  async stop(): Promise<void> {
    await endProcess(this.#child);
  }

  /** What happens to a machine, from its beginning on, until the signal says enough. */
  async *events(machine: string, signal: AbortSignal): AsyncGenerator<ApiEvent> {
    const args = [
      CLI,
      "events",
      machine,
      "--follow",
      "--json",
      "--limit",
      "2000",
      "--config",
      this.#configPath,
    ];
    const follower = await this.#network.spawn(process.execPath, args, {
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (!follower.stdout) throw new TypeError("the follower's output goes elsewhere");
    const end = () => void endProcess(follower);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
    try {
      for await (const line of createInterface(follower.stdout)) yield eventSchema.parse(JSON.parse(line));
    } finally {
      signal.removeEventListener("abort", end);
      await endProcess(follower);
    }
  }
}

/** Waits until the daemon says that it serves, and keeps its output flowing after that. */
async function serving(
  child: ChildProcess,
  write: (line: string) => Promise<void>,
  log: string,
): Promise<void> {
  const { stdout } = child;
  if (!stdout) throw new TypeError("the daemon's output goes elsewhere");
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`the daemon is not ready yet, see ${log}`)),
      START_DEADLINE,
    );
    const onExit = () => reject(new Error(`the daemon has ended, see ${log}`));
    child.once("exit", onExit);
    createInterface(stdout).on("line", (line) => {
      // What cannot be logged any more is no reason to stop.
      write(line).catch(() => undefined);
      if (!SERVING.test(line)) return;
      clearTimeout(timer);
      child.off("exit", onExit);
      resolve();
    });
    child.once("exit", () => clearTimeout(timer));
  });
}
