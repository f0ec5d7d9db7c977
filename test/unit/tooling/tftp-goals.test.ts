import { expect, test } from "vitest";
import { type Shown, verdicts } from "../../../src/bench/tftp-goals.ts";

const shown = (name: string, speed: number, cpu: number): Shown => ({ name, speed, cpu, memoryMiB: 100 });
const peers = [shown("fast", 100, 5), shown("lean", 50, 2)];

test("each figure is held against the peer that is best in it", () => {
  expect(verdicts("window 16", { speed: 3.5, cpu: 0.3 }, shown("ours", 350, 0.7), peers)).toEqual([
    "window 16: throughput is 3.50× the best peer's (fast), goal ≥ 3.5: met",
    "window 16: CPU for a GiB is 0.35× the best peer's (lean), goal ≤ 0.3: NOT MET",
  ]);
});

test("memory is held against a bound, with or without peers", () => {
  const goal = { speed: 2, memoryMiB: 100 };
  expect(verdicts("memory", goal, shown("ours", 1, 1), [])).toEqual([
    "memory: memory is 100 MiB, goal < 100: NOT MET",
  ]);
});
