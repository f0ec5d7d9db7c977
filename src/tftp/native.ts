import { isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import { getSystemErrorName } from "node:util";

/**
 * The system calls that Node has no public API for, and that make windows cheap: connected sockets on shared ports,
 * segmentation offload, one wait for all sockets. Linux with koffi only. Everything is passed as a number or as a Buffer
 * that lives through the call. Addresses are kept in one place only (`vectorOf`), of memory that its key keeps alive.
 */
export interface NativeSockets {
  /** A non-blocking datagram socket. The caller owns the descriptor, here and below. */
  socket(family: "IPv4" | "IPv6"): number;
  bind(fd: number, address: string, port: number): void;
  connect(fd: number, address: string, port: number): void;
  /** The port that the socket is bound to. */
  portOf(fd: number): number;
  setOption(fd: number, level: number, option: number, value: number): void;
  getOption(fd: number, level: number, option: number): number;
  /** send(2), never waiting: octets sent, or the negative error number. */
  send(fd: number, bytes: Buffer): number;
  /** sendto(2), never waiting: octets sent, or the negative error number. */
  sendTo(fd: number, bytes: Buffer, address: string, port: number): number;
  /** recv(2), never waiting: octets received, or the negative error number. */
  receive(fd: number, into: Buffer): number;
  /** recvfrom(2), never waiting; undefined when nothing is there. */
  receiveFrom(
    fd: number,
    into: Buffer,
  ): { readonly length: number; readonly address: string; readonly port: number } | undefined;
  close(fd: number): void;
  /**
   * Reads what the system has of a file in memory anyway into the views, one after the other, and never waits for a disk
   * (preadv2(2) with RWF_NOWAIT): octets read, or the negative error number. The views must stay as they are; at most 1024.
   */
  readCached(fd: number, views: readonly Buffer[], position: number): number;
  /** A descriptor that wakes `wait` when it is written to. */
  wakeup(): number;
  /** A set of descriptors to wait for. */
  poller(): Poller;
}

/** What is ready, of many descriptors (epoll(7)). */
export interface Poller {
  add(fd: number): void;
  /** Whether to report that the descriptor can be written to, too. */
  watchWritable(fd: number, writable: boolean): void;
  remove(fd: number): void;
  /** Waits up to `milliseconds`; the number of descriptors that are ready. */
  wait(milliseconds: number): number;
  /** The descriptor of the i-th that is ready. */
  fd(index: number): number;
  /** Whether it can be written to (else there is something to read, or an error). */
  writable(index: number): boolean;
  close(): void;
}

/** Linux's numbers, the same on every architecture that Node runs on there. */
export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_SNDBUF = 7;
export const SO_SNDBUFFORCE = 32;
export const SOL_UDP = 17;
export const UDP_SEGMENT = 103;
export const IPPROTO_IP = 0;
export const IP_MTU = 14;
export const IPPROTO_IPV6 = 41;
export const IPV6_MTU = 24;
export const IPV6_V6ONLY = 26;
export const EIO = 5;
export const EAGAIN = 11;
export const EINVAL = 22;
export const EMSGSIZE = 90;
export const ECONNREFUSED = 111;

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM = 2;
const FLAGS = 0o2000000 | 0o4000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const RWF_NOWAIT = 8;
const IOV_MAX = 1024;
/** `struct iovec` of a 64-bit system: an address and a length. */
const IOV_SIZE = 16;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CTL_MOD = 3;
const EPOLLIN = 1;
const EPOLLOUT = 4;
const MAX_EVENTS = 256;
/** `struct epoll_event` is packed on x86-64 alone. */
const EVENT_SIZE = process.arch === "x64" ? 12 : 16;
const EVENT_DATA = process.arch === "x64" ? 4 : 8;

/** A `struct sockaddr_in` or `sockaddr_in6`. */
export function encodeSocketAddress(address: string, port: number): Buffer {
  if (!isIPv6(address)) {
    const bytes = Buffer.alloc(16);
    bytes.writeUInt16LE(AF_INET, 0);
    bytes.writeUInt16BE(port, 2);
    address.split(".").forEach((part, i) => {
      bytes[4 + i] = Number(part);
    });
    return bytes;
  }
  const [plain = "", scope] = address.split("%");
  const bytes = Buffer.alloc(28);
  bytes.writeUInt16LE(AF_INET6, 0);
  bytes.writeUInt16BE(port, 2);
  ipv6Groups(plain).forEach((group, i) => {
    bytes.writeUInt16BE(group, 8 + 2 * i);
  });
  if (scope !== undefined) bytes.writeUInt32LE(scopeId(scope), 24);
  return bytes;
}

/** The eight groups of an IPv6 address in any spelling. */
function ipv6Groups(address: string): number[] {
  // A dotted quad at the end stands for the last two groups.
  const quad = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const text = quad
    ? address.slice(0, quad.index) +
      [1, 3].map((i) => (Number(quad[i]) * 256 + Number(quad[i + 1])).toString(16)).join(":")
    : address;
  const [before = "", after] = text.split("::");
  const groups = (part: string) =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  const head = groups(before);
  if (after === undefined) return head;
  const tail = groups(after);
  return [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail];
}

/** The number of a zone that is given by name or number. */
function scopeId(scope: string): number {
  if (/^\d+$/.test(scope)) return Number(scope);
  for (const entry of networkInterfaces()[scope] ?? []) {
    if (entry.family === "IPv6" && entry.scopeid !== 0) return entry.scopeid;
  }
  return 0;
}

/** The address and port in a `struct sockaddr_in` or `sockaddr_in6`; addresses in Node's spelling, without zones. */
export function decodeSocketAddress(bytes: Buffer): { readonly address: string; readonly port: number } {
  const port = bytes.readUInt16BE(2);
  if (bytes.readUInt16LE(0) === AF_INET) return { address: [...bytes.subarray(4, 8)].join("."), port };
  const groups = Array.from({ length: 8 }, (_none, i) => bytes.readUInt16BE(8 + 2 * i).toString(16));
  return { address: new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1), port };
}

/** An error as Node's own sockets raise it. */
class SocketError extends Error {
  readonly code: string;
  readonly syscall: string;

  constructor(syscall: string, errno: number) {
    const code = getSystemErrorName(-errno);
    super(`${syscall} ${code}`);
    this.code = code;
    this.syscall = syscall;
  }
}

/** The bindings, or undefined where koffi or Linux is missing. */
export async function loadNativeSockets(): Promise<NativeSockets | undefined> {
  if (process.platform !== "linux" || !["x64", "arm64"].includes(process.arch)) return undefined;
  try {
    const koffi = await import("koffi");
    const library = koffi.load(null);
    type Call<A extends readonly unknown[]> = (...args: A) => number;
    const socket: Call<[number, number, number]> = library.func("int socket(int, int, int)");
    const bind: Call<[number, Buffer, number]> = library.func("int bind(int, void *, uint)");
    const connect: Call<[number, Buffer, number]> = library.func("int connect(int, void *, uint)");
    const getsockname: Call<[number, Buffer, Buffer]> = library.func("int getsockname(int, void *, void *)");
    const setsockopt: Call<[number, number, number, Buffer, number]> = library.func(
      "int setsockopt(int, int, int, void *, uint)",
    );
    const getsockopt: Call<[number, number, number, Buffer, Buffer]> = library.func(
      "int getsockopt(int, int, int, void *, void *)",
    );
    const send: Call<[number, Buffer, number, number]> = library.func("long send(int, void *, ulong, int)");
    const sendto: Call<[number, Buffer, number, number, Buffer, number]> = library.func(
      "long sendto(int, void *, ulong, int, void *, uint)",
    );
    const recv: Call<[number, Buffer, number, number]> = library.func("long recv(int, void *, ulong, int)");
    const recvfrom: Call<[number, Buffer, number, number, Buffer, Buffer]> = library.func(
      "long recvfrom(int, void *, ulong, int, void *, void *)",
    );
    const close: Call<[number]> = library.func("int close(int)");
    const preadv2: Call<[number, Buffer, number, number, number]> = library.func(
      "long preadv2(int, void *, int, int64, int)",
    );
    const eventfd: Call<[number, number]> = library.func("int eventfd(uint, int)");
    const epollCreate: Call<[number]> = library.func("int epoll_create1(int)");
    const epollControl: Call<[number, number, number, Buffer]> = library.func(
      "int epoll_ctl(int, int, int, void *)",
    );
    const epollWait: Call<[number, Buffer, number, number]> = library.func(
      "int epoll_wait(int, void *, int, int)",
    );

    const check = (result: number, syscall: string): number => {
      if (result < 0) throw new SocketError(syscall, koffi.errno());
      return result;
    };
    const vectors = new WeakMap<readonly Buffer[], Buffer>();
    /** The places of the views for the kernel. Whoever passes the views keeps their memory alive. */
    const vectorOf = (views: readonly Buffer[]): Buffer => {
      const known = vectors.get(views);
      if (known) return known;
      const vector = Buffer.alloc(views.length * IOV_SIZE);
      views.forEach((view, i) => {
        vector.writeBigUInt64LE(koffi.address(view), i * IOV_SIZE);
        vector.writeBigUInt64LE(BigInt(view.length), i * IOV_SIZE + 8);
      });
      vectors.set(views, vector);
      return vector;
    };
    const from = Buffer.alloc(28);
    const length = Buffer.alloc(4);
    const int = Buffer.alloc(4);

    const poller = (): Poller => {
      const set = check(epollCreate(0o2000000), "epoll_create1");
      const events = Buffer.alloc(EVENT_SIZE * MAX_EVENTS);
      const event = Buffer.alloc(EVENT_SIZE);
      const control = (operation: number, fd: number, mask: number): void => {
        event.writeUInt32LE(mask, 0);
        event.writeInt32LE(fd, EVENT_DATA);
        check(epollControl(set, operation, fd, event), "epoll_ctl");
      };
      return {
        add: (fd) => control(EPOLL_CTL_ADD, fd, EPOLLIN),
        watchWritable: (fd, writable) => control(EPOLL_CTL_MOD, fd, writable ? EPOLLIN | EPOLLOUT : EPOLLIN),
        remove: (fd) => control(EPOLL_CTL_DEL, fd, 0),
        // An interrupted wait is an empty one.
        wait: (milliseconds) => Math.max(0, epollWait(set, events, MAX_EVENTS, milliseconds)),
        fd: (index) => events.readInt32LE(index * EVENT_SIZE + EVENT_DATA),
        writable: (index) => (events.readUInt32LE(index * EVENT_SIZE) & EPOLLOUT) !== 0,
        close: () => close(set),
      };
    };
    return {
      socket(family) {
        const fd = check(socket(family === "IPv6" ? AF_INET6 : AF_INET, SOCK_DGRAM | FLAGS, 0), "socket");
        if (family === "IPv6") {
          int.writeInt32LE(1);
          check(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, int, 4), "setsockopt");
        }
        return fd;
      },
      bind(fd, address, port) {
        const bytes = encodeSocketAddress(address, port);
        check(bind(fd, bytes, bytes.length), "bind");
      },
      connect(fd, address, port) {
        const bytes = encodeSocketAddress(address, port);
        check(connect(fd, bytes, bytes.length), "connect");
      },
      portOf(fd) {
        length.writeUInt32LE(from.length);
        check(getsockname(fd, from, length), "getsockname");
        return from.readUInt16BE(2);
      },
      setOption(fd, level, option, value) {
        int.writeInt32LE(value);
        check(setsockopt(fd, level, option, int, 4), "setsockopt");
      },
      getOption(fd, level, option) {
        length.writeUInt32LE(4);
        check(getsockopt(fd, level, option, int, length), "getsockopt");
        return int.readInt32LE(0);
      },
      send(fd, bytes) {
        const sent = send(fd, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL);
        return sent < 0 ? -koffi.errno() : sent;
      },
      sendTo(fd, bytes, address, port) {
        const to = encodeSocketAddress(address, port);
        const sent = sendto(fd, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL, to, to.length);
        return sent < 0 ? -koffi.errno() : sent;
      },
      receive(fd, into) {
        const received = recv(fd, into, into.length, MSG_DONTWAIT);
        return received < 0 ? -koffi.errno() : received;
      },
      receiveFrom(fd, into) {
        length.writeUInt32LE(from.length);
        const received = recvfrom(fd, into, into.length, MSG_DONTWAIT, from, length);
        return received < 0 ? undefined : { length: received, ...decodeSocketAddress(from) };
      },
      close: (fd) => {
        close(fd);
      },
      readCached(fd, views, position) {
        const got = preadv2(fd, vectorOf(views), Math.min(views.length, IOV_MAX), position, RWF_NOWAIT);
        return got < 0 ? -koffi.errno() : got;
      },
      wakeup: () => check(eventfd(0, FLAGS), "eventfd"),
      poller,
    };
  } catch {
    return undefined;
  }
}
