import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { bindSocket, familyOf, literalLookup } from "./address.ts";
import { maxBlockSize, mtuOf } from "./mtu.ts";
import { ignore } from "./ports.ts";

/** Room for a whole lab that boots at once. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;

/** A socket that requests come to. */
export interface Listener {
  readonly socket: Socket;
  readonly address: string;
  readonly port: number;
  /** The largest block that its interface carries unfragmented. */
  readonly maxBlockSize: number;
}

/** Opens the request socket of an address. `shared`: transfers will use its port too. Rejects with the system's error. */
export async function openListener(
  address: string,
  port: number,
  shared: boolean,
  onDatagram: (listener: Listener, bytes: Buffer, from: RemoteInfo) => void,
): Promise<Listener> {
  // Sharing a port must not hide another server on it.
  if (shared && port !== 0) await closeListener(await openSocket(address, port, false));
  const socket = await openSocket(address, port, shared);
  const listener: Listener = {
    socket,
    address,
    port: socket.address().port,
    maxBlockSize: maxBlockSize(await mtuOf(address), familyOf(address)),
  };
  // An error of the socket (a port unreachable that came back) concerns one client, and its time-out sees to it.
  socket.on("error", ignore);
  socket.on("message", (bytes, from) => onDatagram(listener, bytes, from));
  return listener;
}

async function openSocket(address: string, port: number, shared: boolean): Promise<Socket> {
  const family = familyOf(address);
  const socket = createSocket({
    type: family === "IPv6" ? "udp6" : "udp4",
    ipv6Only: family === "IPv6",
    reuseAddr: shared,
    lookup: literalLookup,
  });
  try {
    await bindSocket(socket, { address, port });
    socket.setRecvBufferSize(RECEIVE_BUFFER);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** Closes a request socket; resolves when its port is free. */
export async function closeListener(socket: Socket): Promise<void> {
  const closed = once(socket, "close");
  socket.close();
  await closed;
}
