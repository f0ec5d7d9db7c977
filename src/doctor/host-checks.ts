import { execFile } from "node:child_process";
import dgram from "node:dgram";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile, statfs } from "node:fs/promises";
import net from "node:net";
import os from "node:os";
import { promisify } from "node:util";
import type { Config } from "../config/model.ts";
import type { NetworkInterface } from "../net/interfaces.ts";
import { formatIpv4 } from "../net/ipv4.ts";
import { type Finding, fine, wrong } from "./finding.ts";
import type { NeededPort } from "./firewall.ts";

const run = promisify(execFile);
/** Milliseconds that a program may take. */
const PATIENCE = 5_000;
const MIB = 1024 * 1024;
/** Free space below which leases and timelines may soon not be stored, and that of a small disk image. */
const STATE_ROOM = 100 * MIB;
const MEDIA_ROOM = 1024 * MIB;
const MEMORY = 256 * MIB;

/** The ports that machines have to reach. */
export function neededPorts(config: Config): NeededPort[] {
  const dhcp: readonly NeededPort[] = [
    { protocol: "udp", port: 67, what: "DHCP" },
    { protocol: "udp", port: 4011, what: "PXE's boot server" },
  ];
  return [
    ...(config.dhcp.mode === "off" ? [] : dhcp),
    { protocol: "udp", port: config.tftp.port, what: "TFTP" },
    { protocol: "tcp", port: config.http.port, what: "HTTP" },
  ];
}

/** Whether the ports can be opened; where our own daemon runs it holds them, and nothing else is to be found out. */
export async function checkPorts(
  config: Config,
  interfaces: readonly NetworkInterface[],
  isRunning: boolean,
): Promise<Finding[]> {
  if (isRunning) return [fine("ports", "held by the running daemon")];
  const findings: Finding[] = [];
  const admin: NeededPort = { protocol: "tcp", port: config.admin.port, what: "admin API" };
  for (const one of [...neededPorts(config), admin]) {
    const isDhcp = one.port === 67 || one.port === 4011;
    const own = interfaces.map(({ address }) => formatIpv4(address));
    const addresses = one === admin ? [config.admin.host] : isDhcp ? ["0.0.0.0"] : own;
    for (const address of addresses) findings.push(await checkPort(one, address));
  }
  return findings;
}

async function checkPort({ protocol, port, what }: NeededPort, address: string): Promise<Finding> {
  try {
    await (protocol === "udp" ? openUdp(address, port) : openTcp(address, port));
    return judgePort({ protocol, port, what }, address, undefined);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return judgePort({ protocol, port, what }, address, code);
  }
}

/** What became of a try to open a port: `code` is the system's, undefined when it was opened. Pure. */
export function judgePort(
  { protocol, port, what }: NeededPort,
  address: string,
  code: string | undefined,
): Finding {
  const name = `${protocol.toUpperCase()} port ${port} on ${address} (${what})`;
  if (code === undefined) return fine("ports", `${name} is free`);
  if (code === "EACCES" || code === "EPERM") {
    return wrong("ports", "fail", "BW_DOCTOR_RIGHTS", `no right to open ${name}`, HOW_TO_GRANT);
  }
  const flag = protocol === "udp" ? "u" : "t";
  return wrong(
    "ports",
    "fail",
    "BW_DOCTOR_PORT",
    `${name} cannot be opened (${code})`,
    `Find out who has it: ss -lnp${flag} 'sport = :${port}'. A dnsmasq, an ISC or Kea DHCP server, tftpd-hpa or another Bootwire may be running.`,
  );
}

const HOW_TO_GRANT =
  'Run doctor (and the daemon) as root, or give node the right: sudo setcap cap_net_bind_service,cap_net_raw+ep "$(readlink -f "$(command -v node)")"; or use the systemd unit.';

async function openUdp(address: string, port: number): Promise<void> {
  const socket = dgram.createSocket("udp4");
  try {
    const bound = once(socket, "listening");
    socket.bind({ address, port, exclusive: true });
    await bound;
  } finally {
    await new Promise<void>((done) => socket.close(done));
  }
}

async function openTcp(host: string, port: number): Promise<void> {
  const server = net.createServer();
  const listening = once(server, "listening");
  server.listen({ host, port });
  await listening;
  await new Promise<void>((done) => server.close(() => done()));
}

/** Whether SO_BINDTODEVICE and raw ICMP can be had; without them DHCP works on one interface, and probes nothing. */
export async function checkRights(isRunning: boolean): Promise<Finding> {
  if (isRunning) return fine("rights", "the running daemon has what it needs");
  return judgeRights(await readFile("/proc/self/status", "utf8").catch(() => ""));
}

/** What `/proc/self/status` says of our rights. Pure. */
export function judgeRights(status: string): Finding {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  if (effective === undefined) return fine("rights", "this system has no capabilities to look at");
  const capabilities = BigInt(`0x${effective}`);
  const CAP_NET_RAW = 13n;
  if ((capabilities >> CAP_NET_RAW) % 2n === 1n) return fine("rights", "CAP_NET_RAW is there");
  return wrong(
    "rights",
    "warn",
    "BW_DOCTOR_RIGHTS",
    "CAP_NET_RAW is missing: several interfaces cannot be told apart, and addresses are offered without a look whether they are in use",
    HOW_TO_GRANT,
  );
}

/** Whether the clock is kept in time; installs compare certificates and packages with it. */
export async function checkTime(): Promise<Finding> {
  if (existsSync("/run/systemd/timesync/synchronized")) return fine("time", "kept by systemd-timesyncd");
  return judgeClock(await kernelClock());
}

type Clock = "synchronized" | "unsynchronized" | "unknown";

export function judgeClock(kernel: Clock): Finding {
  if (kernel === "synchronized") return fine("time", "the kernel's clock is synchronized");
  return wrong(
    "time",
    "warn",
    "BW_DOCTOR_TIME",
    kernel === "unknown" ? "it cannot be told whether the clock is right" : "nothing keeps the clock in time",
    "Install and start a time service: apt install systemd-timesyncd, or chrony. In a container the host keeps the time.",
  );
}

/** adjtimex(2), which changes nothing with `modes` 0: TIME_ERROR says that nobody keeps the clock. */
async function kernelClock(): Promise<Clock> {
  const TIME_ERROR = 5;
  try {
    const { default: koffi } = await import("koffi");
    // struct timex is 208 octets on 64-bit Linux, 128 on 32-bit.
    const result: unknown = koffi.load(null).func("int adjtimex(void *)")(Buffer.alloc(256));
    if (typeof result !== "number" || result < 0) return "unknown";
    return result === TIME_ERROR ? "unsynchronized" : "synchronized";
  } catch {
    return "unknown";
  }
}

/** The packet filter's rules as text; undefined where there is no tool for them, or no right to read them. */
export async function packetFilter(): Promise<string | undefined> {
  const tools = [
    ["nft", "list", "ruleset"],
    ["iptables-save", "-t", "filter"],
  ] as const;
  let rules: string | undefined;
  for (const [tool, ...args] of tools) {
    const found = await run(tool, args, { timeout: PATIENCE, maxBuffer: 16 * MIB }).catch(() => undefined);
    if (found) rules = `${rules ?? ""}${found.stdout}\n`;
  }
  return rules;
}

/** Room for the state, for media, and memory. */
export async function checkRoom(config: Config): Promise<Finding[]> {
  const findings: Finding[] = [];
  const folders = [
    ["state", config.state, STATE_ROOM],
    ["media", config.media, MEDIA_ROOM],
  ] as const;
  for (const [what, folder, room] of folders) {
    const free = await statfs(folder).then(
      ({ bavail, bsize }) => bavail * bsize,
      () => undefined,
    );
    if (free === undefined) continue;
    findings.push(judgeSpace(what, folder, free, room));
  }
  findings.push(judgeMemory(await availableMemory()));
  return findings;
}

export function judgeSpace(what: string, folder: string, free: number, room: number): Finding {
  const text = `${Math.floor(free / MIB)} MiB are free for the ${what} folder ${folder}`;
  const remedy = `Make room there, or choose another disk for \`${what}\`.`;
  return free >= room ? fine("space", text) : wrong("space", "warn", "BW_DOCTOR_SPACE", text, remedy);
}

export function judgeMemory(available: number): Finding {
  const text = `${Math.floor(available / MIB)} MiB of memory are available`;
  const remedy = "Give this host more memory, or run less on it.";
  return available >= MEMORY
    ? fine("memory", text)
    : wrong("memory", "warn", "BW_DOCTOR_MEMORY", text, remedy);
}

async function availableMemory(): Promise<number> {
  const info = await readFile("/proc/meminfo", "utf8").catch(() => "");
  const kib = /^MemAvailable:\s*(\d+) kB$/m.exec(info)?.[1];
  return kib === undefined ? os.freemem() : Number(kib) * 1024;
}
