import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { findTool, runTool, type ToolOptions, toolEnvironment } from "./tools.ts";

/** The name says whose it is, so that what a killed run left behind can be told from what is in use. */
const PREFIX = "bootwire-lab";
const BRIDGE = "br0";
/** Where ip keeps a file for each named namespace. */
const NAMESPACES = "/run/netns";
/** How long a process may take to end when asked, in milliseconds. */
const PATIENCE = 10_000;

export interface NetworkOptions {
  /** Address and prefix of the bridge in the namespace: `10.77.0.1/24`. */
  readonly address: string;
}

/**
 * A private network: a namespace of its own with a bridge and no way out. VMs are plugged into it by tap devices, servers
 * run inside of it. Needs root. Whatever was started in it ends with it, and with this process.
 */
export class PrivateNetwork {
  readonly namespace: string;
  /** Name of the bridge inside of the namespace; it carries the address. */
  readonly bridge = BRIDGE;
  readonly #children = new Set<ChildProcess>();
  readonly #onExit: () => void;
  #taps = 0;

  private constructor(namespace: string) {
    this.namespace = namespace;
    this.#onExit = () => this.#closeNow();
    process.once("exit", this.#onExit);
  }

  static async create(options: NetworkOptions): Promise<PrivateNetwork> {
    await removeLeftovers();
    const namespace = `${PREFIX}-${process.pid}-${randomBytes(3).toString("hex")}`;
    await runTool("ip", ["netns", "add", namespace]);
    const network = new PrivateNetwork(namespace);
    try {
      await network.run("ip", ["link", "set", "lo", "up"]);
      await network.run("ip", ["link", "add", BRIDGE, "type", "bridge"]);
      await network.run("ip", ["address", "add", options.address, "dev", BRIDGE]);
      await network.run("ip", ["link", "set", BRIDGE, "up"]);
      return network;
    } catch (error) {
      await network.close();
      throw error;
    }
  }

  /** Makes a tap device that is plugged into the bridge, for one network card of a VM. Returns its name. */
  async addTap(): Promise<string> {
    const name = `tap${this.#taps++}`;
    await this.run("ip", ["tuntap", "add", name, "mode", "tap"]);
    await this.run("ip", ["link", "set", name, "master", BRIDGE]);
    await this.run("ip", ["link", "set", name, "up"]);
    return name;
  }

  /** Runs a program inside to its end and returns what it printed. Rejects when it fails. */
  run(command: string, args: readonly string[], options?: ToolOptions): Promise<string> {
    return runTool("ip", ["netns", "exec", this.namespace, command, ...args], options);
  }

  /**
   * Starts a program inside. `ip` turns itself into the program, so the child's id is the program's. The kernel kills it
   * should this process die.
   */
  async spawn(command: string, args: readonly string[], options: SpawnOptions): Promise<ChildProcess> {
    const inside = ["netns", "exec", this.namespace, "setpriv", "--pdeathsig", "KILL", command, ...args];
    const child = spawn("ip", inside, { ...options, env: options.env ?? toolEnvironment() });
    this.#children.add(child);
    child.once("exit", () => this.#children.delete(child));
    await once(child, "spawn");
    return child;
  }

  /** Ends what still runs inside, and removes the network. */
  async close(): Promise<void> {
    process.off("exit", this.#onExit);
    await Promise.all([...this.#children].map((child) => endProcess(child)));
    await runTool("ip", ["netns", "delete", this.namespace]);
  }

  /** The same where there is no time left to wait. */
  #closeNow(): void {
    for (const child of this.#children) child.kill("SIGKILL");
    spawnSync("ip", ["netns", "delete", this.namespace], { env: toolEnvironment() });
  }
}

/** What a private network needs of this machine and does not find: one line each. */
export function missingForNetwork(): readonly string[] {
  const missing: string[] = [];
  if (process.geteuid?.() !== 0) missing.push("root (run it with sudo)");
  if (findTool("ip") === undefined) missing.push("the command ip (Debian package iproute2)");
  if (findTool("setpriv") === undefined) missing.push("the command setpriv (Debian package util-linux)");
  return missing;
}

/** Asks a process to end, and makes it after ten seconds. Resolves when it has. */
export async function endProcess(child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill(signal);
  const force = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
  await ended;
  clearTimeout(force);
}

/** Removes networks whose makers died without a chance to: their processes died with them. */
async function removeLeftovers(): Promise<void> {
  const listed = await runTool("ip", ["netns", "list"]);
  for (const line of listed.split("\n")) {
    const name = line.split(" ")[0] ?? "";
    const maker = /^bootwire-lab-(\d+)-[0-9a-f]+$/.exec(name)?.[1];
    if (maker !== undefined && !isAlive(Number(maker))) await removeLeftover(name);
  }
}

async function removeLeftover(namespace: string): Promise<void> {
  try {
    await runTool("ip", ["netns", "delete", namespace]);
  } catch (error) {
    // Somebody else who starts at the same time found it too: what is gone needs no removing.
    if (existsSync(join(NAMESPACES, namespace))) throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
