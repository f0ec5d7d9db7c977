import { describe, expect, test } from "vitest";
import {
  decodeArrival,
  decodeClientPacket,
  encodeAck,
  encodeError,
  encodeOack,
  encodeRequest,
} from "../../../src/tftp/packet.ts";

const raw = (text: string) => Buffer.from(text, "latin1");

describe("requests", () => {
  test("carry a name, a mode and options in the client's spelling", () => {
    const arrival = decodeArrival(
      encodeRequest("read", "/pxe/boot.0", "OCTET", [
        { name: "BlkSize", value: "1432" },
        { name: "tsize", value: "0" },
      ]),
    );
    expect(arrival).toEqual({
      kind: "read",
      filename: "/pxe/boot.0",
      mode: "octet",
      options: new Map([
        ["blksize", { name: "BlkSize", value: "1432" }],
        ["tsize", { name: "tsize", value: "0" }],
      ]),
    });
  });

  test("keep the first of two equal options", () => {
    const arrival = decodeArrival(raw("\0\x01a\0octet\0blksize\x00512\0BLKSIZE\x009\0"));
    expect(arrival).toMatchObject({ options: new Map([["blksize", { name: "blksize", value: "512" }]]) });
  });

  test.each([
    ["an option without a value", "\0\x01a\0octet\0blksize\0"],
    ["an option without NUL", "\0\x01a\0octet\0blksize\x00512"],
    ["trailing garbage", "\0\x01a\0octet\0\xff\xfe"],
    ["an empty option name", "\0\x01a\0octet\0\0x\0"],
  ])("%s is left out", (_what, text) => {
    expect(decodeArrival(raw(text))).toMatchObject({ kind: "read", filename: "a", options: new Map() });
  });

  test.each([
    ["no NUL after the name", "\0\x01name", "malformed"],
    ["nothing after the opcode", "\0\x01", "malformed"],
    ["an empty name", "\0\x01\0octet\0", "malformed"],
    ["no mode", "\0\x01name\0", "malformed"],
    ["no NUL after the mode", "\0\x01name\0octet", "malformed"],
    ["more than a request can be", `\0\x01${"a".repeat(2000)}\0octet\0`, "malformed"],
    ["an ACK", "\0\x04\0\x01", "stray"],
    ["an ERROR", "\0\x05\0\x01x\0", "stray"],
    ["an unknown opcode", "\0\x09name\0octet\0", "stray"],
    ["one octet", "\0", "stray"],
    ["nothing", "", "stray"],
  ])("%s: %s", (_what, text, kind) => {
    expect(decodeArrival(raw(text)).kind).toBe(kind);
  });

  test("writes are told from reads", () => {
    expect(decodeArrival(encodeRequest("write", "x", "octet", [])).kind).toBe("write");
  });
});

describe("packets of a transfer", () => {
  const decode = (bytes: Buffer) => decodeClientPacket(bytes, bytes.length);

  test("an ACK", () => expect(decode(encodeAck(65535))).toEqual({ kind: "ack", block: 65535 }));

  test("an ERROR, with and without its NUL", () => {
    expect(decode(encodeError(8, "no"))).toEqual({ kind: "error", code: 8, message: "no" });
    expect(decode(raw("\0\x05\0\x03full"))).toEqual({ kind: "error", code: 3, message: "full" });
  });

  test("only the first octets of a reused buffer count", () => {
    expect(decodeClientPacket(raw("\0\x05\0\0stop\0stale"), 7)).toEqual({
      kind: "error",
      code: 0,
      message: "sto",
    });
    expect(decodeClientPacket(raw("\0\x04\0\x07"), 3).kind).toBe("other");
  });

  test.each(["", "\0", "\0\x04\0", "\0\x03\0\x01data", "\0\x07\0\x00"])("%j is none of them", (text) => {
    expect(decode(raw(text)).kind).toBe("other");
  });

  test("an OACK repeats the names as they were spelled", () => {
    expect(encodeOack([{ name: "TSize", value: "7" }]).toString("latin1")).toBe("\0\x06TSize\x007\0");
  });

  test("an error text carries no NUL and stays short", () => {
    const packet = encodeError(0, `a\0b${"x".repeat(1000)}`);
    expect(packet.length).toBeLessThanOrEqual(205);
    expect(packet.indexOf(0, 4)).toBe(packet.length - 1);
  });
});
