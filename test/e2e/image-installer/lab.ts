import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { open, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Assets } from "../../../src/assets/load.ts";
import { parseCallbackBody } from "../../../src/http/callback-body.ts";
import type { Answer, LinuxPlan } from "../../../src/installers/installer.ts";

const MIB = 1 << 20;

/** The host's loopback as a guest of QEMU's user-mode network sees it: no root, and nothing leaves this machine. */
export const HOST_FROM_GUEST = "10.0.2.2";

/** A call of the installer, in the order of arrival. */
export interface Call {
  readonly name: string;
  readonly percent: number | undefined;
  readonly reason: string | undefined;
  readonly log: string | undefined;
}

/** What the image looks like on the wire: its bytes, or a way to spoil them. */
export type MediaHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** A stand-in for the daemon: serves one image and one attempt's answers, and writes down every call. */
export class FakeDaemon {
  readonly calls: Call[] = [];
  media: MediaHandler = (_request, response) => response.writeHead(404).end();
  answers: ReadonlyMap<string, Answer> = new Map();
  /** Status for calls by name; 204 by default. */
  readonly statuses = new Map<string, number>();
  readonly #waiting = new Map<string, () => void>();
  #server: Server | undefined;
  #port = 0;

  get baseUrl(): string {
    return `http://${HOST_FROM_GUEST}:${this.#port}`;
  }

  async listen(): Promise<void> {
    const server = createServer((request, response) => void this.#handle(request, response));
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    this.#port = address.port;
    this.#server = server;
  }

  /** Breaks every connection, as a killed daemon does. The port stays ours by agreement: `listen` takes it again. */
  async kill(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  }

  /** Waits for a call. */
  async called(name: string): Promise<void> {
    if (this.calls.some((call) => call.name === name)) return;
    await new Promise<void>((resolve) => this.#waiting.set(name, resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? "";
    if (request.method === "POST") {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(Buffer.from(chunk));
      const name = url.replace("/a/token/", "");
      const { percent, reason, log } = parseCallbackBody(
        Buffer.concat(chunks),
        request.headers["content-type"],
      );
      this.calls.push({ name, percent, reason, log });
      response.writeHead(this.statuses.get(name) ?? 204).end();
      this.#waiting.get(name)?.();
    } else if (url.startsWith("/media/")) {
      this.media(request, response);
    } else {
      const answer = this.answers.get(url.replace("/a/token/answers/", ""));
      if (answer) response.writeHead(200, { "content-type": answer.contentType }).end(answer.body);
      else response.writeHead(404).end();
    }
  }
}

/** Serves a file as it is. */
export function fileMedia(path: string): MediaHandler {
  return (_request, response) => {
    void stat(path).then(({ size }) => {
      response.writeHead(200, { "content-length": size });
      createReadStream(path).pipe(response);
    });
  };
}

export interface VmOptions {
  readonly plan: LinuxPlan;
  readonly assets: Assets;
  /** QEMU's arguments for disks. */
  readonly disks: readonly string[];
  readonly mac: string;
  readonly console: string;
  readonly networkCard?: string;
  /** MiB. */
  readonly memory?: number;
}

/** A virtual machine that starts the installer's kernel at once, and ends where it would start again. */
export class Vm {
  readonly #process: ChildProcess;
  readonly #console: string;
  readonly exited: Promise<number | null>;

  constructor(options: VmOptions) {
    const path = (name: string) => {
      const found = options.assets.path(name.replace(/^assets\//, ""));
      if (found === undefined) throw new Error(`no asset ${name}`);
      return found;
    };
    this.#console = options.console;
    this.#process = spawn(
      "qemu-system-x86_64",
      [
        ...["-accel", "tcg,thread=multi", "-cpu", "max", "-m", String(options.memory ?? 512), "-nodefaults"],
        ...["-display", "none", "-no-reboot", "-serial", `file:${options.console}`],
        ...["-kernel", path(options.plan.kernel)],
        ...(options.plan.initrd === undefined ? [] : ["-initrd", path(options.plan.initrd)]),
        ...["-append", options.plan.commandLine.join(" ")],
        ...["-netdev", "user,id=net0,ipv6=off"],
        ...["-device", `${options.networkCard ?? "virtio-net-pci"},netdev=net0,mac=${options.mac},romfile=`],
        ...options.disks,
      ],
      { stdio: ["ignore", "ignore", "inherit"] },
    );
    this.exited = once(this.#process, "exit").then(([code]) => (typeof code === "number" ? code : null));
  }

  consoleText(): Promise<string> {
    return readFile(this.#console, "utf8");
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) this.#process.kill("SIGKILL");
    await this.exited;
  }
}

/** QEMU's arguments for a disk on virtio. */
export function virtioDisk(path: string, id: string): readonly string[] {
  return [
    "-drive",
    `file=${path},format=raw,if=none,id=${id},discard=unmap`,
    "-device",
    `virtio-blk-pci,drive=${id}`,
  ];
}

/** QEMU's arguments for a disk on a virtio SCSI controller. */
export function scsiDisk(path: string, id: string): readonly string[] {
  return [
    ...["-device", `virtio-scsi-pci,id=${id}-bus`, "-drive", `file=${path},format=raw,if=none,id=${id}`],
    ...["-device", `scsi-hd,drive=${id},bus=${id}-bus.0`],
  ];
}

/** An empty disk. */
export async function blankDisk(path: string, mib: number): Promise<string> {
  await writeFile(path, "");
  await truncate(path, mib * MIB);
  return path;
}

/**
 * A disk image with one partition, whose ext4 file system holds the given tree (`mke2fs -d`): a partition table of DOS
 * kind, and a boot record that can be told from zeros.
 */
export async function makeImage(path: string, tree: string, mib: number): Promise<void> {
  const partition = `${path}.partition`;
  await blankDisk(partition, mib - 1);
  run("mke2fs", ["-q", "-t", "ext4", "-d", tree, partition]);
  const head = Buffer.alloc(MIB);
  head.write("boot record of the image");
  // One entry: not active, type 0x83 (Linux), first sector and number of sectors.
  head.writeUInt8(0x83, 446 + 4);
  head.writeUInt32LE(MIB / 512, 446 + 8);
  head.writeUInt32LE(((mib - 1) * MIB) / 512, 446 + 12);
  head.writeUInt16BE(0x55aa, 510);
  await writeFile(path, Buffer.concat([head, await readFile(partition)]));
}

/** SHA-256 (hex) of a file. */
export async function digestOf(path: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
}

/** Some bytes of a disk. */
export async function readDisk(path: string, position: number, length: number): Promise<Buffer> {
  const handle = await open(path, "r");
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** A file of the installed system, read from the disk without mounting it. */
export function readInstalled(disk: string, path: string): string {
  return debugfs(disk, `cat ${path}`);
}

/** `debugfs` of e2fsprogs, on the first partition of a disk. */
export function debugfs(disk: string, command: string): string {
  return run("debugfs", ["-R", command, `${disk}?offset=${MIB}`]);
}

/** Packs a file with `gzip`, `xz` or `zstd`, quickly. */
export async function pack(tool: "gzip" | "xz" | "zstd", from: string, to: string): Promise<void> {
  const target = await open(to, "w");
  const child = spawn(tool, ["-1", "-c", from], { stdio: ["ignore", target.fd, "inherit"] });
  const [code] = await once(child, "exit");
  await target.close();
  if (code !== 0) throw new Error(`${tool} ended with ${code}`);
}

/** Runs a program to its end; what it printed. Throws when it fails. */
export function run(command: string, args: readonly string[]): string {
  const done = spawnSync(command, args, {
    encoding: "utf8",
    env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
  });
  if (done.status !== 0) throw new Error(`${command}: ${done.error ?? done.stderr}`);
  return done.stdout;
}

/** Lets so many run at a time, in the order in which they asked. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async take(): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  giveBack(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}
