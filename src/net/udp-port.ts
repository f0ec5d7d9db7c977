import type dgram from "node:dgram";
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
 * socket, but takes what else waits in the queue right from the system, and sends without a detour: half the work per
 * datagram. Without them it is a dgram socket.
 */
export interface UdpPort {
  /** The octets are the handler's own. An exception of the handler is the caller's fault: it ends the process. */
  onMessage(handler: (bytes: Buffer, from: UdpSource) => void): void;
  onError(handler: (error: Error) => void): void;
  /** `failed` is called, at once or later, when the datagram could not be sent. The octets may be used anew after the call. */
  send(bytes: Buffer, address: Ipv4, port: number, failed: (error: Error) => void): void;
  close(): Promise<void>;
}

/** Taken in one go: others in this event loop want their turn too. */
const AT_ONCE = 64;
/** No UDP datagram is longer. */
const LARGEST = 65_535;

/** Rejects with a node style error and leaves nothing open. */
export async function openUdpPort(options: UdpSocketOptions, native: Native | undefined): Promise<UdpPort> {
  const { socket, fd } = await openBound(options, native);
  return native !== undefined && fd !== undefined
    ? new NativePort(socket, native, fd)
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
  readonly #buffer = Buffer.alloc(LARGEST);

  constructor(socket: dgram.Socket, native: Native, fd: number) {
    super(socket);
    this.#native = native;
    this.#fd = fd;
  }

  override onMessage(handler: (bytes: Buffer, from: UdpSource) => void): void {
    super.onMessage((bytes, from) => {
      handler(bytes, from);
      this.#drain(handler);
    });
  }

  override send(bytes: Buffer, address: Ipv4, port: number, failed: (error: Error) => void): void {
    // Once it is closed the descriptor may be another file's.
    if (!this.isOpen) return;
    try {
      if (this.#native.sendTo(this.#fd, bytes, address, port)) return;
    } catch (error) {
      failed(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    // The queue is full: dgram waits for room.
    super.send(bytes, address, port, failed);
  }

  #drain(handler: (bytes: Buffer, from: UdpSource) => void): void {
    for (let count = 0; count < AT_ONCE && this.isOpen; count++) {
      const received = this.#receive();
      if (!received) return;
      handler(Buffer.from(this.#buffer.subarray(0, received.size)), received);
    }
  }

  #receive() {
    try {
      return this.#native.receiveFrom(this.#fd, this.#buffer);
    } catch {
      // An ICMP error of an earlier send: nothing was received, and dgram will tell of what lasts.
      return undefined;
    }
  }
}
