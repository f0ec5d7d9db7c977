import { describe, expect, test } from "vitest";
import { MINUTE, Story } from "./life-fixture.ts";

describe("reinstall", () => {
  test("arms an installed machine, exactly once", () => {
    const story = new Story();
    story.boot();
    story.done();
    story.tell({ kind: "booted" });
    expect(story.tell({ kind: "reinstall" })).toEqual({ kind: "accepted", repeated: false });
    expect(story.state).toBe("ready");
    expect(story.boot()).toMatchObject({ kind: "install", fresh: true, attempt: { id: "a2" } });
    story.done();
    expect(story.boot()).toMatchObject({ kind: "local" });
    expect(story.boot()).toMatchObject({ kind: "local" });
  });

  test("in the middle of an install cancels it and begins a fresh attempt with a token of its own", () => {
    const story = new Story();
    story.boot();
    story.tell({ kind: "reinstall" });
    expect(story.last?.changed).toMatchObject([{ id: "a1", phase: "cancelled" }]);
    expect(story.boot()).toMatchObject({
      kind: "install",
      fresh: true,
      attempt: { id: "a2", token: "t2", boots: 1 },
    });
  });

  test("after done cancels the attempt that was waiting for the installed system", () => {
    const story = new Story();
    story.boot();
    story.done();
    story.tell({ kind: "reinstall" });
    expect(story.phase).toBe("cancelled");
    expect(story.tell({ kind: "booted" })).toMatchObject({ kind: "refused" });
    expect(story.state).toBe("ready");
  });

  test("twice is once", () => {
    const story = new Story();
    story.tell({ kind: "reinstall" });
    expect(story.tell({ kind: "reinstall" })).toEqual({ kind: "accepted", repeated: true });
  });

  test.each([
    [{ install: "never" }, "BW_MACHINE_NEVER_INSTALLS"],
    [{ profile: undefined }, "BW_MACHINE_NO_PROFILE"],
  ] as const)("is refused where the config says otherwise: %j", (rules, code) => {
    const story = new Story(rules);
    expect(story.tell({ kind: "reinstall" })).toMatchObject({ kind: "refused", code });
    expect(story.last?.events).toEqual([]);
  });
});

describe("local", () => {
  test("keeps a machine that was never seen on its own disk", () => {
    const story = new Story();
    expect(story.tell({ kind: "local" })).toEqual({ kind: "accepted", repeated: false });
    expect(story.boot()).toMatchObject({ kind: "local", reason: expect.stringContaining("admin") });
  });

  test("cancels a running attempt", () => {
    const story = new Story();
    story.boot();
    story.tell({ kind: "local" });
    expect(story.phase).toBe("cancelled");
    expect(story.boot()).toMatchObject({ kind: "local" });
  });

  test("leaves an attempt alone that only waits for the installed system", () => {
    const story = new Story();
    story.boot();
    story.done();
    story.tell({ kind: "local" });
    expect(story.tell({ kind: "booted" })).toEqual({ kind: "accepted", repeated: false });
    expect(story.phase).toBe("succeeded");
  });

  test("ends a hold", () => {
    const story = new Story({ onFailure: "hold" });
    story.boot();
    story.failed();
    expect(story.boot()).toMatchObject({ kind: "hold" });
    story.tell({ kind: "local" });
    expect(story.boot()).toMatchObject({ kind: "local" });
  });
});

describe("cancel", () => {
  test("ends a running attempt: its token is dead, and the machine waits for a decision", () => {
    const story = new Story({ onFailure: "hold" });
    story.boot();
    expect(story.tell({ kind: "cancel" })).toEqual({ kind: "accepted", repeated: false });
    expect(story.phase).toBe("cancelled");
    expect(story.kinds).toContain("attempt.cancelled");
    expect(story.done()).toMatchObject({ kind: "refused" });
    expect(story.boot()).toMatchObject({ kind: "hold", reason: expect.stringContaining("admin") });
    story.tell({ kind: "reinstall" });
    expect(story.boot()).toMatchObject({ kind: "install", fresh: true });
  });

  test("does not begin anew where failures are tried again", () => {
    const story = new Story({ onFailure: "retry" });
    story.boot();
    story.tell({ kind: "cancel" });
    expect(story.boot()).toMatchObject({ kind: "hold" });
  });

  test("sends a machine to its own disk where failures do", () => {
    const story = new Story({ onFailure: "local" });
    story.boot();
    story.tell({ kind: "cancel" });
    expect(story.boot()).toMatchObject({ kind: "local" });
  });

  test("is refused where nothing is being installed", () => {
    const story = new Story();
    const code = "BW_MACHINE_NOT_INSTALLING";
    expect(story.tell({ kind: "cancel" })).toMatchObject({ kind: "refused", code });
    story.boot();
    story.done();
    expect(story.tell({ kind: "cancel" })).toMatchObject({ kind: "refused", code });
    expect(story.phase).toBe("finishing");
  });
});

describe("the lost-state guard", () => {
  function lost(rules: ConstructorParameters<typeof Story>[0] = {}): Story {
    const story = new Story(rules);
    story.guarded = true;
    story.tell({ kind: "assume-installed" });
    return story;
  }

  test("takes a machine of which nothing is known for installed", () => {
    const story = lost();
    expect(story.life.record.state).toMatchObject({ kind: "installed", because: "state-lost" });
    expect(story.boot()).toMatchObject({ kind: "local", reason: expect.stringContaining("state was lost") });
  });

  test("keeps it on its disk with install: always, too", () => {
    const story = lost({ install: "always" });
    for (let boot = 0; boot < 5; boot++) expect(story.boot()).toMatchObject({ kind: "local" });
    story.guarded = false;
    for (let boot = 0; boot < 5; boot++) expect(story.boot()).toMatchObject({ kind: "local" });
  });

  test("gives way to a reinstall, once", () => {
    const story = lost({ install: "always" });
    story.tell({ kind: "reinstall" });
    expect(story.boot()).toMatchObject({ kind: "install", fresh: true });
    story.done();
    for (let boot = 0; boot < 5; boot++) expect(story.boot()).toMatchObject({ kind: "local" });
  });

  test("says nothing about machines that have a life already", () => {
    const story = new Story();
    story.boot();
    story.after(MINUTE).tell({ kind: "assume-installed" });
    expect(story.state).toBe("installing");
  });
});
