import type { RemoteInfo } from "node:dgram";
import { Admission, allowNetworks } from "./admission.ts";
import { HotFiles } from "./hot-files.ts";
import type { LaneEvent, TransferSpec } from "./lane.ts";
import type { LanePort } from "./lane-shell.ts";
import { Lanes } from "./lanes-shell.ts";
import { DEFAULT_LIMITS, negotiationLimits, type TftpLimits } from "./limits.ts";
import { closeListener, type Listener, openListener } from "./listener.ts";
import { negotiate } from "./options.ts";
import { decodeArrival, ErrorCode, encodeError, Opcode, type RequestPacket } from "./packet.ts";
import { ignore, type PortRange } from "./ports.ts";
import type { TftpContent, TftpEvent, TftpObserver, TftpSource } from "./source.ts";

export interface TftpServerOptions {
  /** Addresses to listen at (IPv4 or IPv6, a wildcard too). Transfers answer from the address that was asked. */
  readonly addresses: readonly string[];
  /** 69, or 0 for any free port. */
  readonly port: number;
  readonly source: TftpSource;
  readonly observer: TftpObserver;
  readonly limits?: Partial<TftpLimits>;
  /** Networks that may ask (`10.0.0.0/8`, `fd00::/8`); default: all. */
  readonly allow?: readonly string[];
  /** Ports for transfers, for firewalls; default: any. */
  readonly ports?: PortRange;
  /** All transfers at the request port, for NAT and containers. */
  readonly singlePort?: boolean;
  /** Threads for transfers; 0: none, transfers run in the caller's. Default: by the number of processors. */
  readonly workers?: number;
}

/** An address that the server listens at. */
export interface TftpAddress {
  readonly address: string;
  readonly port: number;
}

/** A request that is being served. */
interface Entry {
  readonly id: number;
  readonly key: string;
  readonly listener: Listener;
  readonly client: RemoteInfo;
  readonly bytes: Buffer;
  readonly filename: string;
  lane: LanePort | undefined;
}

const CLIENT_TEXT: ReadonlyMap<number, string> = new Map([
  [ErrorCode.notFound, "file not found"],
  [ErrorCode.accessViolation, "access violation"],
]);

/**
 * A read-only TFTP server (RFC 1350, 2347, 2348, 2349, 7440). It knows no folders: names go to the source as they came.
 */
export class TftpServer {
  readonly #options: TftpServerOptions;
  readonly #limits: TftpLimits;
  readonly #now = () => performance.now();
  readonly #admission: Admission;
  readonly #listeners: Listener[] = [];
  readonly #byKey = new Map<string, Entry>();
  readonly #byId = new Map<number, Entry>();
  #lanes: Lanes | undefined;
  readonly #hot: HotFiles;
  #nextId = 1;
  #closing = false;

  constructor(options: TftpServerOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#admission = new Admission(this.#limits, options.allow ? allowNetworks(options.allow) : () => true);
    this.#hot = new HotFiles({
      ceiling: Math.floor(this.#limits.memory / 4),
      fileLimit: this.#limits.smallFile,
    });
  }

  /** Where it listens; empty before `start`. */
  addresses(): readonly TftpAddress[] {
    return this.#listeners.map(({ address, port }) => ({ address, port }));
  }

  /** How octets are moved, for the log. */
  description(): string {
    return this.#lanes?.description ?? "not started";
  }

  /** Opens the sockets. Rejects with the system's error (EACCES, EADDRINUSE) and leaves nothing open then. */
  async start(): Promise<void> {
    const { addresses, port, ports, workers, singlePort = false } = this.#options;
    try {
      for (const address of addresses) {
        this.#listeners.push(await openListener(address, port, singlePort, this.#onDatagram));
      }
      this.#lanes = await Lanes.start({
        limits: this.#limits,
        ports,
        workers,
        shared: singlePort ? new Map(this.#listeners.map((one) => [one.address, one.socket])) : undefined,
        emit: (event) => this.#onLane(event),
      });
    } catch (error) {
      for (const { socket } of this.#listeners.splice(0)) socket.close();
      throw error;
    }
  }

  /** Takes no more requests, gives running transfers a moment, tells the rest, and closes everything. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    await this.#lanes?.close();
    await Promise.all(this.#listeners.splice(0).map(({ socket }) => closeListener(socket)));
  }

  readonly #onDatagram = (listener: Listener, bytes: Buffer, client: RemoteInfo): void => {
    if (!looksLikeRequest(bytes) && this.#lanes?.deliver(bytes, client)) return;
    if (this.#closing || client.port === 0) return;
    const arrival = decodeArrival(bytes);
    // Whatever else comes here is never answered: two servers would otherwise answer each other for ever.
    if (arrival.kind === "stray") return;
    const filename = arrival.kind === "malformed" ? undefined : arrival.filename;
    const barred = this.#admission.request(client.address, this.#now());
    if (barred !== undefined) {
      this.#refused(client, filename, ErrorCode.other, barred);
      return;
    }
    if (arrival.kind === "malformed") {
      this.#refuse(
        listener,
        client,
        filename,
        ErrorCode.illegalOperation,
        arrival.reason,
        "malformed request",
      );
    } else if (arrival.kind === "write") {
      this.#refuse(
        listener,
        client,
        filename,
        ErrorCode.accessViolation,
        "write request",
        "this server is read-only",
      );
    } else if (arrival.mode !== "octet" && arrival.mode !== "netascii") {
      const reason = `mode ${JSON.stringify(arrival.mode.slice(0, 32))}`;
      this.#refuse(listener, client, filename, ErrorCode.illegalOperation, reason, "unsupported mode");
    } else this.#onRequest(listener, client, bytes, arrival, arrival.mode);
  };

  #onRequest(
    listener: Listener,
    client: RemoteInfo,
    bytes: Buffer,
    request: RequestPacket,
    mode: TransferSpec["mode"],
  ): void {
    const key = `${client.address}/${client.port}/${listener.address}`;
    const earlier = this.#byKey.get(key);
    if (earlier) {
      if (earlier.bytes.equals(bytes)) {
        // A copy; or the client missed our answer; or it starts over. The transfer knows.
        earlier.lane?.again(earlier.id);
        return;
      }
      if (earlier.lane) earlier.lane.supersede(earlier.id);
      else this.#forget(earlier);
    }
    const full = this.#admission.enter(client.address);
    if (full !== undefined) {
      // No answer: the client will ask again, and there may be room then.
      this.#refused(client, request.filename, ErrorCode.other, full);
      return;
    }
    const entry: Entry = {
      id: this.#nextId++,
      key,
      listener,
      client,
      bytes: Buffer.from(bytes),
      filename: request.filename,
      lane: undefined,
    };
    this.#byKey.set(key, entry);
    this.#byId.set(entry.id, entry);
    this.#resolve(entry, request, mode).catch((error: unknown) => {
      this.#refuseEntry(entry, ErrorCode.other, error instanceof Error ? error.message : String(error));
    });
  }

  async #resolve(entry: Entry, request: RequestPacket, mode: TransferSpec["mode"]): Promise<void> {
    const { client, listener } = entry;
    const content = await this.#inTime(
      this.#options.source.resolve({
        filename: request.filename,
        mode,
        client: { address: client.address, port: client.port },
        server: listener.address,
      }),
    );
    // The client may have asked for something else in the meantime.
    if (this.#byId.get(entry.id) !== entry) return;
    if (this.#closing) this.#forget(entry);
    else if (content === undefined) this.#refuseEntry(entry, ErrorCode.other, "the source took too long");
    else if (content.kind === "error")
      this.#refuseEntry(entry, content.code, content.message, content.message);
    else this.#begin(entry, request, mode, await this.#heat(entry, request, mode, content));
  }

  /** A small file that is in shared memory, or will be from now on. */
  async #heat(
    entry: Entry,
    request: RequestPacket,
    mode: TransferSpec["mode"],
    content: Exclude<TftpContent, { kind: "error" }>,
  ): Promise<TransferSpec["content"]> {
    if (content.kind !== "file" || content.extents || mode !== "octet") return content;
    const file = await this.#hot.get(content.path, (size) =>
      negotiate(request.options, size, negotiationLimits(this.#limits, entry.listener.maxBlockSize)),
    );
    return file ?? content;
  }

  #begin(
    entry: Entry,
    request: RequestPacket,
    mode: TransferSpec["mode"],
    content: TransferSpec["content"],
  ): void {
    if (this.#byId.get(entry.id) !== entry) return;
    const lane = this.#lanes?.choose();
    if (!lane) {
      this.#forget(entry);
      return;
    }
    entry.lane = lane;
    lane.begin({
      id: entry.id,
      filename: request.filename,
      mode,
      options: request.options,
      client: { address: entry.client.address, port: entry.client.port, family: entry.client.family },
      server: entry.listener.address,
      maxBlockSize: entry.listener.maxBlockSize,
      content,
    });
  }

  /** Undefined when the source takes too long. */
  async #inTime(answer: Promise<TftpContent>): Promise<TftpContent | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, this.#limits.sourcePatience, undefined);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #onLane(event: LaneEvent): void {
    switch (event.kind) {
      case "event":
        this.#observe(event.event);
        return;
      case "refuse": {
        const entry = this.#byId.get(event.id);
        if (entry) this.#refuseEntry(entry, event.code, event.reason);
        return;
      }
      case "freed": {
        const entry = this.#byId.get(event.id);
        if (!entry) return;
        const newest = this.#byKey.get(entry.key) === entry;
        this.#forget(entry);
        if (event.again && newest) this.#onDatagram(entry.listener, entry.bytes, entry.client);
        return;
      }
      case "request": {
        const { client, server, bytes } = event;
        const listener = this.#listeners.find(({ address }) => address === server);
        if (listener) this.#onDatagram(listener, bytes, { ...client, size: bytes.length });
        return;
      }
      default:
        event satisfies never;
    }
  }

  #forget(entry: Entry): void {
    if (!this.#byId.delete(entry.id)) return;
    if (this.#byKey.get(entry.key) === entry) this.#byKey.delete(entry.key);
    this.#admission.leave(entry.client.address);
  }

  #refuseEntry(entry: Entry, code: number, reason: string, text?: string): void {
    if (this.#byId.get(entry.id) !== entry) return;
    this.#forget(entry);
    const said = text ?? CLIENT_TEXT.get(code) ?? "the file cannot be served";
    this.#refuse(entry.listener, entry.client, entry.filename, code, reason, said);
  }

  /** Tells the client `text` and the observer `reason`. */
  #refuse(
    listener: Listener,
    client: RemoteInfo,
    filename: string | undefined,
    code: number,
    reason: string,
    text: string,
  ): void {
    listener.socket.send(encodeError(code, text), client.port, client.address, ignore);
    this.#refused(client, filename, code, reason);
  }

  #refused(client: RemoteInfo, filename: string | undefined, code: number, reason: string): void {
    const { address, port } = client;
    this.#observe({ kind: "refused", filename, client: { address, port }, code, reason });
  }

  /** An observer that throws is its own problem. */
  #observe(event: TftpEvent): void {
    try {
      this.#options.observer.onEvent(event);
    } catch {
      // Nothing that happens in a log may stop a boot.
    }
  }
}

function looksLikeRequest(bytes: Buffer): boolean {
  return bytes.length >= 2 && bytes[0] === 0 && (bytes[1] === Opcode.read || bytes[1] === Opcode.write);
}
