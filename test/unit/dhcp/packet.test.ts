import { describe, expect, it } from "vitest";
import { type DhcpPacket, decode, encode } from "../../../src/dhcp/packet.ts";
import { ip, message } from "./packets.ts";

function decoded(bytes: Buffer): DhcpPacket {
  const result = decode(bytes);
  if (!result.ok) throw new Error(result.reason);
  return result.packet;
}

/** The options area of a message, with a header of zeros before it. */
function withOptions(...octets: readonly number[]): Buffer {
  return Buffer.concat([Buffer.alloc(236), Buffer.of(0x63, 0x82, 0x53, 0x63, ...octets)]);
}

describe("decode", () => {
  it("skips pads one octet at a time and stops at the end option", () => {
    const { options } = decoded(withOptions(0, 0, 53, 1, 1, 0, 61, 2, 7, 8, 255, 12, 1, 65));
    expect([...options]).toEqual([
      [53, Buffer.of(1)],
      [61, Buffer.of(7, 8)],
    ]);
  });

  it("keeps options that it has never heard of", () => {
    expect(decoded(withOptions(222, 3, 1, 2, 3, 255)).options.get(222)).toEqual(Buffer.of(1, 2, 3));
  });

  it("tolerates a missing end option, as BOOTP clients send", () => {
    expect(decoded(withOptions(53, 1, 1)).options.get(53)).toEqual(Buffer.of(1));
  });

  it("takes a message without the magic cookie for BOOTP without options", () => {
    expect(decoded(Buffer.alloc(300)).options.size).toBe(0);
    expect(decoded(Buffer.alloc(236)).options.size).toBe(0);
  });

  it("joins an option that comes in several pieces (RFC 3396 §5)", () => {
    const bytes = withOptions(12, 2, 97, 98, 53, 1, 1, 12, 2, 99, 100, 255);
    expect(decoded(bytes).options.get(12)?.toString()).toBe("abcd");
  });

  it("reads options from file, then sname, when option 52 says so (RFC 2132 §9.3, RFC 3396 §5)", () => {
    const bytes = withOptions(52, 1, 3, 12, 1, 97, 255);
    Buffer.of(12, 1, 98, 255).copy(bytes, 108);
    Buffer.of(12, 1, 99, 53, 1, 1, 255).copy(bytes, 44);
    const packet = decoded(bytes);
    expect(packet.options.get(12)?.toString()).toBe("abc");
    expect(packet.options.get(53)).toEqual(Buffer.of(1));
    expect(packet.options.has(52)).toBe(false);
    expect(packet.file).toBe("");
    expect(packet.sname).toBe("");
  });

  it.each([
    ["shorter than a BOOTP header", Buffer.alloc(235), "only 235 octets"],
    ["an option without its length", withOptions(53), "option 53 without a length"],
    ["an option longer than the message", withOptions(53, 200, 1), "option 53 runs past the end"],
    [
      "an option longer than the file field",
      overloaded(108, [12, 200]),
      "option 12 runs past the end in the file field",
    ],
  ])("says what is wrong with %s", (_what, bytes, reason) => {
    expect(decode(bytes)).toEqual({ ok: false, reason });
  });
});

function overloaded(at: number, octets: readonly number[]): Buffer {
  const bytes = withOptions(52, 1, 1, 255);
  Buffer.from(octets).copy(bytes, at);
  return bytes;
}

describe("encode", () => {
  it("keeps to the smallest size of all to the octet", () => {
    const options = new Map([[12, Buffer.alloc(58, 97)]]);
    expect(encode({ ...message(1), options }, { maxSize: 300 }).bytes.length).toBe(300);
  });

  it("pads to what BOOTP clients expect at least (RFC 1542 §2.1)", () => {
    expect(encode(message(1)).bytes).toHaveLength(300);
  });

  it("fills the header's fields", () => {
    const packet = message(1, {
      op: 2,
      hops: 3,
      secs: 9,
      flags: 0x8000,
      ciaddr: ip("10.0.0.1"),
      yiaddr: ip("10.0.0.2"),
      siaddr: ip("10.0.0.3"),
      giaddr: ip("10.0.0.4"),
      sname: "server",
      file: "boot/file",
    });
    expect(decoded(encode(packet).bytes)).toEqual(packet);
  });

  it("splits an option of more than 255 octets (RFC 3396 §6)", () => {
    const long = Buffer.alloc(300, "x");
    const { bytes } = encode(message(1, { options: { 119: long } }), { maxSize: 1472 });
    expect(bytes.subarray(243, 245)).toEqual(Buffer.of(119, 255));
    expect(bytes.subarray(500, 502)).toEqual(Buffer.of(119, 45));
    expect(decoded(bytes).options.get(119)).toEqual(long);
  });

  it("puts option 82 last and untouched (RFC 3046 §2.2)", () => {
    const relay = Buffer.of(1, 2, 3, 4);
    const { bytes } = encode(message(5, { options: { 82: relay, 1: [255, 0, 0, 0], 66: "tftp" } }));
    const at = bytes.lastIndexOf(Buffer.of(82, 4, 1, 2, 3, 4, 255));
    expect(at).toBeGreaterThan(240);
    expect(bytes.subarray(at + 7).every((octet) => octet === 0)).toBe(true);
  });

  it("moves into file and sname what has no room, and says so by option 52", () => {
    const options = { 12: Buffer.alloc(250, "a"), 15: Buffer.alloc(100, "b"), 17: Buffer.alloc(50, "c") };
    const packet = message(5, { options });
    const { bytes, dropped } = encode(packet);
    expect(bytes.length).toBeLessThanOrEqual(548);
    expect(dropped).toEqual([]);
    expect(bytes.subarray(240, 243)).toEqual(Buffer.of(52, 1, 1));
    expect([...decoded(bytes).options].sort()).toEqual([...packet.options].sort());
  });

  it("leaves a boot file where it is and drops the last options instead, by name", () => {
    const packet = message(5, {
      file: "pxelinux.0",
      sname: "server",
      options: { 12: Buffer.alloc(250, "a"), 15: Buffer.alloc(100, "b"), 99: "short" },
    });
    const { bytes, dropped } = encode(packet);
    expect(dropped).toEqual([15]);
    const back = decoded(bytes);
    expect(back.file).toBe("pxelinux.0");
    expect(back.options.get(99)?.toString()).toBe("short");
  });

  it("keeps to the size that it is told", () => {
    const options = { 12: Buffer.alloc(250, "a"), 15: Buffer.alloc(250, "b"), 17: Buffer.alloc(900, "c") };
    for (const maxSize of [300, 548, 576, 1472]) {
      expect(encode(message(5, { options }), { maxSize }).bytes.length).toBeLessThanOrEqual(maxSize);
    }
  });
});
