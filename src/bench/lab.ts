import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Addresses of a lab: a /16, so that tens of thousands of leases fit. */
export const SERVER_ADDRESS = "10.99.0.1";
export const CLIENT_ADDRESS = "10.99.0.2";
/** The interfaces in the two namespaces. */
export const SERVER_INTERFACE = "srv0";
export const CLIENT_INTERFACE = "cli0";

/** A server that runs in the lab. */
export interface Running {
  readonly pid: number;
  stop(): Promise<void>;
}

/** Two network namespaces with a wire between them, and a folder for what the servers write. Needs root. */
export class Lab {
  readonly folder: string;
  readonly #server: string;
  readonly #client: string;

  constructor(name: string) {
    this.folder = mkdtempSync(join(tmpdir(), `bootwire-bench-${name}-`));
    this.#server = `bw-bench-${process.pid}-s`;
    this.#client = `bw-bench-${process.pid}-c`;
    try {
      ip("netns", "add", this.#server);
      ip("netns", "add", this.#client);
      ip(
        "link",
        "add",
        SERVER_INTERFACE,
        "netns",
        this.#server,
        "type",
        "veth",
        "peer",
        CLIENT_INTERFACE,
        "netns",
        this.#client,
      );
      const ends = [
        [this.#server, SERVER_INTERFACE, SERVER_ADDRESS],
        [this.#client, CLIENT_INTERFACE, CLIENT_ADDRESS],
      ] as const;
      for (const [namespace, device, address] of ends) {
        ip("-n", namespace, "addr", "add", `${address}/16`, "dev", device);
        ip("-n", namespace, "link", "set", "lo", "up");
        ip("-n", namespace, "link", "set", device, "up");
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Runs a client to its end and returns what it printed, whatever its exit code. */
  client(command: string, args: readonly string[]): string {
    return run("ip", ["netns", "exec", this.#client, command, ...args]);
  }

  /** Runs something beside the server to its end. Throws when it fails. */
  prepare(command: string, args: readonly string[]): void {
    const { status, stderr, stdout } = spawnSync("ip", ["netns", "exec", this.#server, command, ...args], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed (${status}): ${stdout}${stderr}`);
  }

  /** Starts a server; what it prints goes to `<name>.log` in the lab's folder. */
  async serve(name: string, command: string, args: readonly string[]): Promise<Running> {
    const log = join(this.folder, `${name}.log`);
    const file = openSync(log, "w");
    const child = spawn("ip", ["netns", "exec", this.#server, command, ...args], {
      stdio: ["ignore", file, file],
    });
    await once(child, "spawn");
    const { pid } = child;
    if (pid === undefined) throw new Error(`${command} has no process id`);
    return { pid, stop: () => stop(child, name, log) };
  }

  /** Takes everything away again. Safe to call twice. */
  close(): void {
    for (const namespace of [this.#server, this.#client]) spawnSync("ip", ["netns", "del", namespace]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Ends a server kindly, and after ten seconds for good. One that had died before is an error with its last words. */
async function stop(child: ChildProcess, name: string, log: string): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) {
    throw new Error(`${name} died during the run:\n${readFileSync(log, "utf8").slice(-2000)}`);
  }
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const patience = new AbortController();
  const timer = sleep(10_000, "late", { signal: patience.signal }).catch(() => "stopped");
  if ((await Promise.race([exited, timer])) === "late") {
    child.kill("SIGKILL");
    await exited;
  }
  patience.abort();
}

function ip(...args: readonly string[]): void {
  const { status, stderr } = spawnSync("ip", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`ip ${args.join(" ")}: ${stderr}`);
}

function run(command: string, args: readonly string[]): string {
  const { stdout, stderr, error } = spawnSync(command, args, {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error) throw error;
  return stdout + stderr;
}
