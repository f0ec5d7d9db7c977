import { expect, test } from "vitest";
import { fastest, latencyVerdicts, memoryVerdict, rateVerdicts } from "../../../src/bench/dhcp-goals.ts";

const ours = { name: "bootwire", kind: "ours", rate: 13_000 } as const;
const slow = { name: "bootwire, 5 ms a sync", kind: "ours", rate: 6000 } as const;
const peers = [
  { name: "Kea, threads", kind: "kea", rate: 8000 },
  { name: "Kea, one thread", kind: "kea", rate: 10_000 },
  { name: "ISC dhcpd", kind: "other", rate: 900 },
] as const;

test("each peer has its goal, of the Keas the faster one alone", () => {
  expect(rateVerdicts(ours, slow, peers)).toEqual([
    "rate beside Kea, one thread: ours is 1.30×, goal ≥ 1.3: met",
    "rate beside ISC dhcpd: ours is 14.44×, goal ≥ 15: NOT MET",
    "bootwire, 5 ms a sync: 0.46× of the rate without, goal ≥ 0.5: NOT MET",
  ]);
  expect(rateVerdicts(ours, undefined, [])).toEqual([]);
  expect(fastest(peers)?.name).toBe("Kea, one thread");
});

test("answers are to come no later, and memory is bounded", () => {
  expect(latencyVerdicts({ offer: 0.4, ack: 0.9 }, { offer: 0.4, ack: 0.5 }, "Kea")).toEqual([
    "OFFER at the highest rate of Kea: 0.40 ms, goal ≤ its 0.40 ms: met",
    "ACK at the highest rate of Kea: 0.90 ms, goal ≤ its 0.50 ms: NOT MET",
  ]);
  expect(memoryVerdict("bootwire", 149.4)).toBe(
    "memory of bootwire: 149 MiB resident at most, goal < 150: met",
  );
  expect(memoryVerdict("bootwire", 150)).toContain("NOT MET");
});
