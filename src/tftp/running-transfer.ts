import type { Content } from "./content.ts";
import { type Geometry, packetSize, pieceOf } from "./layout.ts";
import { decodeClientPacket, ErrorCode, encodeError, encodeOack, type RequestOption } from "./packet.ts";
import type { Piece, PieceView } from "./pieces.ts";
import type { TftpEvent, TransferInfo, TransferStats } from "./source.ts";
import { step } from "./transfer.ts";
import {
  ackedBlocks,
  isComplete,
  isVerified,
  type Send,
  type TransferEvent,
  type TransferState,
} from "./transfer-state.ts";
import type { Wire, WireEvents } from "./wire.ts";

/** Milliseconds between two progress events. */
const PROGRESS_INTERVAL = 1000;
/** A request that comes again within this many milliseconds is taken for a copy made by the network. */
const COPY_WINDOW = 1000;

export interface RunningTransferOptions {
  readonly info: TransferInfo;
  readonly oack: readonly RequestOption[];
  readonly state: TransferState;
  readonly geometry: Geometry;
  /** Released at the end. */
  readonly content: Content;
  /** Closed at the end. */
  readonly pieces: PieceView;
  readonly now: () => number;
  readonly onEvent: (event: TftpEvent) => void;
  readonly onRequest: (bytes: Buffer) => void;
  /** Called once. `again`: the client asked once more and wants to be served anew. */
  readonly onEnd: (again: boolean) => void;
}

/** One transfer with everything that it holds: feeds the state machine, and does what it says. */
export class RunningTransfer implements WireEvents {
  readonly #options: RunningTransferOptions;
  readonly #packet: number;
  readonly #startedAt: number;
  #state: TransferState;
  #wire: Wire | undefined;
  /** The piece that blocks were last sent from. */
  #piece: Piece | undefined;
  /** Whether the octets sent are known to be of one version of the file. */
  #verified = false;
  #loading = false;
  #announced = false;
  /** Whether the deadline had passed at the last tick already. */
  #overdue = false;
  #progressAt: number;
  #ended = false;

  constructor(options: RunningTransferOptions) {
    this.#options = options;
    this.#packet = packetSize(options.geometry);
    this.#state = options.state;
    this.#startedAt = options.now();
    this.#progressAt = this.#startedAt;
  }

  /** Takes the wire over and sends the opening packet. */
  start(wire: Wire): void {
    if (this.#ended) {
      wire.close();
      return;
    }
    this.#wire = wire;
    this.feed({ kind: "start" });
  }

  /** Ends a transfer that never got a wire. */
  abandon(reason: string): void {
    this.feed({ kind: "stop", outcome: "failed", code: ErrorCode.other, reason });
  }

  onPacket(bytes: Buffer, length: number): void {
    const packet = decodeClientPacket(bytes, length);
    if (packet.kind === "ack" || packet.kind === "error") this.feed(packet);
    else if (packet.kind === "request") this.#options.onRequest(Buffer.from(bytes.subarray(0, length)));
  }

  onUnreachable(): void {
    this.feed({ kind: "unreachable" });
  }

  /**
   * The same request came again. Before the first ACK the answer was lost: once more, from the same port. Later it is a
   * copy that the network made, unless it is too late for that, or the client has all blocks: then it begins anew.
   */
  again(): void {
    const state = this.#state;
    if (state.kind === "ended") return;
    if (!isVerified(state)) this.feed({ kind: "repeat" });
    else if (isComplete(state) || this.#options.now() - this.#startedAt >= COPY_WINDOW) {
      this.feed({ kind: "superseded" }, true);
    }
  }

  tick(now: number): void {
    const state = this.#state;
    if (state.kind === "ended") return;
    // After a stall of our own the answer may be in the socket, and only look late: between two ticks sockets are read.
    const overdue = this.#wire !== undefined && now >= state.deadline;
    const again = overdue && this.#overdue;
    this.#overdue = overdue && !again;
    if (again) this.feed({ kind: "time" });
    if (this.#announced && now - this.#progressAt >= PROGRESS_INTERVAL && !this.#ended) {
      this.#progressAt = now;
      this.#options.onEvent({
        kind: "progress",
        transfer: this.#options.info,
        bytesAcked: this.#bytesAcked(),
      });
    }
  }

  /** One event for the state machine, and all that follows from it. */
  feed(event: TransferEvent, again = false): void {
    if (this.#ended) return;
    const { state, send } = step(this.#state, event, this.#options.now());
    this.#state = state;
    if (!this.#announced && isVerified(state)) {
      this.#announced = true;
      this.#options.onEvent({ kind: "started", transfer: this.#options.info });
    }
    // Sending may feed further events.
    if (send) this.#send(send);
    if (state.kind === "ended") this.#end(again);
  }

  #send(send: Send): void {
    if (send.kind === "data") this.#sendData(send.first, send.count);
    else if (send.kind === "oack") this.#wire?.sendOne(encodeOack(this.#options.oack));
    else this.#wire?.sendOne(encodeError(send.code, send.message));
  }

  #sendData(first: number, count: number): void {
    const { geometry, pieces } = this.#options;
    let sent = 0;
    let ahead: number | undefined;
    while (sent < count) {
      const block = first + sent;
      const index = pieceOf(block, geometry);
      let piece = this.#piece;
      if (!piece || piece.index !== index || !piece.live) {
        piece = pieces.get(index);
        if (!piece) break;
        this.#piece = piece;
        ahead = piece.last ? undefined : index + 1;
      }
      if (piece.last && !this.#verified && !this.#options.content.verified) break;
      const offset = (block - 1) % geometry.blocksPerPiece;
      const blocks = Math.min(count - sent, piece.blocks - offset);
      if (blocks <= 0) break;
      const start = offset * this.#packet;
      const end = Math.min(piece.length, start + blocks * this.#packet);
      piece.pin();
      this.#wire?.send(piece.memory.subarray(start, end), this.#packet, piece.unpin);
      sent += blocks;
    }
    // Only now: the packets are on their way meanwhile.
    if (ahead !== undefined) pieces.prefetch(ahead);
    if (sent === count) return;
    this.feed({ kind: "short", next: first + sent });
    this.#fetch(pieceOf(first + sent, geometry));
  }

  /** Gets what is missing, and goes on when it is there. */
  #fetch(index: number): void {
    if (this.#loading || this.#ended) return;
    this.#loading = true;
    this.#options.pieces.load(index, (piece, error) => {
      this.#loading = false;
      if (this.#ended) return;
      if (!piece) {
        this.#stop(error);
        return;
      }
      // A piece that was fetched after the check has to be checked too.
      this.#verified = false;
      const { content, geometry } = this.#options;
      if (piece.last) {
        this.feed({ kind: "end", lastBlock: piece.index * geometry.blocksPerPiece + piece.blocks });
      }
      if (!piece.last || content.verified) {
        this.feed({ kind: "readable" });
        return;
      }
      this.#verify(piece);
    });
  }

  #verify(piece: Piece): void {
    this.#loading = true;
    // Its memory may be wanted by others: all would then fetch and check their last pieces for ever, and send none.
    piece.pin();
    this.#options.content.verify().then(
      () => {
        this.#loading = false;
        this.#verified = true;
        this.feed({ kind: "readable" });
        piece.unpin();
      },
      (error: unknown) => {
        this.#stop(error);
        piece.unpin();
      },
    );
  }

  #stop(error: unknown): void {
    const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
    // The system's messages carry paths, which are none of the client's business.
    const known = error instanceof Error && code === undefined ? error.message : undefined;
    const reason = known ?? `the file cannot be read (${code ?? "unknown error"})`;
    this.feed({ kind: "stop", outcome: "failed", code: ErrorCode.other, reason });
  }

  #bytesAcked(): number {
    return ackedBlocks(this.#state) * this.#options.info.blockSize;
  }

  #end(again: boolean): void {
    if (this.#ended || this.#state.kind !== "ended") return;
    this.#ended = true;
    const { info, content, onEvent, onEnd, now } = this.#options;
    const { outcome, reason, acked, retransmissions } = this.#state;
    this.#piece = undefined;
    this.#options.pieces.close();
    content.release();
    this.#wire?.close();
    const stats: TransferStats = {
      bytes: outcome === "completed" && content.size !== undefined ? content.size : this.#bytesAcked(),
      blocks: acked,
      retransmissions,
      milliseconds: Math.round(now() - this.#startedAt),
    };
    if (outcome === "completed") onEvent({ kind: "completed", transfer: info, stats });
    else onEvent({ kind: outcome, transfer: info, stats, reason });
    onEnd(again);
  }
}
