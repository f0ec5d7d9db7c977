import type { RoundTrip, RtoLimits } from "./rtt.ts";

/**
 * The sending side of one read transfer as a pure state machine: `step(state, event, now)` gives the next state and what
 * to send. It knows block numbers and time, no octets and no sockets; times are milliseconds of any steady clock.
 *
 * Blocks are counted without wrapping from 1; `wireNumber` gives what goes into the packet.
 */
export interface TransferParams {
  readonly windowSize: number;
  /** Block number after 65535: 0, or 1 where the client asked for it. */
  readonly rollover: 0 | 1;
  /** Whether an OACK opens the transfer (RFC 2347), to be acknowledged as block 0. */
  readonly offers: boolean;
  /** Milliseconds between retransmissions that the client asked for: wins over the measured time-out (RFC 2349). */
  readonly interval: number | undefined;
  readonly rto: RtoLimits;
  /** Milliseconds without progress after which a client counts as gone. */
  readonly patience: number;
  /** The same, as long as the client has not acknowledged anything. */
  readonly probation: number;
  /** Milliseconds to wait for the content's octets. */
  readonly sourcePatience: number;
  /** How often the opening packet may leave while nothing came back: the request's sender may be forged. */
  readonly openings: number;
}

export type TransferEvent =
  | { readonly kind: "start" }
  /** An ACK with its 16-bit block number. */
  | { readonly kind: "ack"; readonly block: number }
  /** An ERROR from the client. */
  | { readonly kind: "error"; readonly code: number; readonly message: string }
  /** Of the data just asked for, the blocks from `next` on are not in memory and did not leave. */
  | { readonly kind: "short"; readonly next: number }
  /** The octets that were missing are in memory now. */
  | { readonly kind: "readable" }
  /** The number of the content's last block is known now. */
  | { readonly kind: "end"; readonly lastBlock: number }
  /** The client sent its request once more, having acknowledged nothing. */
  | { readonly kind: "repeat" }
  /** The deadline has passed. */
  | { readonly kind: "time" }
  /** The client's port is closed, says the network. */
  | { readonly kind: "unreachable" }
  /** The client asked for something new at the same port. */
  | { readonly kind: "superseded" }
  /** We must end it: tell the client so. */
  | {
      readonly kind: "stop";
      readonly outcome: "failed" | "aborted";
      readonly code: number;
      readonly reason: string;
    };

export type Send =
  | { readonly kind: "oack" }
  /** Blocks `first` to `first + count - 1`. */
  | { readonly kind: "data"; readonly first: number; readonly count: number }
  | { readonly kind: "error"; readonly code: number; readonly message: string };

export interface Running {
  readonly params: TransferParams;
  /** Undefined while the content's end is not known. */
  readonly lastBlock: number | undefined;
  readonly roundTrip: RoundTrip | undefined;
  /** The shortest time-out that this client can bear, milliseconds. */
  readonly floor: number;
  /** Time-outs in a row. */
  readonly backoff: number;
  /** When what is in flight left. */
  readonly sentAt: number;
  /** Whether an acknowledgement of what is in flight can be told from one of an earlier copy (Karn's rule). */
  readonly measurable: boolean;
  /** When the client last moved on. */
  readonly progressAt: number;
  /** Opening packets that may still leave. */
  readonly openings: number;
  /** Blocks (and OACKs) sent more than once. */
  readonly retransmissions: number;
  /** When to call with a `time` event. */
  readonly deadline: number;
}

/** The OACK is out. */
export interface Offering extends Running {
  readonly kind: "offering";
}

/** Data is out, or being waited for. */
export interface Sending extends Running {
  readonly kind: "sending";
  /** The oldest block that is not acknowledged. */
  readonly base: number;
  /** Blocks from `base` on that have left, lately or before: what the client may acknowledge. */
  readonly inFlight: number;
  /** The same, of the time before they were asked for the last time. */
  readonly leftBefore: number;
  /** Blocks from `base` on that have left since they were asked for the last time. */
  readonly left: number;
  /** Whether octets are missing in memory: the window is not complete. */
  readonly starved: boolean;
  /** When the window that begins at `base` left for the first time. */
  readonly firstSentAt: number;
  /** Blocks of this window that left more than once: should the client have them, it will say so by duplicate ACKs. */
  readonly resent: number;
  /** Blocks from `base` on that left more than once: an ACK of one of them may only say that a copy was not needed. */
  readonly repeated: number;
  /** Duplicate ACKs to be expected from what was sent more than once before this window: they say nothing of it. */
  readonly echoes: number;
  /** Whether a duplicate ACK was already answered since the last progress or time-out. */
  readonly answeredDuplicate: boolean;
  /**
   * How long the client took to acknowledge the last window, if a time-out had sent that again (0: no longer than for the
   * copy alone). An echo will tell whether it was the client that was slow, or the network that lost something.
   */
  readonly pause: number | undefined;
}

export interface Ended {
  readonly kind: "ended";
  readonly outcome: "completed" | "aborted" | "failed";
  readonly reason: string;
  /** Blocks that the client acknowledged. */
  readonly acked: number;
  readonly retransmissions: number;
}

export type TransferState = Offering | Sending | Ended;

/** The state of a transfer that has sent nothing yet; a `start` event makes it send. */
export function newTransfer(
  params: TransferParams,
  lastBlock: number | undefined,
  now: number,
): TransferState {
  const running = {
    params,
    lastBlock,
    roundTrip: undefined,
    floor: params.rto.min,
    backoff: 0,
    sentAt: now,
    measurable: true,
    progressAt: now,
    openings: params.openings,
    retransmissions: 0,
    deadline: now,
  };
  if (params.offers) return { kind: "offering", ...running };
  return { kind: "sending", ...running, base: 1, ...FRESH_WINDOW, firstSentAt: now };
}

/** A window of which nothing has left. */
export const FRESH_WINDOW = {
  inFlight: 0,
  leftBefore: 0,
  left: 0,
  starved: false,
  resent: 0,
  repeated: 0,
  echoes: 0,
  answeredDuplicate: false,
  pause: undefined,
} as const;

/** What goes into the packet of block `block` (0 is the OACK's). */
export function wireNumber(block: number, rollover: 0 | 1): number {
  if (rollover === 0) return block % 65536;
  return block === 0 ? 0 : ((block - 1) % 65535) + 1;
}

/** Blocks that the client has acknowledged. */
export function ackedBlocks(state: TransferState): number {
  if (state.kind === "ended") return state.acked;
  return state.kind === "sending" ? state.base - 1 : 0;
}

/** Whether the client has shown that it hears us: until then its address may be forged. */
export function isVerified(state: TransferState): boolean {
  return state.kind === "sending" && (state.params.offers || state.base > 1);
}

/** Whether everything has left, so that only the last ACK is missing. */
export function isComplete(state: TransferState): boolean {
  return state.kind === "sending" && state.lastBlock === state.base + state.inFlight - 1;
}
