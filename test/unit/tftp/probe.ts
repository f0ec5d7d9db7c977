import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { literalLookup } from "../../../src/tftp/address.ts";
import { DATA_HEADER, encodeAck, encodeRequest, Opcode } from "../../../src/tftp/packet.ts";
import { TftpServer, type TftpServerOptions } from "../../../src/tftp/server.ts";
import type { TftpContent, TftpEvent, TftpRequest } from "../../../src/tftp/source.ts";

export interface Datagram {
  readonly bytes: Buffer;
  readonly from: RemoteInfo;
}

/** A bare UDP socket that says what it is told to, and hands over what it hears in turn. */
export class Probe {
  readonly #socket: Socket;
  readonly #heard: Datagram[] = [];
  #waiting: ((datagram: Datagram) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("message", (bytes, from) => {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if (waiting) waiting({ bytes, from });
      else this.#heard.push({ bytes, from });
    });
  }

  static async open(address = "127.0.0.1", port = 0): Promise<Probe> {
    // Sends leave at once, so that closing right after one does not lose it.
    const socket = createSocket({ type: address.includes(":") ? "udp6" : "udp4", lookup: literalLookup });
    const listening = once(socket, "listening");
    socket.bind(port, address);
    await listening;
    return new Probe(socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  send(bytes: Buffer | string, port: number, address = "127.0.0.1"): void {
    this.#socket.send(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes, port, address);
  }

  /** The next datagram, however long it takes (the test's own time-out ends it). */
  next(): Promise<Datagram> {
    const heard = this.#heard.shift();
    if (heard) return Promise.resolve(heard);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  /** Datagrams that came and were not taken. */
  get unread(): readonly Datagram[] {
    return this.#heard;
  }

  close(): void {
    this.#socket.close();
  }
}

export function request(filename: string, options: Record<string, string> = {}, mode = "octet"): Buffer {
  return encodeRequest(
    "read",
    filename,
    mode,
    Object.entries(options).map(([name, value]) => ({ name, value })),
  );
}

/** `error 2 access violation`, `data 1 (512)`, `oack blksize=1432`, `ack 0`. */
export function describePacket(bytes: Buffer): string {
  const opcode = bytes.readUInt16BE(0);
  if (opcode === Opcode.data) return `data ${bytes.readUInt16BE(2)} (${bytes.length - DATA_HEADER})`;
  if (opcode === Opcode.error)
    return `error ${bytes.readUInt16BE(2)} ${bytes.toString("latin1", 4, bytes.length - 1)}`;
  if (opcode === Opcode.oack) {
    const parts = bytes.toString("latin1", 2).split("\0").slice(0, -1);
    const pairs = parts.flatMap((name, i) => (i % 2 === 0 ? [`${name}=${parts[i + 1]}`] : []));
    return `oack ${pairs.join(" ")}`;
  }
  return `opcode ${opcode}`;
}

/**
 * Fetches a file in lock-step or windows; the error packet's description when there is one. `onFirst` is called when the
 * first packet is there, before it is acknowledged.
 */
export async function fetchFile(
  server: { readonly port: number; readonly address?: string },
  filename: string,
  options: Record<string, string> = {},
  mode = "octet",
  onFirst: () => void = () => undefined,
): Promise<Buffer | string> {
  const address = server.address ?? "127.0.0.1";
  const probe = await Probe.open(address.includes(":") ? "::1" : "127.0.0.1");
  try {
    probe.send(request(filename, options, mode), server.port, address);
    let blockSize = 512;
    let windowSize = 1;
    const parts: Buffer[] = [];
    for (let first = true; ; first = false) {
      const { bytes, from } = await probe.next();
      if (first) onFirst();
      const what = describePacket(bytes);
      if (what.startsWith("error")) return what;
      if (what.startsWith("oack")) {
        blockSize = Number(/blksize=(\d+)/.exec(what)?.[1] ?? 512);
        windowSize = Number(/windowsize=(\d+)/.exec(what)?.[1] ?? 1);
        probe.send(encodeAck(0), from.port, address);
        continue;
      }
      if (bytes.readUInt16BE(2) !== ((parts.length + 1) & 0xffff)) continue;
      parts.push(bytes.subarray(DATA_HEADER));
      const last = bytes.length - DATA_HEADER < blockSize;
      if (last || parts.length % windowSize === 0) probe.send(encodeAck(parts.length), from.port, address);
      if (last) return Buffer.concat(parts);
    }
  } finally {
    probe.close();
  }
}

/** A server on loopback with what it told. */
export interface TestServer {
  readonly server: TftpServer;
  readonly port: number;
  readonly events: TftpEvent[];
  /** The next event of this kind that nobody has waited for yet. */
  event<K extends TftpEvent["kind"]>(kind: K): Promise<TftpEvent & { kind: K }>;
  close(): Promise<void>;
}

/** Starts a server in this thread. `answer`: its source; `Server`: its code, where that is not the sources'. */
export async function serve(
  answer: (request: TftpRequest) => TftpContent | Promise<TftpContent>,
  options: Partial<TftpServerOptions> = {},
  Server: typeof TftpServer = TftpServer,
): Promise<TestServer> {
  const events: TftpEvent[] = [];
  const unclaimed: TftpEvent[] = [];
  const waiting: { kind: string; resolve: (event: TftpEvent) => void }[] = [];
  const server = new Server({
    addresses: ["127.0.0.1"],
    port: 0,
    workers: 0,
    source: { resolve: async (asked) => answer(asked) },
    observer: {
      onEvent: (event) => {
        events.push(event);
        const index = waiting.findIndex(({ kind }) => kind === event.kind);
        if (index < 0) unclaimed.push(event);
        else waiting.splice(index, 1)[0]?.resolve(event);
      },
    },
    ...options,
  });
  await server.start();
  const event = <K extends TftpEvent["kind"]>(kind: K): Promise<TftpEvent & { kind: K }> => {
    const isWanted = (one: TftpEvent): one is TftpEvent & { kind: K } => one.kind === kind;
    const index = unclaimed.findIndex(isWanted);
    const found = index < 0 ? undefined : unclaimed.splice(index, 1)[0];
    if (found && isWanted(found)) return Promise.resolve(found);
    return new Promise((resolve) => {
      waiting.push({ kind, resolve: (one) => isWanted(one) && resolve(one) });
    });
  };
  return {
    server,
    port: server.addresses()[0]?.port ?? 0,
    events,
    event,
    close: () => server.close(),
  };
}
