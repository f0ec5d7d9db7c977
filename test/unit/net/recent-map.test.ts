import fc from "fast-check";
import { expect, test } from "vitest";
import { RecentMap } from "../../../src/net/recent-map.ts";

test("the latest so many are remembered with their last value, and never more than twice as many", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.array(fc.record({ key: fc.nat(30), value: fc.nat() }), { maxLength: 100 }),
      (limit, said) => {
        const map = new RecentMap<number, number>(limit);
        for (const { key, value } of said) map.set(key, value);
        const last = new Map(said.map(({ key, value }) => [key, value]));
        const latestFirst = [...new Set(said.map(({ key }) => key).reverse())];
        for (const key of latestFirst.slice(0, limit)) expect(map.get(key)).toBe(last.get(key));
        const remembered = Array.from({ length: 31 }, (_, key) => map.get(key)).filter(
          (it) => it !== undefined,
        );
        expect(remembered.length).toBeLessThanOrEqual(2 * limit);
      },
    ),
  );
});
