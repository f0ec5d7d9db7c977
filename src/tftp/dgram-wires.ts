import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { bindSocket, literalLookup } from "./address.ts";
import { ErrorCode, encodeError, mayBeAnswered } from "./packet.ts";
import { ignore, type PortRange } from "./ports.ts";
import type { Peer, Wire, WireEvents, WireFactory } from "./wire.ts";

/** Answers to foreign senders that one transfer gives: enough for a lost client, too few for an attack. */
const FOREIGN_ANSWERS = 4;
/** A window and more may wait in the kernel. */
const BUFFER = 512 * 1024;

/**
 * The way that works everywhere: a socket of its own for each transfer, one system call for each packet. The socket is
 * not connected, so that a foreign sender can be told that there is nothing for it here (RFC 1350 §4).
 */
export class DgramWires implements WireFactory {
  readonly description = "one system call a packet (node:dgram)";
  readonly #ports: PortRange | undefined;
  #next: number;

  constructor(ports: PortRange | undefined) {
    this.#ports = ports;
    this.#next = ports?.first ?? 0;
  }

  async open(peer: Peer, local: string, _packet: number, events: WireEvents): Promise<Wire> {
    const socket = await this.#bind(peer, local);
    let foreign = 0;
    socket.on("message", (bytes: Buffer, from: RemoteInfo) => {
      if (from.port === peer.port && from.address === peer.address) events.onPacket(bytes, bytes.length);
      else if (mayBeAnswered(bytes) && foreign++ < FOREIGN_ANSWERS) {
        socket.send(
          encodeError(ErrorCode.unknownTransfer, "unknown transfer"),
          from.port,
          from.address,
          ignore,
        );
      }
    });
    socket.on("error", () => events.onUnreachable());
    return new DgramWire(socket, peer, true);
  }

  close(): void {
    // Each wire closes its own socket.
  }

  async #bind(peer: Peer, local: string): Promise<Socket> {
    const range = this.#ports;
    for (let tries = range ? range.last - range.first : 0; ; tries--) {
      const socket = createSocket({ type: peer.family === "IPv6" ? "udp6" : "udp4", lookup: literalLookup });
      try {
        await bindSocket(socket, { address: local, port: range ? this.#turn(range) : 0 });
        grow(socket);
        return socket;
      } catch (error) {
        socket.close();
        if (tries <= 0) throw error;
      }
    }
  }

  #turn(range: PortRange): number {
    const port = this.#next;
    this.#next = port >= range.last ? range.first : port + 1;
    return port;
  }
}

/** All transfers at the request port: for networks that rewrite addresses. The listener hands the packets out. */
export class SharedPortWires implements WireFactory {
  readonly description = "all transfers at the request port, one system call a packet (node:dgram)";
  readonly #socketFor: (local: string) => Socket | undefined;
  readonly #wires = new Map<string, WireEvents>();

  /** `socketFor`: the request socket of an address. */
  constructor(socketFor: (local: string) => Socket | undefined) {
    this.#socketFor = socketFor;
  }

  /** Gives a packet to the transfer of its sender; false when it has none. */
  deliver(bytes: Buffer, from: { readonly address: string; readonly port: number }): boolean {
    const events = this.#wires.get(`${from.address}/${from.port}`);
    events?.onPacket(bytes, bytes.length);
    return events !== undefined;
  }

  async open(peer: Peer, local: string, _packet: number, events: WireEvents): Promise<Wire> {
    const socket = this.#socketFor(local);
    if (!socket) throw new Error(`no request socket at ${local}`);
    const key = `${peer.address}/${peer.port}`;
    this.#wires.set(key, events);
    return new DgramWire(socket, peer, false, () => {
      if (this.#wires.get(key) === events) this.#wires.delete(key);
    });
  }

  close(): void {
    this.#wires.clear();
  }
}

class DgramWire implements Wire {
  readonly #socket: Socket;
  readonly #peer: Peer;
  readonly #own: boolean;
  readonly #onClose: (() => void) | undefined;
  #closed = false;

  constructor(socket: Socket, peer: Peer, own: boolean, onClose?: () => void) {
    this.#socket = socket;
    this.#peer = peer;
    this.#own = own;
    this.#onClose = onClose;
  }

  send(packets: Buffer, packet: number, done: () => void): void {
    const { port, address } = this.#peer;
    const last = packets.length - packet;
    if (this.#closed) {
      done();
      return;
    }
    let at = 0;
    for (; at < last; at += packet) this.#socket.send(packets, at, packet, port, address, ignore);
    // A socket sends in order: when the last packet has left, so have the others.
    this.#socket.send(packets, at, packets.length - at, port, address, done);
  }

  sendOne(packet: Buffer): void {
    if (!this.#closed) this.#socket.send(packet, this.#peer.port, this.#peer.address, ignore);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose?.();
    if (this.#own) this.#socket.close();
  }
}

/** Room for a window in the kernel; what it grants is enough. */
export function grow(socket: Socket): void {
  try {
    socket.setSendBufferSize(BUFFER);
    socket.setRecvBufferSize(BUFFER);
  } catch {
    // The kernel's own sizes do, with more loss.
  }
}
