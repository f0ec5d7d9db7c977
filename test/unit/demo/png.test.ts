import { inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { pngFromPpm } from "../../../src/demo/png.ts";

/** Two lines of two pixels: red, green; blue, white. */
const PIXELS = Buffer.from("ff000000ff000000ffffffff", "hex");

describe("a screenshot", () => {
  test("keeps size and pixels", () => {
    const png = pngFromPpm(Buffer.concat([Buffer.from("P6\n2 2\n255\n"), PIXELS]));
    expect(png.subarray(0, 8).toString("hex")).toBe("89504e470d0a1a0a");
    const parts = chunks(png);
    expect(parts.map(({ type }) => type)).toEqual(["IHDR", "IDAT", "IEND"]);
    const [header, data] = parts;
    expect([header?.data.readUInt32BE(0), header?.data.readUInt32BE(4)]).toEqual([2, 2]);
    const lines = inflateSync(data?.data ?? Buffer.alloc(0));
    expect(lines.toString("hex")).toBe("00ff000000ff00000000ffffffff");
  });

  test.each([
    ["another kind of PPM", "P3\n1 1\n255\n1 2 3\n"],
    ["more than 8 bits per colour", "P6\n1 1\n65535\n123456"],
    ["too few pixels", "P6\n2 2\n255\nabc"],
  ])("refuses %s", (_what, text) => {
    expect(() => pngFromPpm(Buffer.from(text))).toThrow(RangeError);
  });
});

function chunks(png: Buffer): { readonly type: string; readonly data: Buffer }[] {
  const found: { type: string; data: Buffer }[] = [];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    found.push({
      type: png.toString("latin1", at + 4, at + 8),
      data: png.subarray(at + 8, at + 8 + length),
    });
    at += 12 + length;
  }
  return found;
}
