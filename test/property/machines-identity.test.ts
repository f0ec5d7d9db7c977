import fc from "fast-check";
import { expect, test } from "vitest";
import { type Identity, reassignments } from "../../src/machines/identity.ts";
import { macOf } from "../unit/machines/host-fixture.ts";

/** Machines with names and MACs that are each used once, out of a handful, so that they collide often. */
const identities: fc.Arbitrary<readonly Identity[]> = fc
  .tuple(
    fc.shuffledSubarray(["vm1", "vm2", "vm3", "vm4", "vm5"]),
    fc.shuffledSubarray([1, 2, 3, 4, 5].map(macOf)),
  )
  .map(([names, macs]) =>
    names.flatMap((name, index) => {
      const mac = macs[index];
      return mac === undefined ? [] : [{ name, mac }];
    }),
  );

/** The records after a chain of configs, the first of which is what was seen first. */
function apply(records: readonly Identity[], hosts: readonly Identity[]): Identity[] {
  const moves = new Map(reassignments(records, hosts).map((move) => [move.from, move]));
  return records.map((record) => {
    const { name, mac } = moves.get(record.name) ?? record;
    return { name, mac };
  });
}

test("a record keeps its MAC's machine through any change of names, and nobody is armed by a new name", () => {
  fc.assert(
    fc.property(identities, fc.array(identities, { minLength: 1, maxLength: 6 }), (first, configs) => {
      let records = [...first];
      for (const hosts of configs) {
        const before = records;
        records = apply(records, hosts);
        expect(new Set(records.map((record) => record.name)).size).toBe(records.length);
        expect(new Set(records.map((record) => record.mac)).size).toBe(records.length);
        expect(records).toHaveLength(before.length);
        for (const host of hosts) {
          const record = records.find((each) => each.name === host.name);
          const hadMac = before.some((each) => each.mac === host.mac);
          // What was known of this card is known of it still, under the name that it has now.
          if (hadMac) expect(record?.mac).toBe(host.mac);
          // And a name that is in use never points at another card's record.
          if (record) expect(record.mac).toBe(host.mac);
          // A machine that only got a new card is no new machine.
          const namesake = before.find((each) => each.name === host.name);
          const cardIsGone = namesake && !hosts.some((each) => each.mac === namesake.mac);
          if (cardIsGone) expect(record).toBeDefined();
        }
        // Where nothing has changed, nothing moves.
        expect(reassignments(records, hosts)).toEqual([]);
      }
    }),
    { numRuns: 2000 },
  );
});
