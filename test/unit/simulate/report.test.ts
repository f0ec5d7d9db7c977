import { describe, expect, test } from "vitest";
import type { SeenEvent } from "../../../src/simulate/admin-worker.ts";
import { orderFaults, STORY } from "../../../src/simulate/report.ts";

/** A whole story with its two loaders, as events of one machine. */
function story(kinds: readonly string[] = ["tftp.completed", ...STORY, "tftp.completed"]): SeenEvent[] {
  return kinds.map((kind, i) => [i + 1, "vm-0", kind]);
}

describe("the order of a fleet's events", () => {
  test("is right where each machine's story is whole, also where it asked twice", () => {
    const twice = ["tftp.completed", "dhcp.offer", ...STORY, "tftp.completed", "attempt.progress"];
    expect(orderFaults(story(), ["vm-0"])).toEqual([]);
    expect(orderFaults(story(twice), ["vm-0"])).toEqual([]);
  });

  test.each([
    [
      "an event that is missing",
      story(["tftp.completed", ...STORY.slice(0, -1), "tftp.completed"]),
      "vm-0: dhcp",
    ],
    [
      "two in the wrong order",
      story(["tftp.completed", ...STORY.toReversed(), "tftp.completed"]),
      "vm-0: machine",
    ],
    ["a loader that nobody told of", story(["tftp.completed", ...STORY]), "vm-0: 1 loaders"],
    ["a machine of which nothing is told", [], "vm-0: "],
    ["an id that goes back", [...story(), [1, "", "note"] as SeenEvent], "event 1 came after"],
  ])("%s is a fault", (_what, events, fault) => {
    expect(orderFaults(events, ["vm-0"]).join("\n")).toContain(fault);
  });
});
