import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { watch } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Addresses of a lab: a /16, so that tens of thousands of leases fit. */
export const SERVER_ADDRESS = "10.99.0.1";
export const CLIENT_ADDRESS = "10.99.0.2";
/** The interfaces in the two namespaces. */
export const SERVER_INTERFACE = "srv0";
export const CLIENT_INTERFACE = "cli0";

/** A server that runs in the lab. */
export interface Running {
  readonly pid: number;
  /** Everything that it printed so far. */
  output(): string;
  /** Resolves as soon as it has printed this; rejects, with its last words, when it ends before or takes too long. */
  printed(pattern: RegExp): Promise<void>;
  /** Its exit code, once it has ended; null: ended by a signal. */
  readonly ended: Promise<number | null>;
  /** Sends a signal and resolves as `ended` does. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  /** Ends it kindly, and after ten seconds for good. Rejects when it had died before. */
  stop(): Promise<void>;
}

/** How long a server may take to print what was waited for, in milliseconds. */
const PATIENCE = 60_000;

/** Two network namespaces with a wire between them, and a folder for what the servers write. Needs root. */
export class Lab {
  readonly folder: string;
  readonly #server: string;
  readonly #client: string;
  readonly #children = new Set<ChildProcess>();
  readonly #onExit = () => this.close();

  constructor(name: string) {
    this.folder = mkdtempSync(join(tmpdir(), `bootwire-${name}-`));
    const unique = `bw-${name}-${process.pid}`;
    this.#server = `${unique}-s`;
    this.#client = `${unique}-c`;
    process.once("exit", this.#onExit);
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

  /** The command line that runs something in the client's namespace. */
  inClient(command: string, args: readonly string[]): { readonly command: string; readonly args: string[] } {
    return { command: "ip", args: ["netns", "exec", this.#client, command, ...args] };
  }

  /** The command line that runs something in the server's namespace. */
  inServer(command: string, args: readonly string[]): { readonly command: string; readonly args: string[] } {
    return { command: "ip", args: ["netns", "exec", this.#server, command, ...args] };
  }

  /** Runs a client to its end and returns what it printed, whatever its exit code. */
  client(command: string, args: readonly string[]): string {
    const inside = this.inClient(command, args);
    return run(inside.command, inside.args);
  }

  /** Runs a client in the server's namespace, whose way to it is the loopback. Returns what it printed. */
  besideServer(command: string, args: readonly string[]): string {
    const inside = this.inServer(command, args);
    return run(inside.command, inside.args);
  }

  /** Runs something beside the server to its end. Throws when it fails. */
  prepare(command: string, args: readonly string[]): void {
    const inside = this.inServer(command, args);
    const { status, stderr, stdout } = spawnSync(inside.command, inside.args, { encoding: "utf8" });
    if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed (${status}): ${stdout}${stderr}`);
  }

  /** Starts a server; what it prints goes to `<name>.log` in the lab's folder. */
  async serve(name: string, command: string, args: readonly string[]): Promise<Running> {
    const log = join(this.folder, `${name}.log`);
    const file = openSync(log, "w");
    const inside = this.inServer(command, args);
    const child = spawn(inside.command, inside.args, { stdio: ["ignore", file, file] });
    closeSync(file);
    this.#children.add(child);
    const ended = once(child, "exit").then(() => child.exitCode);
    await once(child, "spawn");
    const { pid } = child;
    if (pid === undefined) throw new Error(`${command} has no process id`);
    const output = () => readFileSync(log, "utf8");
    const died = (why: string) => new Error(`${name} ${why}:\n${output().slice(-2000)}`);
    return {
      pid,
      output,
      ended,
      printed: (pattern) => printed(log, pattern, ended, died),
      end: (signal) => {
        child.kill(signal);
        return ended;
      },
      stop: async () => {
        if (child.exitCode !== null || child.signalCode !== null)
          throw died("had ended before it was stopped");
        child.kill("SIGTERM");
        const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
        await ended;
        clearTimeout(timer);
      },
    };
  }

  /** Ends what still runs and takes everything away again. Safe to call twice. */
  close(): void {
    process.off("exit", this.#onExit);
    for (const child of this.#children) child.kill("SIGKILL");
    for (const namespace of [this.#server, this.#client]) spawnSync("ip", ["netns", "del", namespace]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function printed(
  log: string,
  pattern: RegExp,
  ended: Promise<unknown>,
  died: (why: string) => Error,
): Promise<void> {
  const stop = new AbortController();
  let why = `did not print ${String(pattern)} within ${PATIENCE / 1000} s`;
  const timer = setTimeout(() => stop.abort(), PATIENCE);
  void ended.then(() => {
    why = `ended before it printed ${String(pattern)}`;
    stop.abort();
  });
  try {
    const changes = watch(log, { signal: stop.signal });
    // The watcher only starts with its first `next`: what was printed before is looked at after that.
    const first = changes[Symbol.asyncIterator]();
    for (;;) {
      const next = first.next();
      if (pattern.test(readFileSync(log, "utf8"))) {
        stop.abort();
        await next.catch(() => undefined);
        return;
      }
      await next;
    }
  } catch (error) {
    if (stop.signal.aborted) throw died(why);
    throw error;
  } finally {
    clearTimeout(timer);
  }
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
