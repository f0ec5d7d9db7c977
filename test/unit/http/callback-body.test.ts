import { describe, expect, it } from "vitest";
import { parseCallbackBody } from "../../../src/http/callback-body.ts";

const FORM = "application/x-www-form-urlencoded";

describe("the body of a callback", () => {
  it.each<[string, string, string | undefined, object]>([
    ["form fields", "percent=40&text=writing%20disk", FORM, { percent: 40, text: "writing disk" }],
    ["form fields without a content type", "percent=41", undefined, { percent: 41 }],
    [
      "JSON with its content type",
      '{"percent": 42.5, "text": "x"}',
      "application/json",
      { percent: 42.5, text: "x" },
    ],
    ["JSON without a content type, as cloud-init posts it", '{"percent": 43}', undefined, { percent: 43 }],
    ["JSON that wget calls a form", '{"reason": "no disk"}', FORM, { reason: "no disk" }],
    ["a log that wget calls a form", "line one\nline two = 3\n", FORM, { log: "line one\nline two = 3\n" }],
    ["percentages out of range", "percent=400", FORM, { percent: 100 }],
    ["a percentage that is no number", "percent=many", FORM, { percent: undefined }],
    ["half a JSON object is text", '{"percent": 4', "application/json", { log: '{"percent": 4' }],
  ])("%s", (_name, body, contentType, expected) => {
    expect(parseCallbackBody(Buffer.from(body), contentType)).toMatchObject(expected);
  });

  it("may be missing", () => {
    expect(parseCallbackBody(undefined, undefined)).toMatchObject({
      percent: undefined,
      log: undefined,
      fields: {},
    });
  });

  it("keeps every field of a report", () => {
    const { fields } = parseCallbackBody(Buffer.from("hostname=web1&users=admin%20bob"), FORM);
    expect(fields).toEqual({ hostname: "web1", users: "admin bob" });
  });
});
