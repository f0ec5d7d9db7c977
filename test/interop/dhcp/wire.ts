import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { DhcpEvent } from "../../../src/dhcp/ports.ts";

/** What became of a program. */
export interface Ended {
  readonly status: number;
  readonly output: string;
}

/** A machine on the wire: a network namespace, whose `eth0` (and further) are plugged into switches. */
export interface Node {
  /** The command line that runs something on it. */
  readonly inside: readonly string[];
  /** Runs something on it to its end. */
  run(command: string, ...args: readonly string[]): Promise<Ended>;
  /** Plugs it into a further switch. */
  plug(device: string, wire: string, address?: string): void;
}

/** No client of these tests takes longer than this, in milliseconds. */
const PATIENCE = 60_000;

/** Firmware under emulation takes its time. */
const EVENT_PATIENCE = 100_000;

/** Switches (bridges) in a namespace of their own, and machines around them. Needs root; `close` takes all away. */
export class Wires {
  readonly folder: string;
  readonly #name: string;
  readonly #namespaces: string[] = [];
  readonly #children = new Set<ChildProcess>();
  readonly #wires = new Set<string>();
  #cables = 0;

  constructor(name: string) {
    this.#name = `bw-${name}-${process.pid}`;
    this.folder = mkdtempSync(join(tmpdir(), `bootwire-${name}-`));
    this.#namespace("switch");
  }

  /** The command line that runs something where the switches are: what needs a tap device, tcpdump. */
  get inSwitch(): readonly string[] {
    return ["ip", "netns", "exec", `${this.#name}-switch`];
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Makes a machine, with `eth0` on the wire `br0`; without an address where none is given. */
  node(name: string, address?: string, wire = "br0"): Node {
    const namespace = this.#namespace(name);
    const inside = ["ip", "netns", "exec", namespace];
    const node: Node = {
      inside,
      run: (command, ...args) => run([...inside, command, ...args]),
      plug: (device, to, own) => this.#plug(namespace, device, to, own),
    };
    node.plug("eth0", wire, address);
    return node;
  }

  /** A tap device for a virtual machine, on a wire. It belongs to the switches' namespace. */
  tap(device: string, wire = "br0"): void {
    const home = `${this.#name}-switch`;
    this.#wire(wire);
    ip("netns", "exec", home, "ip", "tuntap", "add", device, "mode", "tap");
    ip("-n", home, "link", "set", device, "master", wire, "up");
  }

  /** Starts something that goes on; it is ended at `close` at the latest. */
  spawn(command: readonly string[]): ChildProcess {
    const [program = "", ...args] = command;
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#children.add(child);
    return child;
  }

  /** Starts the DHCP library's harness on a machine, and resolves when it serves. */
  serve(node: Node, settings: Readonly<Record<string, unknown>>): Promise<Server> {
    const file = this.path(`settings-${this.#children.size}.json`);
    writeFileSync(file, JSON.stringify({ store: this.path("leases"), interfaces: ["eth0"], ...settings }));
    const child = this.spawn([
      ...node.inside,
      process.execPath,
      resolve("test/interop/dhcp/harness.mjs"),
      file,
    ]);
    return Server.ready(child);
  }

  async close(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    }
    for (const namespace of this.#namespaces) {
      const { stdout } = spawnSync("ip", ["netns", "pids", namespace], { encoding: "utf8" });
      // Clients that went into the background by themselves: they live in a namespace of ours, so they are ours.
      for (const pid of stdout.split("\n").filter(Boolean)) process.kill(Number(pid), "SIGKILL");
      spawnSync("ip", ["netns", "del", namespace]);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  #namespace(name: string): string {
    const namespace = `${this.#name}-${name}`;
    ip("netns", "add", namespace);
    this.#namespaces.push(namespace);
    ip("-n", namespace, "link", "set", "lo", "up");
    return namespace;
  }

  #wire(wire: string): void {
    if (this.#wires.has(wire)) return;
    this.#wires.add(wire);
    ip("-n", `${this.#name}-switch`, "link", "add", wire, "type", "bridge");
    ip("-n", `${this.#name}-switch`, "link", "set", wire, "up");
  }

  #plug(namespace: string, device: string, wire: string, address: string | undefined): void {
    const home = `${this.#name}-switch`;
    this.#wire(wire);
    const port = `port${this.#cables++}`;
    ip("link", "add", port, "netns", home, "type", "veth", "peer", device, "netns", namespace);
    ip("-n", home, "link", "set", port, "master", wire, "up");
    if (address !== undefined) ip("-n", namespace, "addr", "add", address, "dev", device);
    ip("-n", namespace, "link", "set", device, "up");
  }
}

/** An event as the harness prints it. */
export type PrintedEvent = Omit<DhcpEvent, "address"> & { readonly address?: string };

/** The harness while it runs. */
export class Server {
  readonly events: PrintedEvent[] = [];
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #waiting = new Set<() => void>();

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, "exit");
  }

  static async ready(child: ChildProcess): Promise<Server> {
    const server = new Server(child);
    const { stdout, stderr } = child;
    if (!stdout || !stderr) throw new Error("a harness without its output");
    let errors = "";
    stderr.on("data", (text) => {
      errors += String(text);
    });
    await new Promise<void>((done, fail) => {
      createInterface({ input: stdout }).on("line", (line) => {
        const said = JSON.parse(line);
        if (said.ready === true) done();
        else server.#heard(said);
      });
      void server.#ended.then(() => fail(new Error(`the harness ended: ${errors}`)));
    });
    return server;
  }

  /** Resolves with the first event (past or to come) that fits; rejects when none comes in time. */
  async event(fits: (event: PrintedEvent) => boolean): Promise<PrintedEvent> {
    const deadline = AbortSignal.timeout(EVENT_PATIENCE);
    for (;;) {
      const found = this.events.find(fits);
      if (found) return found;
      if (deadline.aborted) throw new Error(`no such event among ${JSON.stringify(this.events, null, 1)}`);
      await new Promise<void>((done) => {
        const again = () => {
          this.#waiting.delete(again);
          done();
        };
        this.#waiting.add(again);
        deadline.addEventListener("abort", again, { once: true });
      });
    }
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    this.#child.kill(signal);
    await this.#ended;
  }

  #heard(event: PrintedEvent): void {
    this.events.push(event);
    for (const wake of [...this.#waiting]) wake();
  }
}

function ip(...args: readonly string[]): void {
  const { status, stderr } = spawnSync("ip", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`ip ${args.join(" ")}: ${stderr}`);
}

function run([program = "", ...args]: readonly string[]): Promise<Ended> {
  return new Promise((done) => {
    execFile(program, args, { timeout: PATIENCE, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      done({ status, output: `${stdout}${stderr}` });
    });
  });
}
