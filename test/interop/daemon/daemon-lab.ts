import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { CLIENT_INTERFACE, Lab, type Running, SERVER_INTERFACE } from "../../../src/bench/lab.ts";

/** What a test in a lab with the built daemon needs, beside its own clients. */
export const DAEMON_NEEDS = {
  namespaces: true,
  commands: ["ip"],
  files: ["dist/cli/main.js", ".cache/boot-assets/manifest.json"],
} as const;

const CLI = resolve("dist/cli/main.js");

/** What became of a program. */
export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * The built daemon at one end of a wire (10.99.0.1/16), and clients at the other. The clients' end has no address, as
 * that of a machine that boots, but it may send broadcasts.
 */
export class DaemonLab {
  readonly lab: Lab;
  readonly config: string;

  constructor(name: string, config: string) {
    this.lab = new Lab(name);
    this.config = join(this.lab.folder, "bootwire.yaml");
    mkdirSync(join(this.lab.folder, "media"));
    this.configure(config);
    this.lab.client("ip", ["addr", "flush", "dev", CLIENT_INTERFACE]);
    this.lab.client("ip", ["route", "add", "default", "dev", CLIENT_INTERFACE]);
  }

  /** Writes the config; the interface is added. */
  configure(config: string): void {
    writeFileSync(this.config, `interface: ${SERVER_INTERFACE}\n${config}`);
  }

  /** A path in the lab's folder, which is the config's folder too. */
  path(name: string): string {
    return join(this.lab.folder, name);
  }

  /** Runs `bootwire <args> --config …` to its end, beside the daemon. */
  bootwire(...args: readonly string[]): Promise<Ended> {
    return run(this.lab.inServer(process.execPath, [CLI, ...args, "--config", this.config]));
  }

  /** Runs something beside the daemon to its end. */
  beside(command: string, ...args: readonly string[]): Promise<Ended> {
    return run(this.lab.inServer(command, args));
  }

  /** Runs a client to its end. */
  client(command: string, ...args: readonly string[]): Promise<Ended> {
    return run(this.lab.inClient(command, args));
  }

  /** Gives the clients' end of the wire an address. */
  async address(address: string): Promise<void> {
    await this.client("ip", "addr", "replace", `${address}/16`, "dev", CLIENT_INTERFACE);
  }

  /** The hardware address of the clients' end. */
  async mac(): Promise<string> {
    const { stdout } = await this.client("ip", "-br", "link", "show", CLIENT_INTERFACE);
    return stdout.trim().split(/\s+/)[2] ?? "";
  }

  /** `serve`, as far as its first line, without waiting. */
  serve(): Promise<Running> {
    return this.lab.serve("bootwire", process.execPath, [CLI, "serve", "--config", this.config]);
  }

  /** `init`, then `serve` until it serves. */
  async start(): Promise<Running> {
    const init = await this.bootwire("init");
    if (init.status !== 0) throw new Error(`bootwire init: ${init.stdout}${init.stderr}`);
    return this.restart();
  }

  /** `serve` until it serves, with whatever state there is. */
  async restart(): Promise<Running> {
    const daemon = await this.serve();
    await daemon.printed(/Bootwire serves/);
    return daemon;
  }

  close(): void {
    this.lab.close();
  }
}

/** No client of these tests takes longer than this, in milliseconds. */
const PATIENCE = 60_000;

function run({ command, args }: { readonly command: string; readonly args: string[] }): Promise<Ended> {
  return new Promise((done) => {
    execFile(command, args, { timeout: PATIENCE, maxBuffer: 256 * 1024 * 1024 }, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      done({ status, stdout, stderr });
    });
  });
}
