import type { Content } from "./content.ts";
import type { Disk } from "./disk.ts";
import { FileTable, type ReadCached } from "./file-content.ts";
import { type LaidOutFile, laidOutGeometry, laidOutView } from "./laid-out.ts";
import { geometryFor, lastBlockOf, packetSize } from "./layout.ts";
import { negotiationLimits, type TftpLimits } from "./limits.ts";
import { BytesContent, KnownContent, NetasciiContent, toNetascii } from "./memory-content.ts";
import { negotiate } from "./options.ts";
import { ErrorCode, type RequestOption } from "./packet.ts";
import { asBuffer, openParts } from "./parts-content.ts";
import { PieceStore } from "./pieces.ts";
import { RunningTransfer } from "./running-transfer.ts";
import type { TftpContent, TftpEvent } from "./source.ts";
import { newTransfer } from "./transfer-state.ts";
import type { Peer, WireFactory } from "./wire.ts";

/** How often `tick` wants to be called while transfers are running, milliseconds. */
export const TICK = 10;

/** Octets that a piece aims at: what one system call with segmentation offload takes is 64 KiB. */
const PIECE_TARGET = 128 * 1024;

/** One transfer to run; plain data. */
export interface TransferSpec {
  readonly id: number;
  readonly filename: string;
  readonly mode: "octet" | "netascii";
  readonly options: ReadonlyMap<string, RequestOption>;
  readonly client: Peer;
  /** Our address that the request came to, or a wildcard. */
  readonly server: string;
  /** Largest block that fits the path. */
  readonly maxBlockSize: number;
  readonly content: TransferContent;
}

/** What a source answered, or a file that is in shared memory already. */
export type TransferContent = Exclude<TftpContent, { kind: "error" }> | LaidOutFile;

export type LaneEvent =
  | { readonly kind: "event"; readonly event: TftpEvent }
  /** The transfer could not begin; the client is to be told. */
  | { readonly kind: "refuse"; readonly id: number; readonly code: number; readonly reason: string }
  /** The transfer is over. `again`: its client asked once more, and wants to be served anew. */
  | { readonly kind: "freed"; readonly id: number; readonly again: boolean }
  /** A request came to a transfer's port (when all share one). */
  | { readonly kind: "request"; readonly client: Peer; readonly server: string; readonly bytes: Buffer };

/**
 * Runs transfers: joins the state machine, the content and the wire. Everything in it is asynchronous and nothing
 * blocks; the caller provides the time, by `tick`.
 */
export class Lane {
  readonly #wires: WireFactory;
  readonly #limits: TftpLimits;
  readonly #now: () => number;
  readonly #emit: (event: LaneEvent) => void;
  readonly #pieces: PieceStore;
  readonly #files: FileTable;
  readonly #running = new Map<number, RunningTransfer | "opening">();
  readonly #openedAt = new Map<number, number>();

  /** `now`: milliseconds of a steady clock. */
  constructor(options: {
    readonly wires: WireFactory;
    readonly limits: TftpLimits;
    readonly now: () => number;
    readonly emit: (event: LaneEvent) => void;
    /** Reads files without waiting, where the system can. */
    readonly readCached?: ReadCached;
    /** What reads files where that takes waiting; default: Node's pool of threads. */
    readonly disk?: Disk;
  }) {
    this.#wires = options.wires;
    this.#limits = options.limits;
    this.#now = options.now;
    this.#emit = options.emit;
    this.#pieces = new PieceStore(options.limits.memory);
    const { now, readCached, disk, limits } = options;
    this.#files = new FileTable(now, { readCached, disk, reads: limits.reads });
  }

  /** Transfers that are running or about to. */
  get active(): number {
    return this.#running.size;
  }

  /** Work that will end in a callback: files being opened or read. */
  get pending(): number {
    return this.#openedAt.size + this.#pieces.filling + this.#files.busy;
  }

  /** Octets of memory that hold parts of files. */
  get memory(): number {
    return this.#pieces.allocated;
  }

  /** Begins a transfer. Never throws: what goes wrong is told as an event. */
  begin(spec: TransferSpec): void {
    this.#running.set(spec.id, "opening");
    this.#openedAt.set(spec.id, this.#now());
    this.#open(spec).catch((error: unknown) => {
      if (this.#running.get(spec.id) !== "opening") return;
      this.#refuse(spec.id, codeOf(error), messageOf(error));
    });
  }

  /** The transfer's client sent the same request once more. */
  again(id: number): void {
    const transfer = this.#running.get(id);
    if (transfer instanceof RunningTransfer) transfer.again();
  }

  /** Ends a transfer whose client wants something else now. */
  supersede(id: number): void {
    const transfer = this.#running.get(id);
    if (transfer instanceof RunningTransfer) transfer.feed({ kind: "superseded" });
    else this.#free(id, false);
  }

  /** Lets time pass: retransmissions, time-outs, progress. */
  tick(): void {
    const now = this.#now();
    for (const [id, transfer] of this.#running) {
      if (transfer instanceof RunningTransfer) transfer.tick(now);
      else if (now - (this.#openedAt.get(id) ?? now) > this.#limits.sourcePatience) {
        this.#refuse(id, ErrorCode.other, "the file could not be opened in time");
      }
    }
  }

  /** Ends all transfers and tells their clients. */
  stopAll(reason: string): void {
    for (const [id, transfer] of this.#running) {
      if (transfer instanceof RunningTransfer) {
        transfer.feed({ kind: "stop", outcome: "failed", code: ErrorCode.other, reason });
      } else this.#free(id, false);
    }
  }

  async #open(spec: TransferSpec): Promise<void> {
    const { content, size } = await this.#contentOf(spec);
    const agreement = negotiate(
      spec.options,
      content.size,
      negotiationLimits(this.#limits, spec.maxBlockSize),
    );
    const ready = spec.content.kind === "laid-out" ? spec.content : undefined;
    const geometry = ready
      ? laidOutGeometry(ready)
      : geometryFor(agreement.blockSize, agreement.rollover, PIECE_TARGET);
    const now = this.#now();
    const state = newTransfer(
      {
        windowSize: agreement.windowSize,
        rollover: agreement.rollover,
        offers: agreement.oack.length > 0,
        interval: agreement.timeout === undefined ? undefined : agreement.timeout * 1000,
        rto: this.#limits.rto,
        patience: this.#limits.patience,
        probation: this.#limits.probation,
        sourcePatience: this.#limits.sourcePatience,
        openings: this.#limits.openings,
      },
      content.size === undefined ? undefined : lastBlockOf(content.size, agreement.blockSize),
      now,
    );
    if (this.#running.get(spec.id) !== "opening") {
      content.release();
      return;
    }
    const transfer = new RunningTransfer({
      info: {
        filename: spec.filename,
        client: { address: spec.client.address, port: spec.client.port },
        size,
        blockSize: agreement.blockSize,
        windowSize: agreement.windowSize,
      },
      oack: agreement.oack,
      state,
      geometry,
      content,
      pieces: ready ? laidOutView(ready) : this.#pieces.view(content, geometry),
      now: this.#now,
      onEvent: (event) => this.#emit({ kind: "event", event }),
      onRequest: (bytes) => {
        this.#emit({ kind: "request", client: spec.client, server: spec.server, bytes });
      },
      onEnd: (again) => this.#free(spec.id, again),
    });
    this.#running.set(spec.id, transfer);
    this.#openedAt.delete(spec.id);
    try {
      const wire = await this.#wires.open(spec.client, spec.server, packetSize(geometry), transfer);
      transfer.start(wire);
    } catch (error) {
      transfer.abandon(`no port for the transfer: ${messageOf(error)}`);
    }
  }

  async #contentOf(spec: TransferSpec): Promise<{ readonly content: Content; readonly size: number }> {
    const key = `transfer ${spec.id}`;
    if (spec.content.kind === "bytes") {
      const bytes = asBuffer(spec.content.bytes);
      const content = new BytesContent(spec.mode === "netascii" ? toNetascii(bytes) : bytes, key);
      return { content, size: content.size };
    }
    if (spec.content.kind === "laid-out") {
      const { size } = spec.content;
      return { content: new KnownContent(key, size), size };
    }
    const file =
      spec.content.kind === "parts"
        ? await openParts(spec.content.parts, this.#files)
        : await this.#files.open(spec.content.path, spec.content.extents);
    return { content: spec.mode === "netascii" ? new NetasciiContent(file, key) : file, size: file.size };
  }

  #refuse(id: number, code: number, reason: string): void {
    this.#emit({ kind: "refuse", id, code, reason });
    this.#free(id, false);
  }

  #free(id: number, again: boolean): void {
    this.#openedAt.delete(id);
    if (this.#running.delete(id)) this.#emit({ kind: "freed", id, again });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The RFC 1350 error code for a file that cannot be opened. */
function codeOf(error: unknown): number {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT" || code === "ENOTDIR") return ErrorCode.notFound;
  if (code === "EACCES" || code === "EPERM" || code === "ELOOP") return ErrorCode.accessViolation;
  return ErrorCode.other;
}
