import { describe, expect, test } from "vitest";
import type { CallbackEvent } from "../../../src/machines/life.ts";
import { HOUR, MINUTE, Story } from "./life-fixture.ts";

const EVERY_CALL: readonly CallbackEvent[] = [
  { kind: "started" },
  { kind: "progress", percent: 10, text: "partitioning" },
  { kind: "done" },
  { kind: "failed", reason: "no disk", log: "line" },
  { kind: "booted" },
  { kind: "report", hostname: "vm1", users: ["ada"] },
];

function accepted(repeated: boolean) {
  return { kind: "accepted", repeated };
}

describe("while an attempt is running", () => {
  test("it is told of the start, the progress and the end", () => {
    const story = new Story();
    story.boot();
    expect(story.tell({ kind: "started" })).toEqual(accepted(false));
    expect(story.tell({ kind: "progress", percent: 40, text: "writing" })).toEqual(accepted(false));
    expect(story.life.attempt?.percent).toBe(40);
    expect(story.done()).toEqual(accepted(false));
    expect(story.phase).toBe("finishing");
    expect(story.life.record.state).toMatchObject({
      kind: "installed",
      because: "done",
      bootedFromDisk: false,
    });
    expect(story.kinds).toEqual(["attempt.began", "attempt.started", "attempt.progress", "attempt.done"]);
  });

  test("the same percentage without a word is nothing new", () => {
    const story = new Story();
    story.boot();
    story.tell({ kind: "progress", percent: 40, text: undefined });
    expect(story.tell({ kind: "progress", percent: 40, text: undefined })).toEqual(accepted(true));
    expect(story.last?.events).toEqual([]);
  });

  test("a failure ends it, and its log is kept", () => {
    const story = new Story();
    story.boot();
    expect(story.failed("sha256 differs", "line 1\nline 2")).toEqual(accepted(false));
    expect(story.last?.log).toBe("line 1\nline 2");
    expect(story.life.attempt).toMatchObject({
      phase: "failed",
      failure: "sha256 differs",
      failedBy: "installer",
      endedAt: story.now,
    });
    expect(story.life.record.state).toMatchObject({
      kind: "failed",
      attempt: "a1",
      reason: "sha256 differs",
    });
  });

  test("the installed system's own call proves the install, should `done` have been lost", () => {
    const story = new Story();
    story.boot();
    expect(story.after(MINUTE).tell({ kind: "booted" })).toEqual(accepted(false));
    expect(story.state).toBe("installed");
    expect(story.phase).toBe("succeeded");
    expect(story.boot()).toMatchObject({ kind: "local" });
  });
});

describe("after the installer said done", () => {
  test("the installed system's call ends the attempt", () => {
    const story = new Story();
    story.boot();
    story.done();
    expect(story.tell({ kind: "report", hostname: "vm1", users: ["ada", "root"] })).toEqual(accepted(false));
    expect(story.last?.events[0]).toMatchObject({
      kind: "machine.report",
      data: { hostname: "vm1", users: "ada, root" },
    });
    expect(story.after(MINUTE).tell({ kind: "booted" })).toEqual(accepted(false));
    expect(story.life.attempt).toMatchObject({ phase: "succeeded", endedAt: story.now });
  });

  test.each(EVERY_CALL.filter((call) => ["started", "progress", "failed"].includes(call.kind)))(
    "$kind is refused",
    (call) => {
      const story = new Story();
      story.boot();
      story.done();
      expect(story.tell(call)).toMatchObject({ kind: "refused", code: "BW_ATTEMPT_FINISHING" });
      expect(story.phase).toBe("finishing");
    },
  );

  test("done again changes nothing", () => {
    const story = new Story();
    story.boot();
    story.done();
    const before = story.life;
    expect(story.done()).toEqual(accepted(true));
    expect(story.life).toEqual(before);
  });

  test("an attempt that is never confirmed is closed after a day", () => {
    const story = new Story({ timeout: 600 });
    story.boot();
    story.done();
    story.after(24 * HOUR - 1).tell({ kind: "tick" });
    expect(story.phase).toBe("finishing");
    story.after(1).tell({ kind: "tick" });
    expect(story.phase).toBe("succeeded");
    expect(story.state).toBe("installed");
  });
});

describe("a piece of a log", () => {
  const piece = { kind: "log", text: "a line" } as const;

  test("is kept while the installer runs, when it is done, and when it has failed", () => {
    const story = new Story();
    story.boot();
    expect(story.tell(piece)).toEqual(accepted(false));
    expect(story.last).toMatchObject({ log: "a line", events: [], changed: [] });
    story.done();
    expect(story.tell(piece)).toEqual(accepted(false));
    const other = new Story();
    other.boot();
    other.failed();
    expect(other.tell(piece)).toEqual(accepted(false));
    expect(other.last?.log).toBe("a line");
    expect(other.state).toBe("failed");
  });

  test("is of no more use when the system is up, and refused when the attempt was replaced", () => {
    const story = new Story();
    story.boot();
    story.done();
    story.tell({ kind: "booted" });
    expect(story.tell(piece)).toEqual(accepted(true));
    const other = new Story();
    other.boot();
    other.tell({ kind: "reinstall" });
    expect(other.tell(piece)).toMatchObject({ kind: "refused", code: "BW_ATTEMPT_OVER" });
  });
});

describe("when an attempt is over", () => {
  const endings: readonly [string, (story: Story) => void, readonly string[]][] = [
    // What each ending takes again without an effect, because its answer may have been lost.
    ["succeeded", (story) => void [story.done(), story.tell({ kind: "booted" })], ["done", "booted"]],
    ["failed by its installer", (story) => void story.failed(), ["failed"]],
    ["failed by its limit", (story) => void [story.boot(), story.boot(), story.boot()], []],
    ["cancelled by local", (story) => void story.tell({ kind: "local" }), []],
    ["cancelled by reinstall", (story) => void story.tell({ kind: "reinstall" }), []],
  ];
  for (const [name, end, repeats] of endings) {
    test.each(EVERY_CALL)(`${name}: $kind changes nothing`, (call) => {
      const story = new Story();
      story.boot();
      end(story);
      const before = story.life;
      const outcome = story.tell(call);
      expect(story.life).toEqual(before);
      expect(story.last?.events).toEqual([]);
      expect(story.last?.log).toBeUndefined();
      if (repeats.includes(call.kind)) expect(outcome).toEqual(accepted(true));
      else expect(outcome).toMatchObject({ kind: "refused", code: "BW_ATTEMPT_OVER" });
    });
  }
});

describe("when we gave an attempt up by its time-out", () => {
  function timedOut(rules: ConstructorParameters<typeof Story>[0] = {}): Story {
    const story = new Story({ timeout: 600, ...rules });
    story.boot();
    story.after(HOUR).tell({ kind: "tick" });
    expect(story.life.attempt).toMatchObject({ phase: "failed", failedBy: "timeout" });
    return story;
  }

  test("a late done is believed: a slow install that succeeded is not wiped by a retry", () => {
    const story = timedOut({ onFailure: "retry" });
    expect(story.done()).toEqual(accepted(false));
    expect(story.life.attempt).toMatchObject({ id: "a1", phase: "finishing", failure: undefined });
    expect(story.boot()).toMatchObject({ kind: "local" });
    expect(story.tell({ kind: "booted" })).toEqual(accepted(false));
  });

  test("a late failure brings its reason and its log, once", () => {
    const story = timedOut();
    expect(story.failed("mirror unreachable", "log")).toEqual(accepted(false));
    expect(story.last?.log).toBe("log");
    expect(story.life.record.state).toMatchObject({ kind: "failed", reason: "mirror unreachable" });
    expect(story.failed("something else", "other")).toEqual(accepted(true));
    expect(story.life.attempt?.failure).toBe("mirror unreachable");
  });

  test.each(EVERY_CALL.filter((call) => call.kind !== "done" && call.kind !== "failed"))(
    "$kind is refused",
    (call) => {
      const story = timedOut();
      expect(story.tell(call)).toMatchObject({ kind: "refused", code: "BW_ATTEMPT_OVER" });
    },
  );

  test.each([{ kind: "local" }, { kind: "reinstall" }] as const)(
    "a late done is refused once an admin has said $kind",
    (order) => {
      const story = timedOut();
      story.tell(order);
      expect(story.done()).toMatchObject({ kind: "refused", code: "BW_ATTEMPT_OVER" });
    },
  );
});

test("a machine without an attempt takes no calls", () => {
  const story = new Story();
  for (const call of EVERY_CALL) {
    expect(story.tell(call)).toMatchObject({ kind: "refused", code: "BW_ATTEMPT_OVER" });
  }
});
