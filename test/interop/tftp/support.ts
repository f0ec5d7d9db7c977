import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { findCommand } from "../../support/require.ts";

/** The server as it was built, alone, in a process of its own. */
const SERVE = resolve("dist/bench/tftp-serve.js");

export interface ServerProcess {
  readonly address: string;
  readonly port: number;
  /** How it moves octets. */
  readonly description: string;
  /** Its refused and failed transfers, so far. */
  readonly complaints: readonly string[];
  /** Resolves as soon as a file whose name ends so has been fetched whole. */
  fetched(ending: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the built server; `prefix` is put before the command (`ip netns exec …`). */
export async function startServer(options: {
  readonly folder: string;
  readonly address?: string;
  readonly port?: number;
  readonly workers?: number;
  readonly prefix?: readonly string[];
}): Promise<ServerProcess> {
  const { folder, address = "127.0.0.1", port = 0, workers = 1, prefix = [] } = options;
  const [command = "", ...args] = [
    ...prefix,
    ...[process.execPath, SERVE, address, String(port), folder, String(workers)],
  ];
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  const complaints: string[] = [];
  child.stderr.on("data", (text: Buffer) => complaints.push(text.toString()));
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([
    once(lines, "line"),
    once(child, "exit").then(() => {
      throw new Error(`the server ended at once: ${complaints.join("")}`);
    }),
  ]);
  const ready: { port: number; description: string } = JSON.parse(String(line));
  const completed: string[] = [];
  const watchers = new Set<() => void>();
  lines.on("line", (text: string) => {
    const event: { transfer: { filename: string } } = JSON.parse(text);
    completed.push(event.transfer.filename);
    for (const watcher of watchers) watcher();
  });
  const fetched = (ending: string) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!completed.some((name) => name.endsWith(ending))) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
      look();
    });
  return { address, ...ready, complaints, fetched, stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const [code, signal] = await exited;
  if (code !== 0) throw new Error(`the server ended with ${code ?? signal}`);
}

/** The SHA-256 of a file; undefined when there is none. */
export function hashOf(path: string): string | undefined {
  return existsSync(path) ? createHash("sha256").update(readFileSync(path)).digest("hex") : undefined;
}

/** Octets that differ from block to block, whatever the block size. */
export function writePattern(path: string, length: number): void {
  const bytes = Buffer.alloc(length);
  let state = 0x9e3779b9;
  for (let i = 0; i + 4 <= length; i += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes.writeInt32LE(state | 0, i);
  }
  writeFileSync(path, bytes);
}

/** A TFTP client of other people. */
export interface ForeignClient {
  readonly name: string;
  /** Fetches `file` into `target`. Resolves when the client has ended; the exit code is not to be relied on. */
  readonly fetch: (
    file: string,
    target: string,
    at: { address: string; port: number },
    prefix?: readonly string[],
  ) => Promise<void>;
  /** A limit of the client itself. */
  readonly maxBytes: number;
  /** Whether it repeats itself when something got lost. */
  readonly survivesLoss: boolean;
  /** Whether it knows that packets may come twice: atftp gives up at a second OACK, whoever sends it. */
  readonly survivesCopies: boolean;
  /** Whether it asks us to wait for seconds before each retransmission. */
  readonly wantsLongTimeouts: boolean;
}

const ALL = Number.MAX_SAFE_INTEGER;
const MAX_BLOCKS = 65_535 * 512 - 1;

function command(
  name: string,
  maxBytes: number,
  line: (file: string, target: string, address: string, port: string) => readonly string[],
): ForeignClient {
  return {
    name,
    maxBytes,
    survivesLoss: true,
    survivesCopies: !/^atftp,/.test(name),
    wantsLongTimeouts: name === "curl" || /^curl, |timeout/.test(name),
    fetch: async (file, target, { address, port }, prefix = []) => {
      const [program = "", ...args] = [...prefix, ...line(file, target, address, String(port))];
      await run(program, args);
    },
  };
}

/** All the clients of this machine. `hpa` is tftp-hpa's program, which cannot be installed beside atftp. */
export function foreignClients(hpa: string): readonly ForeignClient[] {
  const url = (address: string, port: string, file: string) =>
    `tftp://${address.includes(":") ? `[${address}]` : address}:${port}/${file}`;
  const atftp =
    (options: readonly string[]) => (file: string, target: string, address: string, port: string) => [
      "atftp",
      ...options.flatMap((option) => ["--option", option]),
      ...["--get", "--remote-file", file, "--local-file", target, address, port],
    ];
  return [
    command("curl", ALL, (file, target, address, port) => [
      "curl",
      "-s",
      "-o",
      target,
      url(address, port, file),
    ]),
    command("curl, blksize 1468", ALL, (file, target, address, port) => [
      ...["curl", "-s", "--tftp-blksize", "1468", "-o", target, url(address, port, file)],
    ]),
    command("curl without options", ALL, (file, target, address, port) => [
      ...["curl", "-s", "--tftp-no-options", "-o", target, url(address, port, file)],
    ]),
    command("atftp", ALL, atftp([])),
    command("atftp, blksize 1428", ALL, atftp(["blksize 1428", "tsize 0"])),
    command("atftp, window 8", ALL, atftp(["windowsize 8", "blksize 512"])),
    command("atftp, window 64, timeout 2", ALL, atftp(["windowsize 64", "blksize 1468", "timeout 2"])),
    command("tftp-hpa", ALL, (file, target, address, port) => [
      ...[hpa, "-m", "binary", address, port, "-c", "get", file, target],
    ]),
    command("busybox", ALL, (file, target, address, port) => [
      ...["busybox", "tftp", "-g", "-r", file, "-l", target, address, port],
    ]),
    command("busybox, blksize 1432", ALL, (file, target, address, port) => [
      ...["busybox", "tftp", "-b", "1432", "-g", "-r", file, "-l", target, address, port],
    ]),
    {
      name: "npm's tftp2",
      maxBytes: MAX_BLOCKS,
      survivesLoss: false,
      survivesCopies: true,
      wantsLongTimeouts: false,
      fetch: fetchWithTftp2,
    },
  ];
}

/** The client of the npm package `tftp2`, in a process of its own. */
async function fetchWithTftp2(
  file: string,
  target: string,
  at: { address: string; port: number },
  prefix: readonly string[] = [],
): Promise<void> {
  const module = createRequire(import.meta.url).resolve("tftp2");
  const script = `
    const TFTP = require(${JSON.stringify(module)});
    const { writeFileSync } = require("node:fs");
    const parts = [];
    const client = TFTP(${JSON.stringify(at.address)}, ${at.port});
    client.read(${JSON.stringify(file)}, (data) => parts.push(data), () => {
      writeFileSync(${JSON.stringify(target)}, Buffer.concat(parts));
      // Its last ACK has not left yet.
      setTimeout(() => process.exit(), 100);
    });`;
  const [program = "", ...args] = [...prefix, process.execPath, "-e", script];
  await run(program, args);
}

/** Runs a client to its end, or to the end of all patience. */
async function run(program: string, args: readonly string[]): Promise<void> {
  await once(spawn(program, args, { stdio: "ignore", timeout: 110_000, killSignal: "SIGKILL" }), "exit");
}

/**
 * The path of tftp-hpa's client: installed, named by BOOTWIRE_TFTP_HPA, or out of its package, which is downloaded with
 * apt and unpacked without installing it. Undefined when it cannot be had.
 */
export function tftpHpa(): string | undefined {
  const named = process.env["BOOTWIRE_TFTP_HPA"];
  if (named !== undefined) return named;
  const installed = findCommand("tftp");
  if (installed !== undefined && /tftp-hpa/.test(spawnSync(installed, ["-V"], { encoding: "utf8" }).stdout)) {
    return installed;
  }
  const folder = mkdtempSync(join(tmpdir(), "bootwire-tftp-hpa-"));
  spawnSync("apt-get", ["download", "-q", "tftp-hpa"], { cwd: folder });
  const archive = readdirSync(folder).find((name) => name.endsWith(".deb"));
  if (archive === undefined) return undefined;
  spawnSync("dpkg", ["-x", archive, "."], { cwd: folder });
  const program = join(folder, "usr/bin/tftp");
  return existsSync(program) ? program : undefined;
}
