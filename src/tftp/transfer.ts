import {
  floorAfterLoss,
  floorAfterPause,
  mayAnswerCopy,
  measured,
  type RoundTrip,
  timeoutOf,
} from "./rtt.ts";
import {
  ackedBlocks,
  type Ended,
  FRESH_WINDOW,
  isComplete,
  isVerified,
  type Offering,
  type Running,
  type Send,
  type Sending,
  type TransferEvent,
  type TransferState,
  wireNumber,
} from "./transfer-state.ts";

/** What an event leads to. */
export interface Step {
  readonly state: TransferState;
  readonly send: Send | undefined;
}

const CLIENT_ERROR_DISK_FULL = 3;

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
      return state.kind === "sending"
        ? onShort(state, event.next - state.base, now)
        : { state, send: undefined };
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
  // So soon it is a copy that the network made. A second OACK would end atftp's transfer.
  if (again && now - state.sentAt < state.params.rto.initial / 4) return { state, send: undefined };
  // A client that asks again has paid for another answer, but not for more than one.
  const openings = again ? Math.max(state.openings, 1) : state.openings;
  return sendOpening({ ...state, openings }, again, now);
}

function sendOpening(state: Offering | Sending, again: boolean, now: number): Step {
  const deadline = deadlineOf(state, state.roundTrip, state.floor, state.backoff, now);
  if (state.openings <= 0) return { state: { ...state, deadline }, send: undefined };
  const turn = {
    openings: state.openings - 1,
    retransmissions: state.retransmissions + (again ? 1 : 0),
    measurable: state.measurable && !again,
  };
  if (state.kind === "offering") {
    return { state: { ...state, ...turn, sentAt: now, deadline }, send: { kind: "oack" } };
  }
  return sendWindow({ ...state, ...turn }, now);
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
      ...FRESH_WINDOW,
      firstSentAt: now,
    },
    now,
  );
}

/** Everything from `base` on that the window allows leaves (go-back-N). */
function sendWindow(turn: Sending, now: number): Step {
  const count = windowFrom(turn, turn.base);
  const deadline = deadlineOf(turn, turn.roundTrip, turn.floor, turn.backoff, now);
  return {
    state: {
      ...turn,
      leftBefore: turn.inFlight,
      left: count,
      inFlight: Math.max(turn.inFlight, count),
      starved: false,
      sentAt: now,
      deadline,
    },
    send: { kind: "data", first: turn.base, count },
  };
}

function windowFrom(state: Sending, base: number): number {
  const { windowSize } = state.params;
  return state.lastBlock === undefined ? windowSize : Math.min(windowSize, state.lastBlock - base + 1);
}

function deadlineOf(
  state: Running,
  roundTrip: RoundTrip | undefined,
  floor: number,
  backoff: number,
  now: number,
): number {
  const { interval, rto } = state.params;
  return now + (interval ?? timeoutOf(roundTrip, floor, backoff, rto));
}

function onAck(state: Sending, block: number, now: number): Step {
  const moved = acknowledged(state, block);
  if (moved === undefined) return { state, send: undefined };
  if (moved === 0) return onDuplicate(state, now);
  const base = state.base + moved;
  if (state.lastBlock !== undefined && base > state.lastBlock) {
    return ended({ ...state, base }, "completed", "", undefined);
  }
  // A window that was acknowledged in part lost something: the rest goes out again, and later ACKs are ambiguous.
  const whole = moved === state.inFlight;
  const rest = state.inFlight - moved;
  // Unless that is about a copy, in the middle of what left twice. The rest again would make further copies, and the
  // answers to them further ones, to the end of the file: EDK2 tells where it stands at each block that it has already.
  const ofCopy = moved <= state.repeated;
  const roundTrip =
    whole && state.measurable ? measured(state.roundTrip, now - state.sentAt) : state.roundTrip;
  const count = windowFrom(state, base);
  const known = ofCopy ? rest : 0;
  // No echo came of what the last time-out sent again: it had been lost.
  const floor = state.pause === undefined ? state.floor : floorAfterLoss(state.floor, state.params.rto);
  // Field by field: this runs once a window, and copying by spread takes longer than all the rest of it.
  return {
    state: {
      kind: "sending",
      params: state.params,
      lastBlock: state.lastBlock,
      roundTrip,
      floor,
      backoff: 0,
      sentAt: now,
      measurable: whole,
      progressAt: now,
      openings: state.openings,
      retransmissions: state.retransmissions + rest - known,
      deadline: deadlineOf(state, roundTrip, floor, 0, now),
      base,
      leftBefore: rest,
      left: count,
      inFlight: Math.max(rest, count),
      starved: false,
      firstSentAt: now,
      resent: 0,
      repeated: ofCopy ? Math.min(rest, state.repeated - moved) : rest,
      echoes: state.resent,
      answeredDuplicate: false,
      pause: whole && state.backoff > 0 ? pauseOf(state, now) : undefined,
    },
    send: count > known ? { kind: "data", first: base + known, count: count - known } : undefined,
  };
}

/** How long the client took for its answer, if that cannot be the answer to the copy that a time-out sent; else 0. */
function pauseOf(state: Sending, now: number): number {
  return mayAnswerCopy(state.roundTrip, now - state.sentAt) ? 0 : now - state.firstSentAt;
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
  if (state.echoes > 0) return onEcho(state);
  const tooEarly = state.roundTrip !== undefined && now - state.sentAt < state.roundTrip.mean / 2;
  if (state.inFlight < 2 || state.answeredDuplicate || tooEarly) return { state, send: undefined };
  return sendWindow(
    {
      ...state,
      measurable: false,
      retransmissions: state.retransmissions + state.inFlight,
      resent: state.resent + state.inFlight,
      repeated: state.inFlight,
      answeredDuplicate: true,
    },
    now,
  );
}

/** The client got something twice that a time-out had sent again: answering that would send everything twice for ever. */
function onEcho(state: Sending): Step {
  const { params, pause, echoes, roundTrip } = state;
  const heard = { ...state, echoes: echoes - 1, pause: undefined };
  if (pause === undefined) return { state: heard, send: undefined };
  const floor = floorAfterPause(state.floor, pause, params.rto);
  const deadline = deadlineOf(state, roundTrip, floor, 0, state.sentAt);
  return { state: { ...heard, floor, deadline: Math.max(state.deadline, deadline) }, send: undefined };
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
      repeated: later.inFlight,
      resent: later.resent + later.inFlight,
      answeredDuplicate: false,
      pause: undefined,
    },
    now,
  );
}

/** Part of the window is not in memory: `left` blocks of it left, the rest follows with `readable`. */
function onShort(state: Sending, left: number, now: number): Step {
  const inFlight = Math.max(state.leftBefore, left);
  const deadline = inFlight === 0 ? now + state.params.sourcePatience : state.deadline;
  return { state: { ...state, left, inFlight, starved: true, deadline }, send: undefined };
}

/** The rest of the window. */
function onReadable(state: Sending, now: number): Step {
  const window = windowFrom(state, state.base);
  const { left } = state;
  if (left >= window) return { state: { ...state, starved: false }, send: undefined };
  return {
    state: {
      ...state,
      left: window,
      inFlight: Math.max(state.inFlight, window),
      starved: false,
      sentAt: now,
      deadline: deadlineOf(state, state.roundTrip, state.floor, state.backoff, now),
      // Waiting for our own disk is not the client's silence.
      progressAt: state.inFlight === 0 ? now : state.progressAt,
    },
    send: { kind: "data", first: state.base + left, count: window - left },
  };
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
