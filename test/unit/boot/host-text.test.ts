import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeHost, encodeHost } from "../../../src/boot/host-text.ts";
import type { VarValue } from "../../../src/config/profile-base.ts";
import { host, imageProfile, SYSTEM } from "../support/config.ts";

describe("a host as text", () => {
  test("comes back as it was, whatever an admin's variables and options are", () => {
    const value = fc.letrec<{ any: VarValue }>((tie) => ({
      any: fc.oneof(
        { maxDepth: 3 },
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.array(tie("any"), { maxLength: 3 }),
        fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("$map", "$octets", "$object")), tie("any"), {
          maxKeys: 3,
          noNullPrototype: true,
        }),
      ),
    })).any;
    const options = fc
      .array(fc.tuple(fc.integer({ min: 1, max: 254 }), fc.uint8Array({ maxLength: 9 })))
      .map((list) => new Map(list.map(([code, bytes]) => [code, Buffer.from(bytes)])));
    fc.assert(
      fc.property(options, fc.dictionary(fc.string(), value, { noNullPrototype: true }), (given, vars) => {
        const system = { ...SYSTEM, vars };
        const whole = host({ profile: imageProfile({ system, options: given }), options: given });
        expect(decodeHost(encodeHost(whole, "1"), "1")).toEqual(whole);
      }),
    );
  });

  test.each([
    ["of another release", encodeHost(host({}), "0"), "1"],
    ["that is none", JSON.stringify({ release: "1", host: { name: "a" } }), "1"],
    ["without a card's address", encodeHost({ ...host({}), name: "" }, "1").replaceAll("52:54", "zz"), "1"],
  ])("one %s is not taken", (_what, text, release) => {
    expect(decodeHost(text, release)).toBeUndefined();
  });
});
