import fc from "fast-check";
import { expect, test } from "vitest";
import { Quota } from "../../../src/syslog/quota.ts";

const LIMITS = { burst: 3, perSecond: 1, perHour: 10, sources: 2 };

test("a burst passes, the first line too many is told of once, and time makes room", () => {
  const quota = new Quota(LIMITS);
  const verdicts = [0, 0, 0, 0, 0, 1000, 1000].map((now) => quota.take("a", now));
  expect(verdicts).toEqual(["pass", "pass", "pass", "first-over", "over", "pass", "first-over"]);
  expect(quota.take("b", 1000)).toBe("pass");
});

test("an hour has its own bound", () => {
  const quota = new Quota(LIMITS);
  let passed = 0;
  for (let now = 0; now < 3_600_000; now += 2000) if (quota.take("a", now) === "pass") passed += 1;
  expect(passed).toBe(10);
  expect(quota.take("a", 3_600_000)).toBe("pass");
});

test("the source that was quiet for longest is forgotten", () => {
  const quota = new Quota(LIMITS);
  for (let i = 0; i < 4; i++) quota.take("a", 0);
  quota.take("b", 0);
  expect(quota.take("a", 0)).toBe("over");
  quota.take("c", 0);
  expect(quota.take("a", 0)).toBe("over");
  for (const other of ["d", "e"]) quota.take(other, 0);
  expect(quota.take("a", 0)).toBe("pass");
});

test("whenever lines come, no more pass than the bounds say; a clock that goes back gains nothing", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -500, max: 2000 }), { maxLength: 300 }), (steps) => {
      const quota = new Quota({ ...LIMITS, perHour: 1_000_000 });
      let [now, latest, passed] = [10_000_000, 10_000_000, 0];
      for (const step of steps) {
        now += step;
        if (quota.take("a", now) === "pass") passed += 1;
        latest = Math.max(latest, now);
      }
      const forward = steps.reduce((sum, step) => sum + Math.max(0, step), 0);
      expect(passed).toBeLessThanOrEqual(LIMITS.burst + forward / 1000);
    }),
  );
});
