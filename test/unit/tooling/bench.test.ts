import fc from "fast-check";
import { expect, test } from "vitest";
import { interleaved, median, numberOptions, ratio, table } from "../../../src/bench/common.ts";
import { keptUp, parseReport } from "../../../src/bench/perfdhcp.ts";
import { cpuSecondsOf, cpuSecondsOfChildren, memoryOf, processUse } from "../../../src/bench/process-use.ts";
import { highest } from "../../../src/bench/search.ts";

test("the median of odd and even many", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([1, 2, 4, 9])).toBe(3);
  expect(() => median([])).toThrow(RangeError);
});

test("contestants take turns, round by round", async () => {
  const turns: string[] = [];
  const results = await interleaved(2, ["a", "b"], async (name, round) => {
    turns.push(name + round);
    return round;
  });
  expect(turns).toEqual(["a1", "b1", "a2", "b2"]);
  expect(results).toEqual([
    { contestant: "a", samples: [1, 2] },
    { contestant: "b", samples: [1, 2] },
  ]);
});

test("a table lines up", () => {
  const rows = [
    ["server", "MB/s"],
    ["bootwire", "504"],
    ["x", "9"],
  ];
  expect(table(rows)).toBe("server    MB/s\n--------  ----\nbootwire   504\nx            9");
  expect(ratio(504, 80)).toBe("6.30×");
  expect(ratio(504, 0)).toBe("–");
});

test("options have defaults and refuse what is no number", () => {
  expect(numberOptions(["--rounds", "5"], { rounds: 3, seconds: 2 })).toEqual({ rounds: 5, seconds: 2 });
  expect(() => numberOptions(["--rounds", "many"], { rounds: 3 })).toThrow(
    "--rounds must be a positive number",
  );
  expect(() => numberOptions(["--turns", "5"], { rounds: 3 })).toThrow("--turns");
});

test("the search comes within the precision of any limit that it can reach", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 100, max: 30_000 }), async (truth) => {
      const found = await highest(async (rate) => (rate <= truth ? rate : undefined), {
        start: 100,
        limit: 32_000,
        precision: 0.05,
      });
      expect(found?.rate).toBeLessThanOrEqual(truth);
      expect(found?.rate).toBeGreaterThanOrEqual(truth / 1.05 - 1);
    }),
  );
});

test("one bad moment does not end the search, a server that holds nothing does", async () => {
  let tries = 0;
  const once = async (rate: number) => (tries++ === 2 || rate > 900 ? undefined : rate);
  expect((await highest(once, { start: 100, limit: 5000, precision: 0.05 }))?.rate).toBeGreaterThan(800);
  expect(await highest(async () => undefined, { start: 100, limit: 5000, precision: 0.05 })).toBeUndefined();
});

const report = `***Rate statistics***
Rate: 722.443 4-way exchanges/second, expected rate: 3000

***Malformed Packets***
Malformed packets: 0
***Statistics for: DISCOVER-OFFER***
sent packets: 8999
received packets: 8990
drops: 9
drops ratio: 0.1 %
orphans: 0

min delay: 0.367 ms
avg delay: 70.067 ms
max delay: 170.439 ms

***Statistics for: REQUEST-ACK***
sent packets: 8990
received packets: 8529
drops: 461
drops ratio: 5.1 %

min delay: 2.222 ms
avg delay: 64.678 ms
max delay: 168.478 ms
`;

test("perfdhcp's report is read", () => {
  expect(parseReport(report)).toEqual({
    offers: { sent: 8999, received: 8990, averageMilliseconds: 70.067, maxMilliseconds: 170.439 },
    acks: { sent: 8990, received: 8529, averageMilliseconds: 64.678, maxMilliseconds: 168.478 },
  });
  expect(() => parseReport("Failed to open socket")).toThrow("Failed to open socket");
});

test("a server keeps up when next to nothing is lost at either step, and the load was really there", () => {
  const count = (sent: number, received: number) => ({
    sent,
    received,
    averageMilliseconds: 1,
    maxMilliseconds: 2,
  });
  const load = { rate: 1000, seconds: 3, clients: 10 };
  expect(keptUp({ offers: count(2999, 2995), acks: count(2995, 2990) }, load)).toBe(true);
  expect(keptUp(parseReport(report), { ...load, rate: 3000 })).toBe(false);
  expect(keptUp({ offers: count(2999, 2900), acks: count(2900, 2900) }, load)).toBe(false);
  expect(keptUp({ offers: count(2000, 2000), acks: count(2000, 2000) }, load)).toBe(false);
});

test("what a process used is read from /proc", () => {
  expect(cpuSecondsOf("12 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0")).toBe(2);
  expect(cpuSecondsOfChildren("12 (sh) S 1 2 3 4 5 6 7 8 9 10 150 50 30 70 20 0")).toBe(1);
  expect(memoryOf("VmHWM:\t  204800 kB\nVmRSS:\t  102400 kB\n")).toEqual({ residentMiB: 100, peakMiB: 200 });
  const own = processUse(process.pid);
  expect(own.cpuSeconds).toBeGreaterThan(0);
  expect(own.peakMiB).toBeGreaterThanOrEqual(own.residentMiB);
});
