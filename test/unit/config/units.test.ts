import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readMac } from "../../../src/config/read-network.ts";
import { formatDuration, parseDuration, parseSize } from "../../../src/config/units.ts";

describe("durations", () => {
  test.each([
    ["30s", 30],
    ["10m", 600],
    ["12h", 43_200],
    ["7d", 604_800],
    ["2w", 1_209_600],
    ["1h30m", 5400],
    ["0s", 0],
    [" 5m ", 300],
  ])("%s", (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  test.each([
    "",
    "30",
    "s",
    "-5m",
    "1.5h",
    "30 s",
    "5min",
    "30m1h",
    "1h1h",
    "1H",
    "99999999999w",
    "1h 30m",
    "infinite",
  ])("not “%s”", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test("what is written is read back", () => {
    fc.assert(
      fc.property(fc.nat({ max: 10_000_000_000 }), (seconds) => {
        expect(parseDuration(formatDuration(seconds))).toBe(seconds);
      }),
    );
  });

  test("what is read is written as short as can be", () => {
    const part = (unit: string) =>
      fc.option(
        fc.nat({ max: 500 }).map((count) => `${count}${unit}`),
        { nil: "" },
      );
    const parts = fc.tuple(part("w"), part("d"), part("h"), part("m"), part("s")).map((all) => all.join(""));
    fc.assert(
      fc.property(parts, (text) => {
        const seconds = parseDuration(text);
        if (text === "") expect(seconds).toBeUndefined();
        else if (seconds === undefined) expect.fail(`${text} was not read`);
        else if (seconds > 0) expect(formatDuration(seconds)).not.toMatch(/(^|[wdhm])0/);
      }),
    );
  });

  test("no text is read as anything but whole seconds", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9wdhms ]{0,12}$/)), (text) => {
        const seconds = parseDuration(text);
        expect(seconds === undefined || (Number.isSafeInteger(seconds) && seconds >= 0)).toBe(true);
      }),
    );
  });
});

describe("sizes", () => {
  test.each([
    ["512", 512],
    ["512B", 512],
    ["4k", 4096],
    ["512M", 536_870_912],
    ["10G", 10_737_418_240],
    ["10 GiB", 10_737_418_240],
    ["10GB", 10_737_418_240],
    ["1.5T", 1_649_267_441_664],
  ])("%s", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test.each(["", "G", "-1G", "1.3", "1e3", "10X", "10 G B", "999999999999999T"])("not “%s”", (text) => {
    expect(parseSize(text)).toBeUndefined();
  });
});

describe("MACs", () => {
  const octets = fc.tuple(
    fc.nat({ max: 127 }).map((half) => half * 2),
    ...Array.from({ length: 5 }, () => fc.nat({ max: 255 })),
  );
  const hex = (bytes: readonly number[]) => bytes.map((byte) => byte.toString(16).padStart(2, "0"));

  test("one address, whatever its spelling", () => {
    fc.assert(
      fc.property(octets, fc.boolean(), (bytes, upper) => {
        if (bytes.every((byte) => byte === 0)) return;
        const parts = hex(bytes);
        const digits = parts.join("");
        const spellings = [parts.join(":"), parts.join("-"), digits, digits.match(/.{4}/g)?.join(".") ?? ""];
        for (const spelling of spellings) {
          const reading = readMac(upper ? spelling.toUpperCase() : spelling);
          expect(reading).toEqual({ ok: true, value: parts.join(":") });
        }
      }),
    );
  });

  test("no other text is one", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f:.-]{0,20}$/)), (text) => {
        const reading = readMac(text);
        if (reading.ok)
          expect(text.toLowerCase().replaceAll(/[^0-9a-f]/g, "")).toBe(reading.value.replaceAll(":", ""));
        else expect(reading.fault.hint).not.toBe("");
      }),
    );
  });
});
