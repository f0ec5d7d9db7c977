import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SseParser } from "../../../src/cli/sse.ts";
import { localTime, paint, printable, table } from "../../../src/cli/text.ts";

describe("a table", () => {
  const rows = [
    [{ text: "web-1" }, { text: "installed", colour: "green" as const }, { text: "ok" }],
    [{ text: "a" }, { text: "failed", colour: "red" as const }, { text: "" }],
  ];

  test("has aligned columns, and no spaces at the ends of lines", () => {
    expect(table({ colour: false }, ["NAME", "STATE", "WHY"], rows)).toBe(
      "NAME   STATE      WHY\nweb-1  installed  ok\na      failed\n",
    );
  });

  test("is as aligned in colour", () => {
    const coloured = table({ colour: true }, ["NAME", "STATE", "WHY"], rows);
    expect(coloured).toContain("\u001b[32minstalled\u001b[0m");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken away
    expect(coloured.replaceAll(/\u001b\[\d+m/g, "")).toBe(
      table({ colour: false }, ["NAME", "STATE", "WHY"], rows),
    );
  });

  test("shows control characters instead of sending them", () => {
    expect(table({ colour: false }, ["A", "B"], [[{ text: "\u001b[2J" }, { text: "x\ny" }]])).toBe(
      "A        B\n\\x1b[2J  x\\x0ay\n",
    );
    expect(printable("größe\u009b1m")).toBe("größe\\x9b1m");
  });

  test("without colour there is none", () => {
    expect(paint({ colour: false }, "red", "x")).toBe("x");
  });
});

describe("times", () => {
  let before: string | undefined;
  beforeEach(() => {
    before = process.env["TZ"];
  });
  afterEach(() => {
    if (before === undefined) delete process.env["TZ"];
    else process.env["TZ"] = before;
  });

  test.each([
    ["Europe/Berlin", "2026-11-23T14:05:09+01:00"],
    ["Asia/Kolkata", "2026-11-23T18:35:09+05:30"],
    ["America/St_Johns", "2026-11-23T09:35:09-03:30"],
    ["UTC", "2026-11-23T13:05:09+00:00"],
  ])("in %s", (zone, text) => {
    process.env["TZ"] = zone;
    const instant = Date.UTC(2026, 10, 23, 13, 5, 9, 999);
    expect(localTime(instant)).toBe(text);
    expect(Date.parse(text)).toBe(Math.floor(instant / 1000) * 1000);
  });
});

describe("an event stream", () => {
  test("is read as the standard says", () => {
    const parser = new SseParser();
    expect(parser.push(": hello\n\nid: 7\ndata: a\ndata:b\nretry: 3\n\ndata\n\n")).toEqual([
      { id: "7", data: "a\nb" },
      { id: "7", data: "" },
    ]);
  });

  test("says the same in whatever pieces it comes, and with whatever line ends", () => {
    const text = fc.stringMatching(/^[a-z:{} ]{1,12}$/).map((one) => `x${one}`);
    const message = fc.record({
      id: fc.nat().map(String),
      data: fc.array(text, { minLength: 1, maxLength: 3 }),
    });
    fc.assert(
      fc.property(
        fc.array(message),
        fc.constantFrom("\n", "\r\n", "\r"),
        fc.array(fc.nat({ max: 7 })),
        (messages, end, cuts) => {
          const lines = messages.flatMap(({ id, data }) => [
            `id: ${id}`,
            ...data.map((one) => `data: ${one}`),
            ": alive",
            "",
          ]);
          // The last line end of a CR stream is only known for one when the next character comes.
          let rest = `${lines.map((line) => line + end).join("")}: end${end}:`;
          const parser = new SseParser();
          const read = [];
          for (const cut of cuts) {
            read.push(...parser.push(rest.slice(0, cut)));
            rest = rest.slice(cut);
          }
          read.push(...parser.push(rest));
          expect(read).toEqual(messages.map(({ id, data }) => ({ id, data: data.join("\n") })));
        },
      ),
    );
  });

  test("that never ends a line is given up", () => {
    const parser = new SseParser();
    expect(() => {
      for (let i = 0; i < 100; i++) parser.push("x".repeat(100_000));
    }).toThrow(RangeError);
  });
});
