import { describe, expect, test } from "vitest";
import { convertNetascii, NETASCII_START, netasciiLength } from "../../../src/tftp/netascii.ts";

describe("netascii", () => {
  test.each([
    ["", ""],
    ["plain", "plain"],
    ["a\nb", "a\r\nb"],
    ["a\rb", "a\r\0b"],
    ["a\r\nb", "a\r\0\r\nb"],
    ["\n", "\r\n"],
    ["\r", "\r\0"],
  ])("%j goes out as %j", (source, wanted) => {
    const bytes = Buffer.from(source);
    const target = Buffer.alloc(netasciiLength(bytes));
    const { written, position } = convertNetascii(bytes, target, NETASCII_START);
    expect(target.toString()).toBe(wanted);
    expect(written).toBe(wanted.length);
    expect(position).toEqual({ taken: bytes.length, owed: -1 });
  });

  test("a pair that is cut by the end of a block goes on in the next", () => {
    const source = Buffer.from("ab\ncd\re");
    const parts: string[] = [];
    let position = NETASCII_START;
    for (;;) {
      const target = Buffer.alloc(3);
      const step = convertNetascii(source.subarray(position.taken), target, position);
      parts.push(target.toString("latin1", 0, step.written));
      position = step.position;
      if (step.written < 3) break;
    }
    expect(parts).toEqual(["ab\r", "\ncd", "\r\0e", ""]);
  });
});
