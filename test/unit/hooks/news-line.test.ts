import { expect, test } from "vitest";
import { newsLine } from "../../../src/hooks/news-line.ts";

test("the log warns once that events are lost, with what to look at, and says how many were", () => {
  expect(newsLine("http://receiver/", { kind: "dead", reason: "503" })).toMatchObject({
    level: "warn",
    fields: { code: "BW_HOOK_DEAD", hint: expect.stringContaining("receiver") },
    text: "events for the hook at http://receiver/ are lost: 503",
  });
  expect(newsLine("http://receiver/", { kind: "recovered", lost: 3 })).toMatchObject({
    level: "info",
    fields: { lost: 3 },
  });
});
