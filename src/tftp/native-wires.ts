import { createSocket, type Socket } from "node:dgram";
import { bindSocket, familyOf, literalLookup } from "./address.ts";
import {
  EAGAIN,
  ECONNREFUSED,
  EINVAL,
  EIO,
  EMSGSIZE,
  IP_MTU,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_MTU,
  type NativeSockets,
  type Poller,
  SO_REUSEADDR,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SOL_SOCKET,
  SOL_UDP,
  UDP_SEGMENT,
} from "./native.ts";
import { ErrorCode, encodeError, mayBeAnswered } from "./packet.ts";
import { ignore, type PortRange } from "./ports.ts";
import type { Peer, Wire, WireEvents, WireFactory } from "./wire.ts";

/** Ports that transfers share when no range is given. */
const POOL = 16;
/** What the kernel takes in one send: 64 segments, and an IP packet's length with some room for headers. */
const MAX_SEGMENTS = 64;
const MAX_SEND = 65_000;
const SEND_BUFFER = 1024 * 1024;
/** How long a client's late packets are known for what they are, milliseconds. */
const MEMORY = 30_000;
const REMEMBERED = 4096;
const RECEIVE = 2048;

/** A port of ours: the socket on it hears only those who belong to no transfer. */
interface OwnPort {
  readonly port: number;
  readonly strangers: Socket | undefined;
}

/**
 * One connected socket a transfer, a whole window in one call where the kernel cuts it up (UDP_SEGMENT), and one wait
 * for all of them. Transfers share a few ports: the kernel gives a packet to the socket that is connected to its sender,
 * and everything else to the port's own socket, which answers with error 5 (RFC 1350 §4).
 */
export class NativeWires implements WireFactory {
  readonly #native: NativeSockets;
  readonly #poller: Poller;
  readonly #range: PortRange | undefined;
  readonly #sharedPorts: ReadonlyMap<string, number> | undefined;
  readonly #now: () => number;
  readonly #onStranger: (from: Peer, local: string, bytes: Buffer) => void;
  readonly #wires = new Map<number, NativeWire>();
  readonly #ports = new Map<string, OwnPort[]>();
  readonly #recent = new Map<string, number>();
  readonly #buffer = Buffer.alloc(RECEIVE);
  #turn = 0;

  /**
   * `sharedPorts`: our address → its request port, when all transfers are to use that. `onStranger`: told of a packet that reached a
   * transfer's socket before it was connected (only with a shared port).
   */
  constructor(options: {
    readonly native: NativeSockets;
    readonly ports: PortRange | undefined;
    readonly sharedPorts: ReadonlyMap<string, number> | undefined;
    readonly now: () => number;
    readonly onStranger: (from: Peer, local: string, bytes: Buffer) => void;
  }) {
    this.#native = options.native;
    this.#poller = options.native.poller();
    this.#range = options.ports;
    this.#sharedPorts = options.sharedPorts;
    this.#now = options.now;
    this.#onStranger = options.onStranger;
  }

  get description(): string {
    return "connected sockets, a window a system call (UDP_SEGMENT)";
  }

  /** Adds a descriptor whose readiness ends a wait; `poll` reports it. */
  watch(fd: number): void {
    this.#poller.add(fd);
  }

  async open(peer: Peer, local: string, packet: number, events: WireEvents): Promise<Wire> {
    const port = this.#choosePort(local);
    const native = this.#native;
    const fd = native.socket(peer.family);
    try {
      native.setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
      this.#grow(fd);
      native.bind(fd, local, port);
      native.connect(fd, peer.address, peer.port);
      this.#drain(fd, peer, local);
      this.#poller.add(fd);
    } catch (error) {
      native.close(fd);
      throw error;
    }
    const segments = this.#enableSegments(fd, peer, packet);
    const wire = new NativeWire(native, this.#poller, fd, segments, events, () => {
      this.#wires.delete(fd);
      this.#remember(peer);
    });
    this.#wires.set(fd, wire);
    return wire;
  }

  /**
   * Waits up to `milliseconds` for packets, and hands them out. Returns how many sockets were ready; `onOther` is called
   * with a descriptor that was given to `watch`.
   */
  poll(milliseconds: number, onOther: (fd: number) => void): number {
    const ready = this.#poller.wait(milliseconds);
    for (let i = 0; i < ready; i++) {
      const fd = this.#poller.fd(i);
      const wire = this.#wires.get(fd);
      if (!wire) onOther(fd);
      else if (this.#poller.writable(i)) wire.flush();
      else wire.receive(this.#buffer);
    }
    return ready;
  }

  close(): void {
    for (const wire of [...this.#wires.values()]) wire.close();
    for (const ports of this.#ports.values()) for (const { strangers } of ports) strangers?.close();
    this.#ports.clear();
    this.#poller.close();
  }

  /** Room for a window; beyond the system's limit where we may. */
  #grow(fd: number): void {
    try {
      this.#native.setOption(fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER);
    } catch {
      this.#native.setOption(fd, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER);
    }
  }

  /** Segments only where a packet fits the path; elsewhere the kernel would drop them all. */
  #enableSegments(fd: number, peer: Peer, packet: number): boolean {
    const native = this.#native;
    try {
      const ipv6 = peer.family === "IPv6";
      const mtu = ipv6
        ? native.getOption(fd, IPPROTO_IPV6, IPV6_MTU)
        : native.getOption(fd, IPPROTO_IP, IP_MTU);
      if (packet + 8 + (ipv6 ? 40 : 20) > mtu) return false;
      native.setOption(fd, SOL_UDP, UDP_SEGMENT, packet);
      return true;
    } catch {
      // An old kernel.
      return false;
    }
  }

  /** Between bind and connect the socket hears anybody: what it heard then belongs to others. */
  #drain(fd: number, peer: Peer, local: string): void {
    for (let i = 0; i < 64; i++) {
      const heard = this.#native.receiveFrom(fd, this.#buffer);
      if (!heard) return;
      const from = { address: heard.address, port: heard.port, family: peer.family };
      this.#onStranger(from, local, Buffer.from(this.#buffer.subarray(0, heard.length)));
    }
  }

  #choosePort(local: string): number {
    const shared = this.#sharedPorts?.get(local);
    if (shared !== undefined) return shared;
    const own = this.#ports.get(local) ?? this.#openPorts(local);
    const chosen = own[this.#turn++ % own.length];
    if (!chosen) throw new Error("no port for the transfer");
    return chosen.port;
  }

  /** A few ports are enough for any number of transfers, since sockets are told apart by their clients. */
  #openPorts(local: string): OwnPort[] {
    const own: OwnPort[] = [];
    let failure: unknown = new Error("the port range is empty");
    const { first, last } = this.#range ?? { first: 1, last: POOL };
    for (let port = first; port <= last && own.length < POOL; port++) {
      try {
        own.push(this.#openPort(local, this.#range ? port : 0));
      } catch (error) {
        failure = error;
      }
    }
    if (own.length === 0) throw failure;
    this.#ports.set(local, own);
    return own;
  }

  #openPort(local: string, wanted: number): OwnPort {
    const native = this.#native;
    const family = familyOf(local);
    const fd = native.socket(family);
    try {
      // A port of the range may be shared with other workers; any other one must not be shared with anybody at first.
      if (wanted !== 0) native.setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
      native.bind(fd, local, wanted);
      native.setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
      const port = native.portOf(fd);
      return { port, strangers: this.#answerStrangers(fd, family) };
    } catch (error) {
      native.close(fd);
      throw error;
    }
  }

  /** Takes the descriptor over. */
  #answerStrangers(fd: number, family: "IPv4" | "IPv6"): Socket {
    const socket = createSocket({ type: family === "IPv6" ? "udp6" : "udp4", lookup: literalLookup });
    socket.on("error", ignore);
    socket.on("message", (bytes, from) => {
      // A late packet of a transfer that has ended needs no answer: its client may be waiting for something else.
      if (!mayBeAnswered(bytes) || this.#wasHere(from)) return;
      const answer = encodeError(ErrorCode.unknownTransfer, "unknown transfer");
      socket.send(answer, from.port, from.address, ignore);
    });
    bindSocket(socket, { fd }).catch(ignore);
    return socket;
  }

  #remember(peer: Peer): void {
    const key = `${peer.address}/${peer.port}`;
    this.#recent.delete(key);
    this.#recent.set(key, this.#now() + MEMORY);
    if (this.#recent.size <= REMEMBERED) return;
    for (const oldest of this.#recent.keys()) {
      this.#recent.delete(oldest);
      return;
    }
  }

  #wasHere(peer: { readonly address: string; readonly port: number }): boolean {
    return (this.#recent.get(`${peer.address}/${peer.port}`) ?? 0) > this.#now();
  }
}

class NativeWire implements Wire {
  readonly #native: NativeSockets;
  readonly #poller: Poller;
  readonly #fd: number;
  readonly #events: WireEvents;
  readonly #onClose: () => void;
  #segments: boolean;
  #closed = false;
  /** What the kernel had no room for. */
  #waiting: { rest: Buffer; readonly packet: number; readonly done: () => void }[] = [];

  constructor(
    native: NativeSockets,
    poller: Poller,
    fd: number,
    segments: boolean,
    events: WireEvents,
    onClose: () => void,
  ) {
    this.#native = native;
    this.#poller = poller;
    this.#fd = fd;
    this.#segments = segments;
    this.#events = events;
    this.#onClose = onClose;
  }

  receive(into: Buffer): void {
    const received = this.#native.receive(this.#fd, into);
    if (received >= 0) this.#events.onPacket(into, received);
    else if (received === -ECONNREFUSED) this.#events.onUnreachable();
  }

  send(packets: Buffer, packet: number, done: () => void): void {
    const sent = this.#waiting.length > 0 ? 0 : this.#push(packets, packet);
    if (sent >= packets.length) {
      done();
      return;
    }
    if (this.#waiting.length === 0) this.#poller.watchWritable(this.#fd, true);
    this.#waiting.push({ rest: packets.subarray(sent), packet, done });
  }

  /** There is room again. */
  flush(): void {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      const sent = this.#push(next.rest, next.packet);
      next.rest = next.rest.subarray(sent);
      if (next.rest.length > 0) return;
      this.#waiting.shift();
      next.done();
    }
    if (!this.#closed) this.#poller.watchWritable(this.#fd, false);
  }

  sendOne(packet: Buffer): void {
    if (!this.#closed) this.#native.send(this.#fd, packet);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { done } of this.#waiting.splice(0)) done();
    this.#poller.remove(this.#fd);
    this.#native.close(this.#fd);
    this.#onClose();
  }

  /** Sends until all is gone or the kernel has no room; how many octets are done with, sent or lost. */
  #push(packets: Buffer, packet: number): number {
    const { length } = packets;
    let at = 0;
    while (at < length) {
      if (this.#closed) return length;
      const most = this.#segments ? Math.min(MAX_SEGMENTS, Math.max(1, Math.floor(MAX_SEND / packet))) : 1;
      const end = Math.min(length, at + most * packet);
      const sent = this.#native.send(
        this.#fd,
        at === 0 && end === length ? packets : packets.subarray(at, end),
      );
      if (sent === -EAGAIN) return at;
      if (sent < 0 && this.#segments && (sent === -EIO || sent === -EINVAL || sent === -EMSGSIZE)) {
        // The interface cannot do it after all.
        this.#segments = false;
        try {
          this.#native.setOption(this.#fd, SOL_UDP, UDP_SEGMENT, 0);
        } catch {
          // Then single packets fail as well, and the transfer times out.
        }
        continue;
      }
      if (sent === -ECONNREFUSED) this.#events.onUnreachable();
      // Any other error is a lost packet.
      at = end;
    }
    return length;
  }
}
