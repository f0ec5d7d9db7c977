import dgram from "node:dgram";
import { once } from "node:events";
import {
  canBindToDevice,
  loadNative,
  type Native,
  SO_BINDTODEVICE,
  SO_BROADCAST,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_REUSEADDR,
  SOL_SOCKET,
} from "./native.ts";

export interface UdpSocketOptions {
  /**
   * Interface that this socket hears and speaks on, and no other (SO_BINDTODEVICE). Without native calls it cannot be
   * honoured: the socket is then bound to `address` alone, see `canBindToDevice`.
   */
  readonly device?: string | undefined;
  /** Dotted quad; `0.0.0.0` for any. */
  readonly address: string;
  /** 0 for a free one. */
  readonly port: number;
  /** May send to broadcast addresses. */
  readonly broadcast?: boolean;
  readonly reuseAddress?: boolean;
  /** Octets of the kernel's receive queue; beyond the system's limit where we have the right to (SO_RCVBUFFORCE). */
  readonly receiveBuffer?: number;
}

/**
 * dgram looks the address up on every send of an unconnected socket, even a literal one, and so sends it a tick later.
 * Ours are always literal: answered at once.
 */
function literalLookup(
  hostname: string,
  _options: unknown,
  callback: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void {
  callback(null, hostname, 4);
}

/**
 * A bound UDP socket. Rejects with a node style error (`code` EACCES, EADDRINUSE, ENODEV …) and leaves nothing open.
 * `native` is for callers that open many sockets or test the fallback; by default it is found out.
 */
export async function openUdpSocket(
  options: UdpSocketOptions,
  native?: Native | "none",
): Promise<dgram.Socket> {
  const calls = native === "none" ? undefined : (native ?? (options.device ? await loadNative() : undefined));
  return (await openBound(options, calls)).socket;
}

/** A socket, and its descriptor where it was made by native calls. The socket owns the descriptor. */
export interface BoundSocket {
  readonly socket: dgram.Socket;
  readonly fd: number | undefined;
}

/** As `openUdpSocket`, for callers that go on with the descriptor. */
export async function openBound(options: UdpSocketOptions, native: Native | undefined): Promise<BoundSocket> {
  const socket = dgram.createSocket({
    type: "udp4",
    reuseAddr: options.reuseAddress ?? false,
    lookup: literalLookup,
  });
  let fd: number | undefined;
  let owned = false;
  try {
    const listening = once(socket, "listening");
    if (options.device !== undefined && canBindToDevice(native)) {
      fd = boundDescriptor(native, options, options.device);
      socket.bind({ fd });
    } else {
      socket.bind(options.port, options.address);
    }
    await listening;
    owned = true;
    if (options.broadcast) socket.setBroadcast(true);
    if (options.receiveBuffer !== undefined) growReceiveBuffer(socket, options.receiveBuffer);
    return { socket, fd };
  } catch (error) {
    socket.close();
    if (fd !== undefined && !owned) native?.close(fd);
    throw error;
  }
}

function boundDescriptor(native: Native, options: UdpSocketOptions, device: string): number {
  const fd = native.socket("inet");
  try {
    if (options.reuseAddress) native.setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (options.broadcast) native.setOption(fd, SOL_SOCKET, SO_BROADCAST, 1);
    if (options.receiveBuffer !== undefined) forceReceiveBuffer(native, fd, options.receiveBuffer);
    native.setOptionText(fd, SOL_SOCKET, SO_BINDTODEVICE, device);
    native.bind(fd, options.address, options.port);
    return fd;
  } catch (error) {
    native.close(fd);
    throw error;
  }
}

/** Past net.core.rmem_max if we may, else as far as it goes. */
function forceReceiveBuffer(native: Native, fd: number, size: number): void {
  try {
    native.setOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, size);
  } catch {
    native.setOption(fd, SOL_SOCKET, SO_RCVBUF, size);
  }
}

/** Never shrinks what the native path forced. Node reports the doubled size that the kernel keeps books in. */
function growReceiveBuffer(socket: dgram.Socket, size: number): void {
  if (socket.getRecvBufferSize() < size) socket.setRecvBufferSize(size);
}
