import type { RemoteInfo } from "node:dgram";
import { Admission, allowNetworks } from "./admission.ts";
import type { TftpCounters } from "./counters.ts";
import { HotFiles } from "./hot-files.ts";
import type { LaneEvent, TransferSpec } from "./lane.ts";
import { Lanes } from "./lanes-shell.ts";
import { DEFAULT_LIMITS, negotiationLimits, type TftpLimits } from "./limits.ts";
import { closeListener, type Listener, openListener } from "./listener.ts";
import { negotiate } from "./options.ts";
import { decodeArrival, ErrorCode, encodeError, Opcode, type RequestPacket } from "./packet.ts";
import { ignore, type PortRange } from "./ports.ts";
import { Reporter } from "./reporter.ts";
import { Requests, type Served } from "./requests.ts";
import type { RefusalCause, TftpContent, TftpObserver, TftpSource } from "./source.ts";

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

/** What an RFC 1350 error code of the source or the file system means to the client, and to the counters. */
const FILE_ERRORS: ReadonlyMap<number, { readonly text: string; readonly cause: RefusalCause }> = new Map([
  [ErrorCode.notFound, { text: "file not found", cause: "not-found" }],
  [ErrorCode.accessViolation, { text: "access violation", cause: "access" }],
]);
const FILE_ERROR = { text: "the file cannot be served", cause: "unavailable" } as const;

/**
 * A read-only TFTP server (RFC 1350, 2347, 2348, 2349, 7440). It knows no folders: names go to the source as they came.
 */
export class TftpServer {
  readonly #options: TftpServerOptions;
  readonly #limits: TftpLimits;
  readonly #now = () => performance.now();
  readonly #admission: Admission;
  readonly #listeners: Listener[] = [];
  readonly #requests = new Requests();
  readonly #reporter: Reporter;
  readonly #hot: HotFiles;
  #lanes: Lanes | undefined;
  #closing = false;

  constructor(options: TftpServerOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#admission = new Admission(this.#limits, options.allow ? allowNetworks(options.allow) : () => true);
    this.#reporter = new Reporter(options.observer, this.#now);
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

  /** Since it was made. */
  counters(): TftpCounters {
    return this.#reporter.counters(this.#requests.size);
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
    this.#reporter.request();
    const filename = arrival.kind === "malformed" ? undefined : arrival.filename;
    const refuse = (code: number, cause: RefusalCause, reason: string, text: string) => {
      listener.socket.send(encodeError(code, text), client.port, client.address, ignore);
      this.#reporter.refused({ filename, client, code, cause, reason });
    };
    const barrier = this.#admission.request(client.address, this.#now());
    if (barrier) {
      // No answer: it would help whoever sends many requests, in whoever's name.
      this.#reporter.refused({ filename, client, code: ErrorCode.other, ...barrier });
    } else if (arrival.kind === "malformed") {
      refuse(ErrorCode.illegalOperation, "malformed", arrival.reason, "malformed request");
    } else if (arrival.kind === "write") {
      refuse(ErrorCode.accessViolation, "write", "write request", "this server is read-only");
    } else if (arrival.mode !== "octet" && arrival.mode !== "netascii") {
      const reason = `mode ${JSON.stringify(arrival.mode.slice(0, 32))}`;
      refuse(ErrorCode.illegalOperation, "mode", reason, "unsupported mode");
    } else this.#onRequest(listener, client, bytes, arrival, arrival.mode);
  };

  #onRequest(
    listener: Listener,
    client: RemoteInfo,
    bytes: Buffer,
    request: RequestPacket,
    mode: TransferSpec["mode"],
  ): void {
    const earlier = this.#requests.of(client, listener);
    if (earlier) {
      if (earlier.bytes.equals(bytes)) {
        // A copy; or the client missed our answer; or it starts over. The transfer knows.
        earlier.lane?.again(earlier.id);
        return;
      }
      if (earlier.lane) earlier.lane.supersede(earlier.id);
      else this.#forget(earlier);
    }
    const { filename } = request;
    const barrier = this.#admission.enter(client.address);
    if (barrier) {
      // No answer: the client will ask again, and there may be room then.
      this.#reporter.refused({ filename, client, code: ErrorCode.other, ...barrier });
      return;
    }
    const served = this.#requests.add(listener, client, bytes, filename);
    this.#resolve(served, request, mode).catch((error: unknown) => {
      this.#refuse(served, ErrorCode.other, error instanceof Error ? error.message : String(error));
    });
  }

  async #resolve(served: Served, request: RequestPacket, mode: TransferSpec["mode"]): Promise<void> {
    const { client, listener } = served;
    const content = await this.#inTime(
      this.#options.source.resolve({
        filename: request.filename,
        mode,
        client: { address: client.address, port: client.port },
        server: listener.address,
      }),
    );
    // The client may have asked for something else in the meantime.
    if (!this.#requests.has(served)) return;
    if (this.#closing) this.#forget(served);
    else if (content === undefined) this.#refuse(served, ErrorCode.other, "the source took too long");
    else if (content.kind === "error") this.#refuse(served, content.code, content.message, content.message);
    else this.#begin(served, request, mode, await this.#heat(served, request, mode, content));
  }

  /** A small file that is in shared memory, or will be from now on. */
  async #heat(
    served: Served,
    request: RequestPacket,
    mode: TransferSpec["mode"],
    content: Exclude<TftpContent, { kind: "error" }>,
  ): Promise<TransferSpec["content"]> {
    if (content.kind !== "file" || content.extents || mode !== "octet") return content;
    const file = await this.#hot.get(content.path, (size) =>
      negotiate(request.options, size, negotiationLimits(this.#limits, served.listener.maxBlockSize)),
    );
    return file ?? content;
  }

  #begin(
    served: Served,
    request: RequestPacket,
    mode: TransferSpec["mode"],
    content: TransferSpec["content"],
  ): void {
    if (!this.#requests.has(served)) return;
    const lane = this.#lanes?.choose();
    if (!lane) {
      this.#forget(served);
      return;
    }
    served.lane = lane;
    lane.begin({
      id: served.id,
      filename: request.filename,
      mode,
      options: request.options,
      client: { address: served.client.address, port: served.client.port, family: served.client.family },
      server: served.listener.address,
      maxBlockSize: served.listener.maxBlockSize,
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
        this.#reporter.tell(event.event);
        return;
      case "refuse": {
        const served = this.#requests.find(event.id);
        if (served) this.#refuse(served, event.code, event.reason);
        return;
      }
      case "freed": {
        const served = this.#requests.find(event.id);
        if (!served) return;
        const newest = this.#requests.isNewest(served);
        this.#forget(served);
        if (event.again && newest) this.#onDatagram(served.listener, served.bytes, served.client);
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

  #forget(served: Served): void {
    if (this.#requests.remove(served)) this.#admission.leave(served.client.address);
  }

  /** Tells the client `text` (by default what the code means), and the observer `reason`. */
  #refuse(served: Served, code: number, reason: string, text?: string): void {
    if (!this.#requests.has(served)) return;
    this.#forget(served);
    const { listener, client, filename } = served;
    const meaning = FILE_ERRORS.get(code) ?? FILE_ERROR;
    listener.socket.send(encodeError(code, text ?? meaning.text), client.port, client.address, ignore);
    this.#reporter.refused({ filename, client, code, cause: meaning.cause, reason });
  }
}

function looksLikeRequest(bytes: Buffer): boolean {
  return bytes.length >= 2 && bytes[0] === 0 && (bytes[1] === Opcode.read || bytes[1] === Opcode.write);
}
