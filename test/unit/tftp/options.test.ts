import { describe, expect, test } from "vitest";
import { negotiate } from "../../../src/tftp/options.ts";

const limits = { maxBlockSize: 1468, maxWindowSize: 64, maxWindowBytes: 256 * 1024 };

function askFor(
  options: Record<string, string>,
  size: number | undefined,
  changed: Partial<typeof limits> = {},
) {
  const map = new Map(Object.entries(options).map(([name, value]) => [name.toLowerCase(), { name, value }]));
  const agreement = negotiate(map, size, { ...limits, ...changed });
  return { ...agreement, oack: Object.fromEntries(agreement.oack.map(({ name, value }) => [name, value])) };
}

const ask = (options: Record<string, string>, changed: Partial<typeof limits> = {}) =>
  askFor(options, 1000, changed);

describe("what is agreed", () => {
  test("without options: 512 octets in lock-step, and no OACK", () => {
    expect(ask({})).toMatchObject({ blockSize: 512, windowSize: 1, timeout: undefined, oack: {} });
  });

  test("iPXE's request", () => {
    expect(ask({ blksize: "1432", tsize: "0" })).toMatchObject({
      blockSize: 1432,
      oack: { blksize: "1432", tsize: "1000" },
    });
  });

  test("EDK2's request", () => {
    expect(ask({ tsize: "0", blksize: "1468", windowsize: "4" })).toMatchObject({
      blockSize: 1468,
      windowSize: 4,
      oack: { tsize: "1000", blksize: "1468", windowsize: "4" },
    });
  });

  test("the client's spelling comes back", () => {
    expect(ask({ BLKSIZE: "1024" }).oack).toEqual({ BLKSIZE: "1024" });
  });

  test.each([
    ["8", 8, "8"],
    ["7", 512, undefined],
    ["0", 512, undefined],
    ["1468", 1468, "1468"],
    ["1469", 1468, "1468"],
    ["65464", 1468, "1468"],
    ["99999999999999999999999999", 1468, "1468"],
    ["-1", 512, undefined],
    ["0x200", 512, undefined],
    ["1e3", 512, undefined],
    ["", 512, undefined],
    ["512 ", 512, undefined],
  ])("blksize %j: blocks of %d", (value, blockSize, answer) => {
    const agreed = ask({ blksize: value });
    expect(agreed.blockSize).toBe(blockSize);
    expect(agreed.oack["blksize"]).toBe(answer);
  });

  test("the largest block of all, where the path carries it", () => {
    expect(ask({ blksize: "65535" }, { maxBlockSize: 1_000_000 }).blockSize).toBe(65464);
  });

  test.each([
    ["1", 1, "1"],
    ["64", 64, "64"],
    ["65", 64, "64"],
    ["65535", 64, "64"],
    ["0", 1, undefined],
    ["x", 1, undefined],
  ])("windowsize %j: %d blocks", (value, windowSize, answer) => {
    const agreed = ask({ windowsize: value });
    expect(agreed.windowSize).toBe(windowSize);
    expect(agreed.oack["windowsize"]).toBe(answer);
  });

  test("a window of large blocks is kept in memory's bounds", () => {
    expect(ask({ blksize: "65464", windowsize: "64" }, { maxBlockSize: 65464 }).windowSize).toBe(4);
  });

  test.each([
    ["1", 1],
    ["255", 255],
    ["0", undefined],
    ["256", undefined],
    ["1.5", undefined],
  ])("timeout %j: %s", (value, timeout) => {
    const agreed = ask({ timeout: value });
    expect(agreed.timeout).toBe(timeout);
    expect(agreed.oack["timeout"]).toBe(timeout === undefined ? undefined : value);
  });

  test("unknown options are ignored (RFC 2347), also when nothing else is asked for", () => {
    expect(ask({ multicast: "", utimeout: "1000", "x-vendor": "1" }).oack).toEqual({});
  });

  test("a size that is not known yet, or that curl chokes on, is left out", () => {
    expect(askFor({ tsize: "0", blksize: "512" }, undefined).oack).toEqual({ blksize: "512" });
    expect(askFor({ tsize: "0", blksize: "512" }, 0).oack).toEqual({ blksize: "512" });
  });

  test.each([
    ["0", 0],
    ["1", 1],
    ["2", 0],
  ])("rollover %j", (value, rollover) => {
    const agreed = ask({ rollover: value });
    expect(agreed.rollover).toBe(rollover);
    expect("rollover" in agreed.oack).toBe(value !== "2");
  });
});
