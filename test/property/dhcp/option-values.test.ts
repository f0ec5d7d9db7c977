import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeDomains } from "../../../src/dhcp/domain-list.ts";
import {
  decodeValue,
  encodeValue,
  type OptionCodec,
  type OptionValue,
} from "../../../src/dhcp/option-values.ts";
import { OPTIONS } from "../../../src/dhcp/options.ts";
import { ipv4, networkOf } from "../../../src/net/ipv4.ts";

const number = (max: number) => fc.integer({ min: 0, max });
const address = number(0xffffffff).map(ipv4);
const some = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: 1, maxLength: 20 });
const label = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,20}[a-z0-9])?$/);
const domain = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
const route = fc
  .record({ address, prefix: number(32), router: address })
  .map(({ address: from, prefix, router }) => ({
    network: { network: networkOf(from, prefix), prefix },
    router,
  }));
const octets = fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes));

const value: fc.Arbitrary<OptionValue> = fc.oneof(
  fc.record({ codec: fc.constant("address" as const), value: address }),
  fc.record({ codec: fc.constant("addresses" as const), value: some(address) }),
  fc.record({
    codec: fc.constant("text" as const),
    value: fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0")),
  }),
  fc.record({ codec: fc.constant("u8" as const), value: number(255) }),
  fc.record({ codec: fc.constant("u16" as const), value: number(65_535) }),
  fc.record({ codec: fc.constant("u32" as const), value: number(0xffffffff) }),
  fc.record({ codec: fc.constant("i32" as const), value: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }) }),
  fc.record({ codec: fc.constant("u8s" as const), value: some(number(255)) }),
  fc.record({ codec: fc.constant("u16s" as const), value: some(number(65_535)) }),
  fc.record({ codec: fc.constant("flag" as const), value: fc.boolean() }),
  fc.record({ codec: fc.constant("domains" as const), value: some(domain) }),
  fc.record({ codec: fc.constant("routes" as const), value: some(route) }),
  fc.record({ codec: fc.constant("octets" as const), value: octets }),
);

describe("the value of an option", () => {
  it("comes back as it was written", () => {
    fc.assert(
      fc.property(value, (option) => {
        expect(decodeValue(option.codec, encodeValue(option))).toEqual(option);
      }),
      { numRuns: 1000 },
    );
  });

  it("is read from any octets without an exception", () => {
    const codecs = fc.constantFrom(...new Set<OptionCodec>(OPTIONS.map(({ codec }) => codec)));
    fc.assert(
      fc.property(codecs, octets, (codec, bytes) => {
        decodeValue(codec, bytes);
        decodeDomains(bytes);
      }),
      { numRuns: 3000 },
    );
  });
});
