import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DhcpPacket, decode, encode } from "../../../src/dhcp/packet.ts";
import { ipv4 } from "../../../src/net/ipv4.ts";

const byte = fc.integer({ min: 0, max: 255 });
const address = fc.integer({ min: 0, max: 0xffffffff }).map(ipv4);
const text = (maxLength: number) =>
  fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)), maxLength });
const code = fc.integer({ min: 1, max: 254 }).filter((value) => value !== 52);
const value = (maxLength: number) => fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes));

const packet = (options: fc.Arbitrary<Map<number, Buffer>>): fc.Arbitrary<DhcpPacket> =>
  fc.record({
    op: byte,
    htype: byte,
    hlen: byte,
    hops: byte,
    xid: fc.integer({ min: 0, max: 0xffffffff }),
    secs: fc.integer({ min: 0, max: 0xffff }),
    flags: fc.integer({ min: 0, max: 0xffff }),
    ciaddr: address,
    yiaddr: address,
    siaddr: address,
    giaddr: address,
    chaddr: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes)),
    sname: text(63),
    file: text(127),
    options,
  });

const optionMap = (maxLength: number, maxOptions: number) =>
  fc
    .uniqueArray(fc.tuple(code, value(maxLength)), { selector: ([key]) => key, maxLength: maxOptions })
    .map((entries) => new Map(entries));

/** Options as a comparable list, 82 last as it travels. */
function entries(options: ReadonlyMap<number, Buffer>): [number, string][] {
  return [...options]
    .map(([key, bytes]): [number, string] => [key, bytes.toString("hex")])
    .sort((a, b) => a[0] - b[0]);
}

describe("a DHCP message", () => {
  it("comes back as it was written, when there is room", () => {
    fc.assert(
      fc.property(packet(optionMap(700, 8)), (original) => {
        const { bytes, dropped } = encode(original, { maxSize: 65_000 });
        const back = decode(bytes);
        expect(dropped).toEqual([]);
        if (!back.ok) throw new Error(back.reason);
        expect({ ...back.packet, options: entries(back.packet.options) }).toEqual({
          ...original,
          options: entries(original.options),
        });
      }),
    );
  });

  it("keeps to its size, and loses nothing but what it names", () => {
    const sizes = fc.integer({ min: 300, max: 1472 });
    fc.assert(
      fc.property(packet(optionMap(300, 10)), sizes, (original, maxSize) => {
        // The relay's option is never left out; together with it the rest must fit, or nothing can help.
        const kept = new Map([...original.options].filter(([key]) => key !== 82));
        const { bytes, dropped } = encode({ ...original, options: kept }, { maxSize });
        expect(bytes.length).toBeLessThanOrEqual(maxSize);
        const back = decode(bytes);
        if (!back.ok) throw new Error(back.reason);
        const expected = new Map([...kept].filter(([key]) => !dropped.includes(key)));
        expect(entries(back.packet.options)).toEqual(entries(expected));
      }),
    );
  });

  it("never throws, whatever the octets", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1500 }), (octets) => {
        const bytes = Buffer.from(octets);
        if (bytes.length >= 240) bytes.writeUInt32BE(0x63825363, 236);
        expect(typeof decode(bytes).ok).toBe("boolean");
      }),
      { numRuns: 2000 },
    );
  });

  it("takes linear time, with thousands of pieces of one option", () => {
    // Quadratic joining would copy 400 MB here and run into the test's time limit many times over.
    const pieces = Buffer.alloc(63_000);
    for (let at = 0; at < pieces.length; at += 3) pieces.set([12, 1, 65], at);
    const bytes = Buffer.concat([Buffer.alloc(236), Buffer.of(0x63, 0x82, 0x53, 0x63), pieces]);
    for (let run = 0; run < 100; run++) {
      const result = decode(bytes);
      expect(result.ok && result.packet.options.get(12)?.length).toBe(21_000);
    }
  });
});
