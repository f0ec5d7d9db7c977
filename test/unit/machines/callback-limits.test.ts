import { expect, test } from "vitest";
import { withinLimits } from "../../../src/machines/callback-limits.ts";

test.each([
  [-5, 0],
  [0, 0],
  [33.4, 33],
  [100, 100],
  [1e9, 100],
  [Number.NaN, undefined],
  [Number.POSITIVE_INFINITY, undefined],
  [undefined, undefined],
])("a percentage of %s counts as %s", (sent, kept) => {
  const event = withinLimits({ kind: "progress", percent: sent, text: undefined });
  expect(event).toEqual({ kind: "progress", percent: kept, text: undefined });
});

test("a reason is one line of bounded length, and never empty", () => {
  const reason = (text: string) => {
    const event = withinLimits({ kind: "failed", reason: text, log: undefined });
    return event.kind === "failed" ? event.reason : undefined;
  };
  expect(reason("no\r\n\u001b[31mdisk\t")).toBe("no [31mdisk");
  expect(reason("x".repeat(10_000))).toHaveLength(500);
  expect(reason(" \n ")).toBe("the installer gave no reason");
});

test("of a long log the end is kept, where the error is, with a mark for each NUL", () => {
  const event = withinLimits({ kind: "failed", reason: "r", log: `${"a\u0000".repeat(100_000)}\nerror` });
  if (event.kind !== "failed") throw new Error("unreachable");
  expect(event.log).toHaveLength(64 * 1024);
  expect(event.log).toMatch(/\ufffda\ufffd\nerror$/);
});

test("a report has a bounded number of users, without empty ones", () => {
  const users = ["ada", "", " ", ...Array.from({ length: 500 }, (_, n) => `u${n}`)];
  const event = withinLimits({ kind: "report", hostname: "vm1\u0007", users });
  if (event.kind !== "report") throw new Error("unreachable");
  expect(event.hostname).toBe("vm1");
  expect(event.users[0]).toBe("ada");
  expect(event.users[1]).toBe("u0");
  expect(event.users.length).toBeLessThanOrEqual(100);
});
