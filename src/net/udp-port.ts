import type dgram from "node:dgram";
import { type DatagramSlab, SLOT_SIZE, SLOTS } from "./datagram-slab.ts";
import { formatIpv4, type Ipv4, parseIpv4 } from "./ipv4.ts";
import type { Native } from "./native.ts";
import { openBound, type UdpSocketOptions } from "./udp.ts";

/** Where a datagram came from. */
export interface UdpSource {
  readonly address: Ipv4;
  readonly port: number;
}

/**
 * A UDP socket for servers that answer thousands of datagrams a second. With native calls it is event-driven as any dgram
 * socket, but takes what else waits in the queue in one system call, and sends all the answers of a turn in another: less than half
 * the work per datagram. Without them it is a dgram socket.
 */
export interface UdpPort {
  /** The octets are the handler's own. An exception of the handler is the caller's fault: it ends the process. */
  onMessage(handler: (bytes: Buffer, from: UdpSource) => void): void;
  onError(handler: (error: Error) => void): void;
  /** `failed` is called, at once or later, when the datagram could not be sent. The octets may be used anew after the call. */
  send(bytes: Buffer, address: Ipv4, port: number, failed: (error: Error) => void): void;
  close(): Promise<void>;
}

/** Rejects with a node style error and leaves nothing open. */
export async function openUdpPort(options: UdpSocketOptions, native: Native | undefined): Promise<UdpPort> {
  const { socket, fd } = await openBound(options, native);
  const slabs = fd === undefined ? [] : [native?.slab(), native?.slab()];
  const [inbox, outbox] = slabs;
  return native !== undefined && fd !== undefined && inbox && outbox
    ? new NativePort(socket, native, fd, [inbox, outbox])
    : new DgramPort(socket);
}

class DgramPort implements UdpPort {
  protected readonly socket: dgram.Socket;
  protected isOpen = true;

  constructor(socket: dgram.Socket) {
    this.socket = socket;
  }

  onMessage(handler: (bytes: Buffer, from: UdpSource) => void): void {
    this.socket.on("message", (bytes, from) => {
      const address = parseIpv4(from.address);
      if (address !== undefined) handler(bytes, { address, port: from.port });
    });
  }

  onError(handler: (error: Error) => void): void {
    this.socket.on("error", handler);
  }

  send(bytes: Buffer, address: Ipv4, port: number, failed: (error: Error) => void): void {
    if (!this.isOpen) return;
    // It may be sent later, and the caller goes on with its buffer.
    this.socket.send(Buffer.from(bytes), port, formatIpv4(address), (error) => {
      if (error) failed(error);
    });
  }

  close(): Promise<void> {
    if (!this.isOpen) return Promise.resolve();
    this.isOpen = false;
    return new Promise((resolve) => {
      this.socket.close(() => resolve());
    });
  }
}

class NativePort extends DgramPort {
  readonly #native: Native;
  readonly #fd: number;
  /** What came, and what is to go at the end of this turn. */
  readonly #inbox: DatagramSlab;
  readonly #outbox: DatagramSlab;
  readonly #failed: ((error: Error) => void)[] = [];

  constructor(socket: dgram.Socket, native: Native, fd: number, slabs: [DatagramSlab, DatagramSlab]) {
    super(socket);
    this.#native = native;
    this.#fd = fd;
    [this.#inbox, this.#outbox] = slabs;
  }

  override onMessage(handler: (bytes: Buffer, from: UdpSource) => void): void {
    super.onMessage((bytes, from) => {
      handler(bytes, from);
      this.#drain(handler);
    });
  }

  override send(bytes: Buffer, address: Ipv4, port: number, failed: (error: Error) => void): void {
    if (!this.isOpen) return;
    if (bytes.length > SLOT_SIZE) {
      super.send(bytes, address, port, failed);
      return;
    }
    if (this.#failed.length === SLOTS) this.#flush();
    if (this.#failed.length === 0) queueMicrotask(() => this.#flush());
    this.#outbox.put(this.#failed.length, bytes, address, port);
    this.#failed.push(failed);
  }

  override close(): Promise<void> {
    this.#flush();
    return super.close();
  }

  #drain(handler: (bytes: Buffer, from: UdpSource) => void): void {
    if (!this.isOpen) return;
    const count = this.#receive();
    for (let slot = 0; slot < count; slot++) {
      const received = this.#inbox.take(slot);
      if (received && this.isOpen) handler(received.bytes, received);
    }
  }

  #receive(): number {
    try {
      return this.#native.receiveMany(this.#fd, this.#inbox);
    } catch {
      // An ICMP error of an earlier send: nothing was received, and dgram will tell of what lasts.
      return 0;
    }
  }

  /** Sends what was put into the outbox. Every one of them is tried: that one cannot be sent is no fault of the next. */
  #flush(): void {
    // Once it is closed the descriptor may be another file's.
    const failed = this.isOpen ? this.#failed.splice(0) : [];
    for (let next = 0; next < failed.length; ) {
      try {
        const sent = this.#native.sendMany(this.#fd, this.#outbox, next, failed.length);
        if (sent > 0) {
          next += sent;
          continue;
        }
        // The queue is full: dgram waits for room.
        const { bytes, address, port } = this.#outbox.look(next);
        super.send(bytes, address, port, failed[next] ?? (() => undefined));
      } catch (error) {
        failed[next]?.(error instanceof Error ? error : new Error(String(error)));
      }
      next += 1;
    }
  }
}
