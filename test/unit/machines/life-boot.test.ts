import { describe, expect, test } from "vitest";
import { HOUR, MINUTE, SECOND, Story } from "./life-fixture.ts";

describe("a machine that was never seen", () => {
  test("installs at its first network boot, in an attempt that begins with it", () => {
    const story = new Story();
    const outcome = story.boot("uefi");
    expect(outcome).toMatchObject({ kind: "install", fresh: true });
    expect(story.life.attempt).toMatchObject({
      id: "a1",
      token: "t1",
      machine: "vm1",
      profile: "trixie",
      firmware: "uefi",
      phase: "running",
      boots: 1,
      tries: 1,
    });
    expect(story.state).toBe("installing");
    expect(story.kinds).toEqual(["attempt.began"]);
  });

  test.each([
    ["install: never", { install: "never" }, /install: never/],
    ["no profile", { profile: undefined }, /no profile/],
  ] as const)("with %s boots from its own disk, and the reason says so", (_, rules, reason) => {
    const story = new Story(rules);
    const outcome = story.boot();
    expect(outcome).toMatchObject({ kind: "local", reason: expect.stringMatching(reason) });
    expect(story.state).toBe("ready");
    expect(story.life.attempt).toBeUndefined();
  });
});

describe("a machine that is installing", () => {
  test("gets the same attempt again at its next network boot", () => {
    const story = new Story();
    story.boot();
    expect(story.boot()).toMatchObject({ kind: "install", fresh: false, attempt: { id: "a1", boots: 2 } });
    expect(story.boot()).toMatchObject({ kind: "install", fresh: false, attempt: { id: "a1", boots: 3 } });
  });

  test("fails after its limit of boots, and then boots from its own disk", () => {
    const story = new Story({ limit: 2 });
    story.boot();
    story.boot();
    expect(story.boot()).toMatchObject({ kind: "local", reason: expect.stringContaining("2 network boots") });
    expect(story.life.attempt).toMatchObject({ phase: "failed", failedBy: "limit", boots: 2 });
    expect(story.state).toBe("failed");
  });

  test("fails when it network-boots after its time-out", () => {
    const story = new Story({ timeout: 600 });
    story.boot();
    expect(story.after(10 * MINUTE).boot()).toMatchObject({ kind: "local" });
    expect(story.life.attempt).toMatchObject({ phase: "failed", failedBy: "timeout" });
  });

  test("fails when its time-out passes without a sound", () => {
    const story = new Story({ timeout: 600 });
    story.boot();
    story.after(10 * MINUTE - 1).tell({ kind: "tick" });
    expect(story.state).toBe("installing");
    story.after(1).tell({ kind: "tick" });
    expect(story.state).toBe("failed");
  });

  test("is not failed by a clock that was set back", () => {
    const story = new Story();
    story.boot();
    story.after(-48 * HOUR).tell({ kind: "tick" });
    expect(story.boot()).toMatchObject({ kind: "install", fresh: false });
  });

  test("is not charged for a loader that asks twice for one boot", () => {
    const story = new Story({ limit: 1 });
    story.boot();
    const again = story.after(3 * SECOND).tell({ kind: "network-boot", firmware: "bios" });
    expect(again).toMatchObject({ kind: "install", fresh: false, attempt: { id: "a1", boots: 1 } });
  });

  test("gets a fresh attempt when its profile changes, because it is armed and its disk is written anyway", () => {
    const story = new Story();
    story.boot();
    story.policy = new Story({ profile: "forky" }).policy;
    expect(story.boot()).toMatchObject({
      kind: "install",
      fresh: true,
      attempt: { id: "a2", token: "t2", profile: "forky" },
    });
    expect(story.last?.changed).toMatchObject([
      { id: "a1", phase: "cancelled" },
      { id: "a2", phase: "running" },
    ]);
  });

  test("boots from its own disk as soon as the config says never", () => {
    const story = new Story();
    story.boot();
    story.policy = new Story({ install: "never" }).policy;
    expect(story.boot()).toMatchObject({ kind: "local" });
  });
});

describe("a machine that is installed", () => {
  test("boots from its own disk at once, for ever, and no attempt begins", () => {
    const story = new Story();
    story.boot();
    story.done();
    for (let boot = 0; boot < 20; boot++) {
      expect(story.after(24 * HOUR).boot()).toMatchObject({ kind: "local" });
      expect(story.last?.changed).toEqual([]);
    }
    expect(story.life.attempt?.id).toBe("a1");
    expect(story.life.record.state).toMatchObject({
      kind: "installed",
      because: "done",
      bootedFromDisk: true,
    });
  });

  test("is not armed by a changed profile", () => {
    const story = new Story();
    story.boot();
    story.done();
    story.policy = new Story({ profile: "forky" }).policy;
    expect(story.boot()).toMatchObject({ kind: "local" });
  });

  test("with install: always goes to its disk first, and installs again at the boot after that", () => {
    const story = new Story({ install: "always" });
    story.boot();
    story.done();
    expect(story.boot()).toMatchObject({ kind: "local" });
    story.after(MINUTE).tell({ kind: "booted" });
    expect(story.boot()).toMatchObject({ kind: "install", fresh: true, attempt: { id: "a2", tries: 1 } });
    story.done();
    expect(story.boot()).toMatchObject({ kind: "local" });
  });

  test("with install: always is not armed by a loader that asks twice for one boot", () => {
    const story = new Story({ install: "always" });
    story.boot();
    story.done();
    story.boot();
    const again = story.after(3 * SECOND).tell({ kind: "network-boot", firmware: "bios" });
    expect(again).toMatchObject({ kind: "local" });
  });

  test("with install: always stays on its disk when an admin said local", () => {
    const story = new Story({ install: "always" });
    story.tell({ kind: "local" });
    for (let boot = 0; boot < 5; boot++) expect(story.boot()).toMatchObject({ kind: "local" });
  });

  test("with install: always cancels the attempt that nobody confirmed when the next one begins", () => {
    const story = new Story({ install: "always" });
    story.boot();
    story.done();
    story.boot();
    expect(story.boot()).toMatchObject({ kind: "install", fresh: true });
    expect(story.last?.changed).toMatchObject([
      { id: "a1", phase: "succeeded" },
      { id: "a2", phase: "running" },
    ]);
  });
});

describe("a machine whose install failed", () => {
  test.each([
    ["local", { kind: "local" }],
    ["hold", { kind: "hold" }],
  ] as const)("with onFailure: %s", (onFailure, expected) => {
    const story = new Story({ onFailure });
    story.boot();
    story.failed("no space left");
    for (let boot = 0; boot < 3; boot++) {
      const outcome = story.boot();
      expect(outcome).toMatchObject({ ...expected, reason: expect.stringContaining("no space left") });
    }
  });

  test("with onFailure: retry tries again, as often as its limit says, and then holds", () => {
    const story = new Story({ onFailure: "retry", limit: 3 });
    for (const id of ["a1", "a2", "a3"]) {
      expect(story.boot()).toMatchObject({ kind: "install", fresh: true, attempt: { id } });
      story.failed();
    }
    for (let boot = 0; boot < 10; boot++) {
      expect(story.boot()).toMatchObject({ kind: "hold", reason: expect.stringContaining("3 attempts") });
    }
  });

  test("with onFailure: retry is bounded also when the installer never says a word", () => {
    const story = new Story({ onFailure: "retry", limit: 2 });
    const outcomes = Array.from({ length: 30 }, () => story.boot());
    expect(outcomes.filter((outcome) => outcome.kind === "install" && outcome.fresh)).toHaveLength(2);
    expect(outcomes.at(-1)).toMatchObject({ kind: "hold" });
  });

  test("begins a fresh count after a reinstall", () => {
    const story = new Story({ onFailure: "retry", limit: 1 });
    story.boot();
    story.failed();
    expect(story.boot()).toMatchObject({ kind: "hold" });
    story.tell({ kind: "reinstall" });
    expect(story.boot()).toMatchObject({ kind: "install", fresh: true, attempt: { tries: 1 } });
  });

  test("follows the onFailure of today's config", () => {
    const story = new Story({ onFailure: "hold" });
    story.boot();
    story.failed();
    story.policy = new Story({ onFailure: "local" }).policy;
    expect(story.boot()).toMatchObject({ kind: "local" });
  });
});
