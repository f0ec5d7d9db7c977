import fc from "fast-check";
import { expect, test } from "vitest";
import { HookQueue, type News, type Outcome, type QueueLimits } from "../../../src/hooks/queue.ts";

const LIMITS: QueueLimits = { length: 5, age: 10_000, firstWait: 100, longestWait: 1000 };
const FAILED: Outcome = { kind: "failed", reason: "503" };

/** Posts what is next, with this outcome; returns what it was. */
function post(queue: HookQueue<string>, now: number, outcome: Outcome) {
  const { next } = queue.next(now);
  if (next.kind !== "post") return { what: undefined, news: undefined };
  return { what: next.waiting.what, news: queue.ended(next.waiting, outcome, now) };
}

test("what was delivered is gone, in order", () => {
  const queue = new HookQueue<string>(LIMITS);
  for (const what of ["a", "b"]) queue.push(what, 0);
  expect(post(queue, 0, { kind: "delivered" }).what).toBe("a");
  expect(post(queue, 0, { kind: "delivered" }).what).toBe("b");
  expect(queue.next(0).next.kind).toBe("idle");
});

test("failures are tried again with pauses that double up to a bound, and one success ends them", () => {
  const queue = new HookQueue<string>(LIMITS);
  queue.push("a", 0);
  let now = 0;
  const pauses: number[] = [];
  for (let i = 0; i < 6; i++) {
    expect(post(queue, now, FAILED).what).toBe("a");
    const { next } = queue.next(now);
    if (next.kind !== "wait") throw new Error(next.kind);
    pauses.push(next.until - now);
    now = next.until;
  }
  expect(pauses).toEqual([100, 200, 400, 800, 1000, 1000]);
  expect(post(queue, now, { kind: "delivered" }).what).toBe("a");
  queue.push("b", now);
  expect(queue.next(now).next.kind).toBe("post");
});

test("what is too old is given up; that is told once, and once more when it is over", () => {
  const queue = new HookQueue<string>(LIMITS);
  queue.push("a", 0);
  post(queue, 0, FAILED);
  queue.push("b", 5000);
  expect(queue.next(10_001)).toMatchObject({ news: { kind: "dead", reason: "503" } });
  expect(post(queue, 10_001, FAILED).what).toBe("b");
  expect(queue.next(15_001)).toEqual({ next: { kind: "idle" }, news: undefined });
  queue.push("c", 15_001);
  const { what, news } = post(queue, 20_000, { kind: "delivered" });
  expect([what, news]).toEqual(["c", { kind: "recovered", lost: 2 }]);
});

test("what is refused for good is not tried again", () => {
  const queue = new HookQueue<string>(LIMITS);
  queue.push("a", 0);
  expect(post(queue, 0, { kind: "refused", reason: "410" }).news).toEqual({ kind: "dead", reason: "410" });
  expect(queue.next(0).next.kind).toBe("idle");
});

test("beyond its length the oldest goes, and what is under way may be among them", () => {
  const queue = new HookQueue<string>(LIMITS);
  queue.push("0", 0);
  const { next } = queue.next(0);
  if (next.kind !== "post") throw new Error(next.kind);
  const news = ["1", "2", "3", "4", "5", "6"].map((what) => queue.push(what, 0));
  expect(queue.length).toBe(5);
  expect(news.filter((one) => one !== undefined)).toHaveLength(1);
  expect(queue.ended(next.waiting, { kind: "delivered" }, 0)).toEqual({ kind: "recovered", lost: 2 });
  expect(post(queue, 0, { kind: "delivered" }).what).toBe("2");
});

test("whatever happens: bounded, in order, nothing twice, and every loss is told of", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("push" as const) }),
    fc.record({
      kind: fc.constant("post" as const),
      outcome: fc.constantFrom<Outcome>(FAILED, { kind: "delivered" }, { kind: "refused", reason: "400" }),
    }),
    fc.record({ kind: fc.constant("time" as const), by: fc.integer({ min: 0, max: 12_000 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const queue = new HookQueue<number>(LIMITS);
      let [now, pushed] = [0, 0];
      const delivered: number[] = [];
      const told: News[] = [];
      const hear = (news: News | undefined) => void (news && told.push(news));
      for (const one of steps) {
        if (one.kind === "push") hear(queue.push(pushed++, now));
        else if (one.kind === "time") now += one.by;
        else {
          const { next, news } = queue.next(now);
          hear(news);
          if (next.kind !== "post") continue;
          if (one.outcome.kind === "delivered") delivered.push(next.waiting.what);
          hear(queue.ended(next.waiting, one.outcome, now));
        }
        expect(queue.length).toBeLessThanOrEqual(LIMITS.length);
      }
      expect(delivered).toEqual([...new Set(delivered)].sort((a, b) => a - b));
      // Dead and recovered take turns, and whoever lost something has heard "dead".
      for (const [i, news] of told.entries()) expect(news.kind).toBe(i % 2 === 0 ? "dead" : "recovered");
      const lost = pushed - delivered.length - queue.length;
      const toldLost = told.reduce((sum, news) => sum + (news.kind === "recovered" ? news.lost : 0), 0);
      if (told.at(-1)?.kind === "dead") expect(lost).toBeGreaterThan(toldLost);
      else expect(lost).toBe(toldLost);
    }),
  );
});
