import { measured, type RoundTrip, type RtoLimits, timeoutOf } from "./rtt.ts";

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
  /** Only the first `sent` blocks of the data just asked for were in memory and left. */
  | { readonly kind: "short"; readonly sent: number }
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

interface Running {
  readonly params: TransferParams;
  /** Undefined while the content's end is not known. */
  readonly lastBlock: number | undefined;
  readonly roundTrip: RoundTrip | undefined;
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
  /** Blocks from `base` on that have left. */
  readonly inFlight: number;
  /** Whether octets are missing in memory: the window is not complete. */
  readonly starved: boolean;
  /** Whether a duplicate ACK was already answered since the last progress or time-out. */
  readonly answeredDuplicate: boolean;
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

export interface Step {
  readonly state: TransferState;
  readonly send: Send | undefined;
}

const CLIENT_ERROR_DISK_FULL = 3;

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
    backoff: 0,
    sentAt: now,
    measurable: true,
    progressAt: now,
    openings: params.openings,
    retransmissions: 0,
    deadline: now,
  };
  if (params.offers) return { kind: "offering", ...running };
  return { kind: "sending", ...running, base: 1, inFlight: 0, starved: false, answeredDuplicate: false };
}

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

/** Moves a transfer on by one event. Total: an event that means nothing now changes nothing. */
export function step(state: TransferState, event: TransferEvent, now: number): Step {
  if (state.kind === "ended") return { state, send: undefined };
  switch (event.kind) {
    case "ack":
      return state.kind === "offering"
        ? onOfferAnswer(state, event.block, now)
        : onAck(state, event.block, now);
    case "time":
      return now < state.deadline ? { state, send: undefined } : onTime(state, now);
    case "short":
      return state.kind === "sending" ? onShort(state, event.sent, now) : { state, send: undefined };
    case "readable":
      return state.kind === "sending" && state.starved ? onReadable(state, now) : { state, send: undefined };
    case "end":
      return { state: { ...state, lastBlock: event.lastBlock }, send: undefined };
    case "start":
    case "repeat":
      return open(state, event.kind === "repeat", now);
    case "error":
      return onClientError(state, event.code, event.message);
    case "unreachable":
      return ended(state, "aborted", "the client's port is closed", undefined);
    case "superseded":
      return onSuperseded(state);
    case "stop":
      return ended(state, event.outcome, event.reason, event.code);
    default:
      return event satisfies never;
  }
}

/** Ends a transfer; with an `errorCode` the client is told. */
function ended(
  state: Offering | Sending,
  outcome: Ended["outcome"],
  reason: string,
  errorCode: number | undefined,
): Step {
  const acked = ackedBlocks(state);
  return {
    state: { kind: "ended", outcome, reason, acked, retransmissions: state.retransmissions },
    send: errorCode === undefined ? undefined : { kind: "error", code: errorCode, message: reason },
  };
}

/** Sends the opening packet, the first time or once more. */
function open(state: Offering | Sending, again: boolean, now: number): Step {
  if (isVerified(state)) return { state, send: undefined };
  // A client that asks again has paid for another answer, but not for more than one.
  const openings = again ? Math.max(state.openings, 1) : state.openings;
  return sendOpening({ ...state, openings }, again, now);
}

function sendOpening(state: Offering | Sending, again: boolean, now: number): Step {
  const waits = { ...state, deadline: deadlineOf(state, now) };
  if (state.openings <= 0) return { state: waits, send: undefined };
  const common = {
    openings: state.openings - 1,
    retransmissions: state.retransmissions + (again ? 1 : 0),
    measurable: state.measurable && !again,
    sentAt: now,
  };
  if (waits.kind === "offering") return { state: { ...waits, ...common }, send: { kind: "oack" } };
  return sendWindow({ ...waits, ...common }, now);
}

/** The client's answer to the OACK: block 0 starts the data. */
function onOfferAnswer(state: Offering, block: number, now: number): Step {
  if (block !== 0) return { state, send: undefined };
  const roundTrip = state.measurable ? measured(state.roundTrip, now - state.sentAt) : state.roundTrip;
  return sendWindow(
    {
      ...state,
      kind: "sending",
      roundTrip,
      backoff: 0,
      progressAt: now,
      measurable: true,
      base: 1,
      inFlight: 0,
      starved: false,
      answeredDuplicate: false,
    },
    now,
  );
}

/** Everything from `base` on that the window allows leaves (go-back-N). `measurable` is the caller's to set. */
function sendWindow(state: Sending, now: number): Step {
  const count = windowFrom(state, state.base);
  return {
    state: { ...state, inFlight: count, starved: false, sentAt: now, deadline: deadlineOf(state, now) },
    send: { kind: "data", first: state.base, count },
  };
}

function windowFrom(state: Sending, base: number): number {
  const { windowSize } = state.params;
  return state.lastBlock === undefined ? windowSize : Math.min(windowSize, state.lastBlock - base + 1);
}

function deadlineOf(state: Offering | Sending, now: number): number {
  const { interval, rto } = state.params;
  return now + (interval ?? timeoutOf(state.roundTrip, state.backoff, rto));
}

function onAck(state: Sending, block: number, now: number): Step {
  const moved = acknowledged(state, block);
  if (moved === undefined) return { state, send: undefined };
  if (moved === 0) return onDuplicate(state, now);
  const base = state.base + moved;
  const whole = moved === state.inFlight;
  if (state.lastBlock !== undefined && base > state.lastBlock) {
    return ended({ ...state, base }, "completed", "", undefined);
  }
  // A window that was acknowledged in part lost something: the rest goes out again, and later ACKs are ambiguous.
  return sendWindow(
    {
      ...state,
      roundTrip: whole && state.measurable ? measured(state.roundTrip, now - state.sentAt) : state.roundTrip,
      backoff: 0,
      progressAt: now,
      measurable: whole,
      retransmissions: state.retransmissions + state.inFlight - moved,
      base,
      answeredDuplicate: false,
    },
    now,
  );
}

/** How many blocks in flight an ACK covers: 0 for a repetition of the last one, undefined for one from elsewhere. */
function acknowledged(state: Sending, block: number): number | undefined {
  const { rollover } = state.params;
  const modulus = rollover === 0 ? 65536 : 65535;
  const last = wireNumber(state.base - 1, rollover);
  if (rollover === 1 && block === 0) return last === 0 ? 0 : undefined;
  const moved = (block - last + modulus) % modulus;
  return moved <= state.inFlight ? moved : undefined;
}

/**
 * The last ACK once more. In lock-step it is never answered, since each copy would double the traffic to the end of the
 * file (the sorcerer's apprentice, RFC 1123 §4.2.3.1). With a window it is also how a client says that the window's
 * first block is missing (RFC 7440 §4): answered once, unless it is too early to be about what is in flight.
 */
function onDuplicate(state: Sending, now: number): Step {
  const tooEarly = state.roundTrip !== undefined && now - state.sentAt < state.roundTrip.mean / 2;
  if (state.inFlight < 2 || state.answeredDuplicate || tooEarly) return { state, send: undefined };
  return sendWindow(
    {
      ...state,
      measurable: false,
      retransmissions: state.retransmissions + state.inFlight,
      answeredDuplicate: true,
    },
    now,
  );
}

function onTime(state: Offering | Sending, now: number): Step {
  const { patience, probation, interval, sourcePatience } = state.params;
  if (state.kind === "sending" && state.starved && state.inFlight === 0) {
    if (now - state.sentAt >= sourcePatience)
      return ended(state, "failed", "the file could not be read in time", 0);
    return { state: { ...state, deadline: state.sentAt + sourcePatience }, send: undefined };
  }
  const silent = now - state.progressAt;
  const verified = isVerified(state);
  // An interval of the client's own is given at least five turns.
  const limit = Math.max(verified ? patience : probation, interval === undefined ? 0 : interval * 5);
  if (silent >= limit) {
    const reason = !verified
      ? "the client never answered"
      : isComplete(state)
        ? "the client did not acknowledge the end"
        : "the client fell silent";
    return ended(state, "failed", reason, verified ? 0 : undefined);
  }
  const later = { ...state, backoff: state.backoff + 1 };
  if (!verified) return sendOpening(later, true, now);
  if (later.kind === "offering") return { state: later, send: undefined };
  return sendWindow(
    {
      ...later,
      measurable: false,
      retransmissions: later.retransmissions + later.inFlight,
      answeredDuplicate: false,
    },
    now,
  );
}

/** Part of the window is not in memory: what did leave is in flight, the rest follows with `readable`. */
function onShort(state: Sending, sent: number, now: number): Step {
  const deadline = sent === 0 ? now + state.params.sourcePatience : state.deadline;
  return { state: { ...state, inFlight: sent, starved: true, deadline }, send: undefined };
}

/** The rest of the window. */
function onReadable(state: Sending, now: number): Step {
  const count = windowFrom(state, state.base) - state.inFlight;
  if (count <= 0) return { state: { ...state, starved: false }, send: undefined };
  const first = state.base + state.inFlight;
  return {
    state: {
      ...state,
      inFlight: state.inFlight + count,
      starved: false,
      sentAt: now,
      deadline: deadlineOf(state, now),
      // Waiting for our own disk is not the client's silence.
      progressAt: state.inFlight === 0 ? now : state.progressAt,
    },
    send: { kind: "data", first, count },
  };
}

/** Whether everything has left, so that only the last ACK is missing. */
export function isComplete(state: TransferState): boolean {
  return state.kind === "sending" && state.lastBlock === state.base + state.inFlight - 1;
}

/** A client that begins something new has what it wanted: its last ACK was lost, or overtaken by the new request. */
function onSuperseded(state: Offering | Sending): Step {
  if (state.kind === "sending" && state.lastBlock !== undefined && isComplete(state)) {
    return ended({ ...state, base: state.lastBlock + 1 }, "completed", "", undefined);
  }
  return ended(state, "aborted", "the client asked anew", undefined);
}

/**
 * A client that ends a transfer before any data, or with the codes that mean "enough", aborts: firmware asks for the
 * size in this way. Anything else (a full disk, say) is a failure.
 */
function onClientError(state: Offering | Sending, code: number, message: string): Step {
  const said = `client error ${code}${message === "" ? "" : `: ${message}`}`;
  const wantsNoMore = code === 0 || code === 8;
  const beforeData = ackedBlocks(state) === 0 && code !== CLIENT_ERROR_DISK_FULL;
  return ended(state, wantsNoMore || beforeData ? "aborted" : "failed", said, undefined);
}
