import { describe, expect, test } from "vitest";
import type { TimelineEvent } from "../../../src/machines/model.ts";
import type { Background, StoredEvent } from "../../../src/machines/ports.ts";
import { Timeline } from "../../../src/machines/timeline.ts";
import { macOf } from "./host-fixture.ts";
import { ManualTimers } from "./lab.ts";
import { NOON } from "./life-fixture.ts";

function event(kind: string, machine?: string): TimelineEvent {
  return { at: NOON, mac: macOf(1), machine, attempt: undefined, kind, text: kind, data: undefined };
}

/** A timeline in front of a store that can be full. */
class Bench {
  readonly timers = new ManualTimers();
  readonly errors: unknown[] = [];
  readonly flushes: Background[] = [];
  readonly waits: number[] = [];
  isFull = false;
  readonly timeline = new Timeline({
    store: (background) => {
      if (this.isFull) throw new Error("the disk is full");
      this.flushes.push(background);
      return background.events.map((each, index): StoredEvent => ({ ...each, id: index + 1 }));
    },
    now: () => NOON,
    schedule: (action, milliseconds) => {
      this.waits.push(milliseconds);
      return this.timers.schedule(action, milliseconds);
    },
    onError: (error) => this.errors.push(error),
  });
}

describe("the background", () => {
  test("stores what came within a moment in one go", () => {
    const bench = new Bench();
    for (let n = 0; n < 50; n++) bench.timeline.record(event("dhcp.discover", "vm1"));
    bench.timeline.seen("vm1", NOON);
    expect(bench.timers.waiting).toBe(1);
    expect(bench.flushes).toEqual([]);
    bench.timers.run();
    expect(bench.flushes).toHaveLength(1);
    expect(bench.flushes[0]?.events).toHaveLength(50);
    expect(bench.flushes[0]?.seen).toEqual(new Map([["vm1", NOON]]));
    expect(bench.timers.waiting).toBe(0);
  });

  test("costs nothing while nothing happens", () => {
    const bench = new Bench();
    bench.timeline.flush();
    bench.timeline.close();
    expect(bench.flushes).toEqual([]);
  });

  test("keeps what could not be stored, says so, and tries again later", () => {
    const bench = new Bench();
    bench.isFull = true;
    bench.timeline.record(event("dhcp.discover", "vm1"));
    bench.timers.run();
    expect(bench.errors).toHaveLength(1);
    expect(bench.waits).toEqual([100, 5000]);
    bench.isFull = false;
    bench.timers.run();
    expect(bench.flushes[0]?.events).toHaveLength(1);
  });

  test("does not grow when strangers flood it, and says how much it left out", () => {
    const bench = new Bench();
    for (let n = 0; n < 10_000; n++) bench.timeline.record(event("dhcp.discover"));
    bench.timeline.record(event("dhcp.offer", "vm1"));
    bench.timers.run();
    const stored = bench.flushes[0]?.events ?? [];
    expect(stored.filter((each) => each.kind === "dhcp.discover")).toHaveLength(50);
    expect(stored.filter((each) => each.kind === "dhcp.offer")).toHaveLength(1);
    expect(stored.at(-1)).toMatchObject({ kind: "timeline.dropped", data: { count: 9950 } });
    bench.timeline.record(event("dhcp.discover"));
    bench.timers.run();
    expect(bench.flushes[1]?.events).toHaveLength(1);
  });

  test("takes no control characters and no endless texts from the network", () => {
    const bench = new Bench();
    bench.timeline.record({
      ...event("tftp.refused", "vm1"),
      text: `\u001b[2J${"a".repeat(5000)}`,
      data: { file: `x\u0000y${"b".repeat(5000)}`, size: 5 },
    });
    bench.timers.run();
    const stored = bench.flushes[0]?.events[0];
    expect(stored?.text).toHaveLength(1000);
    expect(stored?.text).toMatch(/^ \[2Ja/);
    expect(stored?.data?.["file"]).toMatch(/^x yb/);
    expect(stored?.data?.["size"]).toBe(5);
  });
});
