import fc from "fast-check";
import { expect, test } from "vitest";
import { step } from "../../src/tftp/transfer.ts";
import {
  ackedBlocks,
  newTransfer,
  type TransferParams,
  type TransferState,
  wireNumber,
} from "../../src/tftp/transfer-state.ts";

/** A bad network: probabilities, and delays in milliseconds. */
interface Network {
  readonly loss: number;
  readonly duplication: number;
  readonly minDelay: number;
  readonly jitter: number;
  readonly seed: number;
  /** Part of what is sent that comes 3 ms late, behind what was sent after it. */
  readonly late?: number;
}

/** A repeatable source of numbers in 0 … 1 (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What a client does besides what RFC 7440 asks for. */
interface Habits {
  /** EDK2: says where it stands at each block that it did not expect, one by one; not once. */
  readonly answersEach: boolean;
  /** Times in which it does nothing at all: a guest that gets no processor. */
  readonly pauses: readonly { readonly from: number; readonly until: number }[];
}

const ORDERLY: Habits = { answersEach: false, pauses: [] };

type Message =
  /** An ACK; without a block, the request once more. */
  | { readonly to: "server"; readonly block: number | undefined }
  | { readonly to: "client"; readonly oack: true }
  | { readonly to: "client"; readonly oack: false; readonly block: number; readonly content: number };

interface Outcome {
  readonly state: TransferState;
  /** The contents that the client took, in order. */
  readonly received: readonly number[];
  readonly clientDone: boolean;
  readonly time: number;
  readonly blocksSent: number;
  readonly mostForOneBase: number;
  /** Late ACKs that came just when the copy could have been answered: the client may have been slow, or a packet lost. */
  readonly unclear: number;
}

/** Milliseconds, unless it asked for another interval. */
const CLIENT_TIMEOUT = 1000;
const CLIENT_TRIES = 6;

/**
 * Runs a transfer against a client that does what RFC 7440 says: acknowledges each full window, and the last block in
 * order when one is missing; that repeats its last ACK, or its request, when it hears nothing for as long as the interval
 * that it asked for, and gives up in the end. The disk may be
 * slow: some windows' octets take up to `diskDelay` milliseconds to come.
 */
function run(
  params: TransferParams,
  lastBlock: number,
  network: Network,
  diskDelay: number,
  habits: Habits = ORDERLY,
): Outcome {
  const random = randomOf(network.seed);
  const clientTimeout = params.interval ?? CLIENT_TIMEOUT;
  const queue: { readonly at: number; readonly message: Message | "disk" | "client-time" }[] = [];
  const post = (message: Message | "disk" | "client-time", at: number) => {
    const last = queue.findLastIndex((other) => other.at <= at);
    queue.splice(last + 1, 0, { at, message });
  };
  let now = 0;
  const carry = (message: Message) => {
    const copies = random() < network.duplication ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      const late = network.late !== undefined && random() < network.late ? 3 : 0;
      if (random() >= network.loss) post(message, now + network.minDelay + random() * network.jitter + late);
    }
  };

  let state = newTransfer(params, lastBlock, now);
  let blocksSent = 0;
  let base = 0;
  let forBase = 0;
  let mostForOneBase = 0;
  let unclear = 0;
  const feed = (event: Parameters<typeof step>[1]) => {
    const result = step(state, event, now);
    state = result.state;
    const { send } = result;
    if (!send) return;
    if (send.kind === "oack") carry({ to: "client", oack: true });
    if (send.kind !== "data") return;
    const missing = diskDelay > 0 && random() < 0.3;
    const leaves = missing ? Math.floor(random() * send.count) : send.count;
    if (send.first !== base) {
      base = send.first;
      forBase = 0;
    }
    for (let i = 0; i < leaves; i++) {
      const content = send.first + i;
      carry({ to: "client", oack: false, block: wireNumber(content, params.rollover), content });
    }
    blocksSent += leaves;
    forBase += leaves;
    mostForOneBase = Math.max(mostForOneBase, forBase);
    if (missing) {
      feed({ kind: "short", next: send.first + leaves });
      post("disk", now + random() * diskDelay);
    }
  };

  const received: number[] = [];
  let inWindow = 0;
  let gapReported = -1;
  let lastAck: number | undefined;
  let clientDone = false;
  let clientGone = false;
  let clientDeadline = 0;
  let clientTries = 0;
  const clientHeard = () => {
    clientTries = 0;
    clientDeadline = now + clientTimeout;
    post("client-time", clientDeadline);
  };
  const ack = (block: number) => {
    lastAck = block;
    inWindow = 0;
    carry({ to: "server", block });
  };
  const onClient = (message: Message & { to: "client" }) => {
    if (clientGone) return;
    if (message.oack) {
      if (received.length > 0) return;
      clientHeard();
      ack(0);
      return;
    }
    const next = received.length + 1;
    if (message.block !== wireNumber(next, params.rollover)) {
      // Something is missing, or old: say once where we stand.
      if (!clientDone && (habits.answersEach || gapReported !== received.length)) {
        gapReported = received.length;
        ack(wireNumber(received.length, params.rollover));
      } else if (clientDone) carry({ to: "server", block: wireNumber(lastBlock, params.rollover) });
      return;
    }
    received.push(message.content);
    inWindow++;
    clientHeard();
    if (next === lastBlock) clientDone = true;
    if (inWindow === params.windowSize || clientDone) ack(wireNumber(next, params.rollover));
  };

  feed({ kind: "start" });
  clientHeard();
  for (let guard = 0; guard < 2_000_000; guard++) {
    const due = queue[0];
    const deadline = state.kind === "ended" ? Number.POSITIVE_INFINITY : state.deadline;
    if (!due && state.kind === "ended") break;
    if (!due || deadline < due.at) {
      now = Math.max(now, deadline);
      feed({ kind: "time" });
      continue;
    }
    queue.shift();
    now = Math.max(now, due.at);
    const { message } = due;
    const isClients = message === "client-time" || (message !== "disk" && message.to === "client");
    const pause = isClients && habits.pauses.find(({ from, until }) => now >= from && now < until);
    if (pause) {
      post(message, pause.until);
      continue;
    }
    if (message === "disk") feed({ kind: "readable" });
    else if (message === "client-time") {
      if (clientDone || clientGone || now < clientDeadline) continue;
      if (++clientTries > CLIENT_TRIES) clientGone = true;
      else {
        carry({ to: "server", block: lastAck });
        clientDeadline = now + clientTimeout;
        post("client-time", clientDeadline);
      }
    } else if (message.to === "server") {
      const before = ackedBlocks(state);
      feed(message.block === undefined ? { kind: "repeat" } : { kind: "ack", block: message.block });
      if (state.kind === "sending" && ackedBlocks(state) > before && state.pause === 0) unclear++;
    } else onClient(message);
  }
  return { state, received, clientDone, time: now, blocksSent, mostForOneBase, unclear };
}

const params = fc.record({
  windowSize: fc.integer({ min: 1, max: 16 }),
  rollover: fc.constantFrom<0 | 1>(0, 1),
  interval: fc.constantFrom(undefined, undefined, 1000, 3000),
});
const rto = { initial: 1000, min: 50, max: 4000 };
const fixed = { rto, patience: 20_000, probation: 6_000, sourcePatience: 30_000, openings: 3 };

const network = (worst: number) =>
  fc.record({
    loss: fc.double({ min: 0, max: worst, noNaN: true }),
    duplication: fc.double({ min: 0, max: 0.3, noNaN: true }),
    minDelay: fc.constantFrom(0, 0.02, 1, 20),
    jitter: fc.constantFrom(0, 0.5, 5, 50),
    seed: fc.integer(),
  });

test("whatever the network does, the file arrives whole or the transfer ends with an error, in bounded time and sends", () => {
  fc.assert(
    fc.property(
      params,
      network(1),
      fc.integer({ min: 1, max: 120 }),
      fc.constantFrom(0, 0, 20),
      fc.boolean(),
      (chosen, bad, lastBlock, diskDelay, offers) => {
        const windowSize = offers ? chosen.windowSize : 1;
        const outcome = run({ ...chosen, ...fixed, windowSize, offers }, lastBlock, bad, diskDelay);
        const { state, received } = outcome;
        // What the client has is the beginning of the file, in order, whatever became of the rest.
        expect(received).toEqual(received.map((_content, i) => i + 1));
        if (state.kind !== "ended") throw new Error("it never ended");
        if (state.outcome === "completed") expect(received.length).toBe(lastBlock);
        // At most 20 s of patience (or five intervals) and one time-out for each block that moved it on.
        expect(outcome.time).toBeLessThanOrEqual((state.acked + 2) * 24_100 + 10_000);
        // The back-off bounds how often a window leaves; a duplicate is answered once between two time-outs.
        expect(outcome.mostForOneBase).toBeLessThanOrEqual(windowSize * 2 * 24);
      },
    ),
    { numRuns: 300 },
  );
});

test("a few per cent of loss, duplicates and reordering do not break a transfer, and cost little", () => {
  fc.assert(
    fc.property(params, network(0.05), fc.integer({ min: 1, max: 300 }), (chosen, bad, lastBlock) => {
      const outcome = run({ ...chosen, ...fixed, offers: true }, lastBlock, bad, 0);
      expect(outcome.state).toMatchObject({ kind: "ended", outcome: "completed", acked: lastBlock });
      expect(outcome.clientDone).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test("a clean network carries every block once", () => {
  fc.assert(
    fc.property(params, fc.integer({ min: 1, max: 300 }), fc.boolean(), (chosen, lastBlock, offers) => {
      const windowSize = offers ? chosen.windowSize : 1;
      const clean = { loss: 0, duplication: 0, minDelay: 1, jitter: 0, seed: 1 };
      const outcome = run({ ...chosen, ...fixed, windowSize, offers }, lastBlock, clean, 0);
      expect(outcome.blocksSent).toBe(lastBlock);
      expect(outcome.state).toMatchObject({ outcome: "completed", retransmissions: 0 });
    }),
    { numRuns: 100 },
  );
});

test("duplicated packets in lock-step do not multiply: the sorcerer's apprentice", () => {
  const everythingTwice = { loss: 0, duplication: 1, minDelay: 1, jitter: 3, seed: 7 };
  const chosen: TransferParams = { ...fixed, windowSize: 1, rollover: 0, interval: undefined, offers: true };
  const outcome = run(chosen, 500, everythingTwice, 0);
  expect(outcome.state).toMatchObject({ outcome: "completed" });
  expect(outcome.blocksSent).toBe(500);
});

/** A clean wire to a guest that does nothing for a while, now and then. */
interface SlowGuest {
  readonly windowSize: number;
  readonly answersEach: boolean;
  readonly roundTrip: number;
  readonly blocks: number;
  /** `after` the end of the one before. */
  readonly pauses: readonly { readonly after: number; readonly length: number }[];
}

const slowGuest: fc.Arbitrary<SlowGuest> = fc.record({
  windowSize: fc.constantFrom(1, 1, 2, 4, 16, 64),
  answersEach: fc.boolean(),
  roundTrip: fc.constantFrom(0.1, 1, 10),
  blocks: fc.integer({ min: 1, max: 2000 }),
  pauses: fc.array(
    fc.record({ after: fc.integer({ min: 50, max: 400 }), length: fc.integer({ min: 20, max: 400 }) }),
    { maxLength: 8 },
  ),
});

/** Three pauses that end while a copy is on its way; the last one is longer than what is known. */
const pausesThatEndWithACopy: [SlowGuest][] = [
  [
    {
      ...{ windowSize: 1, answersEach: false, roundTrip: 10, blocks: 28 },
      pauses: [
        { after: 182, length: 148 },
        { after: 50, length: 345 },
        { after: 50, length: 141 },
      ],
    },
  ],
  [
    {
      ...{ windowSize: 2, answersEach: false, roundTrip: 10, blocks: 30 },
      pauses: [
        { after: 50, length: 150 },
        { after: 50, length: 345 },
        { after: 50, length: 141 },
      ],
    },
  ],
];

test("a client that pauses gets little twice, and each pause teaches", () => {
  fc.assert(
    fc.property(slowGuest, ({ windowSize, answersEach, roundTrip, blocks, pauses }) => {
      const clean = { loss: 0, duplication: 0, minDelay: roundTrip / 2, jitter: 0, seed: 1 };
      const times: { from: number; until: number }[] = [];
      for (const { after, length } of pauses) {
        const from = (times.at(-1)?.until ?? 0) + after;
        times.push({ from, until: from + length });
      }
      const chosen = { ...fixed, windowSize, rollover: 0, interval: undefined, offers: true } as const;
      const outcome = run(chosen, blocks, clean, 0, { answersEach, pauses: times });
      expect(outcome.state).toMatchObject({ outcome: "completed" });
      // Each pause with time-outs in it at least doubles the next time-out: after 50, 100, 200 and 400 ms no pause is too
      // long. Three of them fit into one pause that teaches nothing, since it may as well have been a loss.
      const retransmitted = outcome.blocksSent - blocks;
      expect(retransmitted).toBeLessThanOrEqual(windowSize * (4 + 3 * outcome.unclear));
    }),
    { numRuns: 100, examples: pausesThatEndWithACopy },
  );
});

test("a block that comes late, or is lost, costs about a window, not each window from then on", () => {
  fc.assert(
    fc.property(
      fc.record({
        windowSize: fc.integer({ min: 2, max: 16 }),
        answersEach: fc.boolean(),
        roundTrip: fc.constantFrom(2, 4, 10),
        late: fc.constantFrom(0, 0.002, 0.01),
        loss: fc.constantFrom(0, 0.002, 0.01),
        seed: fc.integer(),
      }),
      ({ windowSize, answersEach, roundTrip, late, loss, seed }) => {
        const blocks = 2000;
        const chosen = { ...fixed, windowSize, rollover: 0, interval: undefined, offers: true } as const;
        const network = { loss, duplication: 0, minDelay: roundTrip / 2, jitter: 0, seed, late };
        const outcome = run(chosen, blocks, network, 0, { answersEach, pauses: [] });
        expect(outcome.state).toMatchObject({ outcome: "completed" });
        // Each packet that is late or lost may cost two windows, and there may be twice as many as is likely, and some.
        const troubles = 2 * (late + loss) * (blocks + blocks / windowSize) + 4;
        expect(outcome.blocksSent - blocks).toBeLessThanOrEqual(2 * windowSize * troubles);
      },
    ),
    { numRuns: 100 },
  );
});
