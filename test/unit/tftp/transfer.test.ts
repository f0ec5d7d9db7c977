import { describe, expect, test } from "vitest";
import { type Step, step } from "../../../src/tftp/transfer.ts";
import {
  ackedBlocks,
  newTransfer,
  type TransferEvent,
  type TransferParams,
  type TransferState,
  wireNumber,
} from "../../../src/tftp/transfer-state.ts";

const base: TransferParams = {
  windowSize: 1,
  rollover: 0,
  offers: false,
  interval: undefined,
  rto: { initial: 1000, min: 50, max: 4000 },
  patience: 20_000,
  probation: 6_000,
  sourcePatience: 30_000,
  openings: 3,
};

/** Runs a transfer by hand: `at` sets the clock, each call feeds one event and tells what was sent. */
class Hand {
  state: TransferState;
  now = 0;

  constructor(params: Partial<TransferParams>, lastBlock: number | undefined) {
    this.state = newTransfer({ ...base, ...params }, lastBlock, 0);
  }

  feed(event: TransferEvent): string {
    const result: Step = step(this.state, event, this.now);
    this.state = result.state;
    const { send } = result;
    if (!send) return "";
    if (send.kind === "data") return `${send.first}..${send.first + send.count - 1}`;
    return send.kind === "oack" ? "oack" : `error ${send.code}`;
  }

  start(): string {
    return this.feed({ kind: "start" });
  }

  ack(block: number): string {
    return this.feed({ kind: "ack", block });
  }

  /** Lets the deadline come, however far away. */
  expire(): string {
    if (this.state.kind === "ended") return "ended";
    this.now = this.state.deadline;
    return this.feed({ kind: "time" });
  }

  outcome(): string {
    return this.state.kind === "ended" ? this.state.outcome : "running";
  }
}

describe("lock-step", () => {
  test("block by block to the end", () => {
    const hand = new Hand({}, 3);
    expect([hand.start(), hand.ack(1), hand.ack(2), hand.ack(3)]).toEqual(["1..1", "2..2", "3..3", ""]);
    expect(hand.outcome()).toBe("completed");
    expect(ackedBlocks(hand.state)).toBe(3);
  });

  test("with options the OACK is acknowledged as block 0", () => {
    const hand = new Hand({ offers: true }, 1);
    expect([hand.start(), hand.ack(1), hand.ack(0), hand.ack(1)]).toEqual(["oack", "", "1..1", ""]);
    expect(hand.outcome()).toBe("completed");
  });

  test("a repeated ACK is never answered: the sorcerer's apprentice", () => {
    const hand = new Hand({}, 10);
    hand.start();
    expect(hand.ack(1)).toBe("2..2");
    hand.now = 500;
    for (let i = 0; i < 5; i++) expect(hand.ack(1)).toBe("");
    expect(hand.ack(2)).toBe("3..3");
    expect(hand.ack(1)).toBe("");
  });

  test.each([2, 5, 65535, 0])("an ACK of block %d, which is not out, means nothing", (block) => {
    const hand = new Hand({}, 10);
    hand.start();
    expect(hand.ack(block)).toBe("");
    expect(ackedBlocks(hand.state)).toBe(0);
  });
});

describe("windows", () => {
  test("go out whole, the last one shorter", () => {
    const hand = new Hand({ offers: true, windowSize: 4 }, 10);
    hand.start();
    expect([hand.ack(0), hand.ack(4), hand.ack(8), hand.ack(10)]).toEqual(["1..4", "5..8", "9..10", ""]);
    expect(hand.outcome()).toBe("completed");
  });

  test("an ACK inside the window goes back to what is missing", () => {
    const hand = new Hand({ offers: true, windowSize: 4 }, 100);
    hand.start();
    hand.ack(0);
    expect(hand.ack(2)).toBe("3..6");
    expect(hand.state).toMatchObject({ retransmissions: 2 });
    expect(hand.ack(6)).toBe("7..10");
  });

  test("an ACK of a copy brings no further copies: EDK2 tells where it stands at each block that it has already", () => {
    const hand = new Hand({ offers: true, windowSize: 4 }, 100);
    hand.start();
    hand.ack(0);
    // Block 4 overtook block 3.
    expect(hand.ack(2)).toBe("3..6");
    // The copy of 3 came; from here on the client counts its window.
    expect(hand.ack(3)).toBe("7..7");
    expect(hand.ack(7)).toBe("8..11");
    expect(hand.state).toMatchObject({ retransmissions: 2 });
    expect(hand.ack(11)).toBe("12..15");
  });

  test("an ACK beyond the copies tells of another loss", () => {
    const hand = new Hand({ offers: true, windowSize: 4 }, 100);
    hand.start();
    hand.ack(0);
    expect(hand.ack(2)).toBe("3..6");
    expect(hand.ack(5)).toBe("6..9");
  });

  test("what a time-out sends again are copies, too", () => {
    const hand = new Hand({ offers: true, windowSize: 4 }, 100);
    hand.start();
    hand.ack(0);
    expect(hand.expire()).toBe("1..4");
    expect(hand.ack(2)).toBe("5..6");
    expect(hand.ack(6)).toBe("7..10");
  });

  test("a repeated ACK says that the window's first block is missing: answered once", () => {
    const hand = new Hand({ offers: true, windowSize: 4 }, 100);
    hand.start();
    hand.now = 10;
    hand.ack(0);
    hand.now = 20;
    expect(hand.ack(4)).toBe("5..8");
    hand.now = 21;
    expect(hand.ack(4), "too early to be about what is out").toBe("");
    hand.now = 31;
    expect(hand.ack(4)).toBe("5..8");
    hand.now = 45;
    for (let i = 0; i < 5; i++) expect(hand.ack(4)).toBe("");
    expect(hand.ack(8)).toBe("9..12");
  });
});

describe("a client that was slow, not deaf", () => {
  /** A window of four is out at time 10, the round trip is known to be short, and the client does nothing. */
  function paused(): Hand {
    const hand = new Hand({ offers: true, windowSize: 4 }, 1000);
    hand.start();
    hand.now = 1;
    hand.ack(0);
    hand.now = 2;
    hand.ack(4);
    hand.now = 10;
    hand.ack(8);
    return hand;
  }
  const timeout = (hand: Hand) => (hand.state.kind === "ended" ? 0 : hand.state.deadline - hand.now);

  test("acknowledges each copy: what it says of the copies is not answered", () => {
    const hand = paused();
    expect(hand.expire()).toBe("9..12");
    hand.now += 30;
    expect(hand.ack(12)).toBe("13..16");
    hand.now += 3;
    for (let i = 0; i < 4; i++) expect(hand.ack(12)).toBe("");
    expect(hand.ack(16)).toBe("17..20");
    expect(hand.state).toMatchObject({ retransmissions: 4 });
  });

  test("gets twice the time that it took, from then on", () => {
    const hand = paused();
    const before = timeout(hand);
    hand.expire();
    hand.now = 310;
    hand.ack(12);
    expect(timeout(hand), "nothing is proved yet").toBe(before);
    hand.ack(12);
    expect(timeout(hand)).toBe(600);
    for (let block = 16; block < 900; block += 4) {
      hand.now += 1;
      hand.ack(block);
    }
    expect(timeout(hand)).toBe(600);
  });

  test("never more than the first time-out of all", () => {
    const hand = paused();
    hand.expire();
    hand.now = 5000;
    hand.ack(12);
    hand.ack(12);
    expect(timeout(hand)).toBe(1000);
  });

  test("an ACK in answer to the copy proves nothing, though others follow it", () => {
    const hand = paused();
    const before = timeout(hand);
    hand.expire();
    hand.now += 2;
    for (let i = 0; i < 4; i++) hand.ack(12);
    expect(timeout(hand)).toBe(before);
  });

  test("real losses make the time shorter again", () => {
    const hand = paused();
    hand.expire();
    hand.now = 310;
    hand.ack(12);
    hand.ack(12);
    const times: number[] = [];
    for (let block = 16; block < 80; block += 8) {
      hand.now += 1;
      hand.ack(block);
      hand.expire();
      hand.now += 1;
      hand.ack(block + 4);
      times.push(timeout(hand));
    }
    expect(times.at(-1)).toBeLessThanOrEqual(60);
    for (const [i, time] of times.entries()) expect(time).toBeLessThanOrEqual(times[i - 1] ?? 600);
  });
});

describe("block numbers wrap", () => {
  test.each([
    [0, [65535, 0, 1]],
    [1, [65535, 1, 2]],
  ] as const)("to %d", (rollover, numbers) => {
    expect([65535, 65536, 65537].map((block) => wireNumber(block, rollover))).toEqual(numbers);
  });

  test.each([
    [0, 1],
    [1, 1],
    [0, 16],
    [1, 16],
    [0, 64],
    [1, 64],
  ] as const)("to %d, in windows of %d, three times over", (rollover, windowSize) => {
    const last = 200_001;
    const hand = new Hand({ offers: true, rollover, windowSize }, last);
    hand.start();
    hand.ack(0);
    let sent = Math.min(windowSize, last);
    for (let guard = 0; hand.outcome() === "running" && guard <= last; guard++) {
      const send = hand.ack(wireNumber(sent, rollover));
      if (send !== "") sent = Number(send.split("..")[1]);
    }
    expect(hand.outcome()).toBe("completed");
    expect(hand.state).toMatchObject({ acked: last, retransmissions: 0 });
  });
});

describe("time", () => {
  test("what is lost leaves again, later each time, until patience ends", () => {
    const hand = new Hand({ offers: true }, 5);
    hand.start();
    hand.now = 40;
    hand.ack(0);
    const sends: string[] = [];
    const times: number[] = [];
    for (let i = 0; i < 50 && hand.outcome() === "running"; i++) {
      sends.push(hand.expire());
      times.push(hand.now);
    }
    expect(sends.at(-1)).toBe("error 0");
    expect(new Set(sends.slice(0, -1))).toEqual(new Set(["1..1"]));
    const gaps = times.map((time, i) => time - (times[i - 1] ?? 40));
    for (const [i, gap] of gaps.entries()) expect(gap).toBeGreaterThanOrEqual(gaps[i - 1] ?? 0);
    expect(Math.max(...gaps)).toBe(4000);
    expect(hand.now).toBeLessThanOrEqual(20_000 + 4000 + 40);
    expect(hand.outcome()).toBe("failed");
  });

  test("the time-out follows the round trip that was measured", () => {
    const hand = new Hand({ offers: true }, 1000);
    hand.start();
    hand.ack(0);
    for (let block = 1; block < 100; block++) {
      hand.now += 200;
      hand.ack(block);
    }
    const { state } = hand;
    expect(state.kind === "sending" && state.deadline - hand.now).toBeGreaterThan(200);
    expect(state.kind === "sending" && state.deadline - hand.now).toBeLessThan(400);
  });

  test("the interval that the client asked for wins", () => {
    const hand = new Hand({ offers: true, interval: 3000 }, 5);
    hand.start();
    hand.now = 1;
    hand.ack(0);
    const times: number[] = [];
    for (let i = 0; i < 4; i++) {
      expect(hand.expire()).toBe("1..1");
      times.push(hand.now);
    }
    expect(times).toEqual([3001, 6001, 9001, 12001]);
  });

  test("an address that never answered gets no more than a few opening packets, and no error", () => {
    const hand = new Hand({ offers: true }, 5);
    const sends = [hand.start()];
    for (let i = 0; i < 50 && hand.outcome() === "running"; i++) sends.push(hand.expire());
    expect(sends.filter((send) => send !== "")).toEqual(["oack", "oack", "oack"]);
    expect(hand.now).toBeLessThanOrEqual(6000 + 4000);
    expect(hand.state).toMatchObject({ outcome: "failed", reason: "the client never answered" });
  });

  test("the same without options: the first block, three times", () => {
    const hand = new Hand({}, 5);
    const sends = [hand.start()];
    for (let i = 0; i < 50 && hand.outcome() === "running"; i++) sends.push(hand.expire());
    expect(sends.filter((send) => send !== "")).toEqual(["1..1", "1..1", "1..1"]);
  });

  test("a client that asks again is answered again, once for each time", () => {
    const hand = new Hand({ offers: true, openings: 1 }, 5);
    expect(hand.start()).toBe("oack");
    expect(hand.expire()).toBe("");
    hand.now += 300;
    expect(hand.feed({ kind: "repeat" })).toBe("oack");
    hand.now += 100;
    expect(hand.feed({ kind: "repeat" }), "too soon: a copy made by the network").toBe("");
    hand.now += 200;
    expect(hand.feed({ kind: "repeat" })).toBe("oack");
    hand.ack(0);
    expect(hand.feed({ kind: "repeat" }), "it hears us: a copy of its request").toBe("");
  });

  test("a time event before the deadline does nothing", () => {
    const hand = new Hand({}, 5);
    hand.start();
    expect(hand.feed({ kind: "time" })).toBe("");
  });
});

describe("a slow disk", () => {
  test("what is in memory leaves, the rest follows", () => {
    const hand = new Hand({ offers: true, windowSize: 8 }, 100);
    hand.start();
    expect(hand.ack(0)).toBe("1..8");
    hand.feed({ kind: "short", next: 4 });
    expect(hand.feed({ kind: "readable" })).toBe("4..8");
    expect(hand.ack(8)).toBe("9..16");
  });

  test("an ACK of what did leave asks for the next window", () => {
    const hand = new Hand({ offers: true, windowSize: 8 }, 100);
    hand.start();
    hand.ack(0);
    hand.feed({ kind: "short", next: 4 });
    expect(hand.ack(5), "not out yet").toBe("");
    expect(hand.ack(3)).toBe("4..11");
  });

  test("that cannot give back what left before: its ACK counts all the same", () => {
    const hand = new Hand({ offers: true, windowSize: 8 }, 100);
    hand.start();
    hand.now = 1;
    expect(hand.ack(0)).toBe("1..8");
    expect(hand.expire()).toBe("1..8");
    hand.feed({ kind: "short", next: 1 });
    hand.now += 5;
    expect(hand.ack(8)).toBe("9..16");
    expect(ackedBlocks(hand.state)).toBe(8);
  });

  test("that gives a window in three parts", () => {
    const hand = new Hand({ offers: true, windowSize: 8 }, 100);
    hand.start();
    hand.ack(0);
    hand.feed({ kind: "short", next: 4 });
    expect(hand.feed({ kind: "readable" })).toBe("4..8");
    hand.feed({ kind: "short", next: 6 });
    expect(hand.feed({ kind: "readable" })).toBe("6..8");
    expect(hand.ack(8)).toBe("9..16");
  });

  test("does not make a client that is gone immortal", () => {
    const hand = new Hand({ offers: true, windowSize: 8 }, 100);
    hand.start();
    hand.now = 1;
    hand.ack(0);
    for (let i = 0; i < 100 && hand.outcome() === "running"; i++) {
      hand.expire();
      hand.feed({ kind: "short", next: 1 });
      hand.feed({ kind: "readable" });
    }
    expect(hand.state).toMatchObject({ outcome: "failed", reason: "the client fell silent" });
    expect(hand.now).toBeLessThanOrEqual(20_000 + 4000 + 1);
  });

  test("nothing at all for too long ends in an error", () => {
    const hand = new Hand({ offers: true }, 100);
    hand.start();
    hand.ack(0);
    hand.feed({ kind: "short", next: 1 });
    expect(hand.expire()).toBe("error 0");
    expect(hand.now).toBe(30_000);
  });

  test("an end that shows late", () => {
    const hand = new Hand({ offers: true, windowSize: 4 }, undefined);
    hand.start();
    expect(hand.ack(0)).toBe("1..4");
    hand.feed({ kind: "short", next: 3 });
    hand.feed({ kind: "end", lastBlock: 3 });
    expect(hand.feed({ kind: "readable" })).toBe("3..3");
    hand.ack(3);
    expect(hand.outcome()).toBe("completed");
  });
});

describe("how it can end", () => {
  const error = (code: number): TransferEvent => ({ kind: "error", code, message: "x" });

  test.each([
    [8, "aborted"],
    [0, "aborted"],
    [5, "aborted"],
    [3, "failed"],
  ])("client error %d instead of any data: %s", (code, outcome) => {
    const hand = new Hand({ offers: true }, 5);
    hand.start();
    expect(hand.feed(error(code))).toBe("");
    expect(hand.outcome()).toBe(outcome);
  });

  test.each([
    [8, "aborted"],
    [0, "aborted"],
    [3, "failed"],
    [5, "failed"],
  ])("client error %d in the middle: %s", (code, outcome) => {
    const hand = new Hand({}, 5);
    hand.start();
    hand.ack(1);
    expect(hand.feed(error(code))).toBe("");
    expect(hand.outcome()).toBe(outcome);
  });

  test("the client's port is closed", () => {
    const hand = new Hand({}, 5);
    hand.start();
    expect(hand.feed({ kind: "unreachable" })).toBe("");
    expect(hand.outcome()).toBe("aborted");
  });

  test("we stop it, and say so", () => {
    const hand = new Hand({}, 5);
    hand.start();
    expect(hand.feed({ kind: "stop", outcome: "failed", code: 0, reason: "shutting down" })).toBe("error 0");
    expect(hand.outcome()).toBe("failed");
  });

  test("a new request of a client that has it all but for the last ACK", () => {
    const hand = new Hand({}, 2);
    hand.start();
    hand.ack(1);
    hand.feed({ kind: "superseded" });
    expect(hand.outcome()).toBe("completed");
  });

  test("a new request in the middle", () => {
    const hand = new Hand({}, 3);
    hand.start();
    hand.ack(1);
    hand.feed({ kind: "superseded" });
    expect(hand.outcome()).toBe("aborted");
  });

  test("nothing happens after the end", () => {
    const hand = new Hand({}, 1);
    hand.start();
    hand.ack(1);
    const { state } = hand;
    for (const event of [error(3), { kind: "time" }, { kind: "ack", block: 1 }, { kind: "start" }] as const) {
      expect(hand.feed(event)).toBe("");
    }
    expect(hand.state).toBe(state);
  });
});
