import { getSystemErrorName } from "node:util";
import { DatagramSlab, headerAt, SLOTS } from "./datagram-slab.ts";
import type { Ipv4 } from "./ipv4.ts";

/** `packet`: for whole frames behind their Ethernet header (packet(7)); it hears nothing. */
export type SocketFamily = "inet" | "inet-raw-icmp" | "packet";

/**
 * The few libc calls that Node has no public API for. Present on Linux when the optional koffi package loads; everything
 * that uses it must work without it, less exactly. Every call throws a node style error (`code` EACCES, `errno`, `syscall`).
 */
export interface Native {
  /** A non-blocking, close-on-exec datagram socket. The caller owns the descriptor. */
  socket(family: SocketFamily): number;
  close(fd: number): void;
  /** setsockopt(2) with an int. */
  setOption(fd: number, level: number, option: number, value: number): void;
  /** setsockopt(2) with a C string, as SO_BINDTODEVICE wants it. */
  setOptionText(fd: number, level: number, option: number, value: string): void;
  /** bind(2) to an IPv4 address in network notation. */
  bind(fd: number, address: string, port: number): void;
  /** ioctl(2) with a buffer that the kernel reads or fills. */
  ioctl(fd: number, request: number, argument: Buffer): void;
  /** sendto(2), never waiting. `false`: the queue is full. */
  sendTo(fd: number, bytes: Buffer, address: Ipv4, port: number): boolean;
  /** sendto(2) to a `struct sockaddr_ll`, never waiting. `false`: the queue is full. */
  sendFrame(fd: number, bytes: Buffer, address: Buffer): boolean;
  /** Memory for the two that follow; `undefined` where they cannot be had (not a 64-bit little-endian machine). */
  slab(): DatagramSlab | undefined;
  /** recvmmsg(2), never waiting: how many datagrams came, into the first slots. */
  receiveMany(fd: number, slab: DatagramSlab): number;
  /** sendmmsg(2), never waiting, of the slots `from` up to `to`: how many were sent; 0 when the queue is full. */
  sendMany(fd: number, slab: DatagramSlab, from: number, to: number): number;
  /** recv(2), never waiting; `undefined` when nothing is there. */
  receive(fd: number, into: Buffer): number | undefined;
}

/** Linux's numbers, the same on every architecture that Node runs on there (except for MIPS and SPARC). */
export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_BROADCAST = 6;
export const SO_RCVBUF = 8;
export const SO_BINDTODEVICE = 25;
export const SO_RCVBUFFORCE = 33;

const AF_INET = 2;
const AF_PACKET = 17;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const IPPROTO_ICMP = 1;
const MSG_DONTWAIT = 0x40;
const EAGAIN = 11;
const HAS_SLABS = ["x64", "arm64", "riscv64", "loong64"].includes(process.arch);

const FAMILIES = {
  inet: [AF_INET, SOCK_DGRAM, 0],
  "inet-raw-icmp": [AF_INET, SOCK_RAW, IPPROTO_ICMP],
  packet: [AF_PACKET, SOCK_DGRAM, 0],
} as const satisfies Record<SocketFamily, readonly [domain: number, type: number, protocol: number]>;

/** A `struct sockaddr_in`. */
export function socketAddress(address: string, port: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(AF_INET, 0);
  bytes.writeUInt16BE(port, 2);
  address.split(".").forEach((part, index) => {
    bytes[4 + index] = Number(part);
  });
  return bytes;
}

/** An error as Node's own sockets raise it. */
export class SystemError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;

  constructor(syscall: string, errno: number, detail: string) {
    const code = getSystemErrorName(-errno);
    super(`${syscall} ${code}${detail ? ` ${detail}` : ""}`);
    this.name = "SystemError";
    this.code = code;
    this.errno = -errno;
    this.syscall = syscall;
  }
}

/** Whether sockets can be bound to a device on this machine. */
export function canBindToDevice(native: Native | undefined): native is Native {
  return native !== undefined;
}

/** The bindings, or `undefined` where koffi or Linux is missing. */
export async function loadNative(): Promise<Native | undefined> {
  if (process.platform !== "linux") return undefined;
  try {
    const koffi = await import("koffi");
    const library = koffi.load(null);
    const socket: (family: number, type: number, protocol: number) => number =
      library.func("int socket(int, int, int)");
    const close: (fd: number) => number = library.func("int close(int)");
    const setsockopt: (fd: number, level: number, option: number, value: Buffer, length: number) => number =
      library.func("int setsockopt(int, int, int, void *, uint)");
    const bind: (fd: number, address: Buffer, length: number) => number = library.func(
      "int bind(int, void *, uint)",
    );
    const ioctl: (fd: number, request: number, argument: Buffer) => number = library.func(
      "int ioctl(int, ulong, void *)",
    );
    const sendto: (
      fd: number,
      bytes: Buffer,
      length: number,
      flags: number,
      address: Buffer,
      addressLength: number,
    ) => number = library.func("long sendto(int, void *, ulong, int, void *, uint)");
    const recvmmsg: (fd: number, headers: Buffer, count: number, flags: number, timeout: null) => number =
      library.func("int recvmmsg(int, void *, uint, int, void *)");
    const sendmmsg: (fd: number, headers: Buffer, count: number, flags: number) => number = library.func(
      "int sendmmsg(int, void *, uint, int)",
    );
    const recv: (fd: number, bytes: Buffer, length: number, flags: number) => number = library.func(
      "long recv(int, void *, ulong, int)",
    );
    const check = (result: number, syscall: string, detail = ""): number => {
      if (result < 0) throw new SystemError(syscall, koffi.errno(), detail);
      return result;
    };
    const send = (fd: number, bytes: Buffer, address: Buffer): boolean => {
      const count = sendto(fd, bytes, bytes.length, MSG_DONTWAIT, address, address.length);
      if (count < 0 && koffi.errno() === EAGAIN) return false;
      check(count, "sendto");
      return true;
    };
    // Used again for every call: none of them outlives it, and nothing waits in between.
    const to = socketAddress("0.0.0.0", 0);
    return {
      socket(family) {
        const [domain, type, protocol] = FAMILIES[family];
        return check(socket(domain, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol), "socket");
      },
      close(fd) {
        check(close(fd), "close");
      },
      setOption(fd, level, option, value) {
        const bytes = Buffer.alloc(4);
        bytes.writeInt32LE(value);
        check(setsockopt(fd, level, option, bytes, 4), "setsockopt");
      },
      setOptionText(fd, level, option, value) {
        const bytes = Buffer.from(`${value}\0`);
        check(setsockopt(fd, level, option, bytes, bytes.length), "setsockopt", value);
      },
      bind(fd, address, port) {
        const bytes = socketAddress(address, port);
        check(bind(fd, bytes, bytes.length), "bind", `${address}:${port}`);
      },
      ioctl(fd, request, argument) {
        check(ioctl(fd, request, argument), "ioctl");
      },
      sendTo(fd, bytes, address, port) {
        to.writeUInt16BE(port, 2);
        to.writeUInt32BE(address, 4);
        return send(fd, bytes, to);
      },
      sendFrame: send,
      slab() {
        return HAS_SLABS ? new DatagramSlab((buffer) => koffi.address(buffer)) : undefined;
      },
      receiveMany(fd, slab) {
        const count = recvmmsg(fd, slab.memory, SLOTS, MSG_DONTWAIT, null);
        if (count < 0 && koffi.errno() === EAGAIN) return 0;
        return check(count, "recvmmsg");
      },
      sendMany(fd, slab, first, end) {
        const headers = first === 0 ? slab.memory : slab.memory.subarray(headerAt(first));
        const count = sendmmsg(fd, headers, end - first, MSG_DONTWAIT);
        if (count < 0 && koffi.errno() === EAGAIN) return 0;
        return check(count, "sendmmsg");
      },
      receive(fd, into) {
        const count = recv(fd, into, into.length, MSG_DONTWAIT);
        if (count < 0 && koffi.errno() === EAGAIN) return undefined;
        return check(count, "recv");
      },
    };
  } catch {
    return undefined;
  }
}
