import { afterEach, describe, expect, test } from "vitest";
import type { HostConfig } from "../../../src/config/model.ts";
import type { BootwireError } from "../../../src/errors.ts";
import type { BootOutcome } from "../../../src/machines/life.ts";
import type { Attempt } from "../../../src/machines/model.ts";
import { hostConfig, macOf } from "./host-fixture.ts";
import { Lab } from "./lab.ts";
import { HOUR, MINUTE, type Rules } from "./life-fixture.ts";

const labs: Lab[] = [];
afterEach(() => {
  for (const lab of labs.splice(0)) lab.dispose();
});

async function lab(hosts: readonly HostConfig[], how: "create" | "withoutState" = "create"): Promise<Lab> {
  const made = await Lab[how](hosts);
  labs.push(made);
  return made;
}

function vm(n: number, rules: Rules = {}): HostConfig {
  return hostConfig(`vm${n}`, macOf(n), rules);
}

/** A network boot of a machine, a minute after whatever came before. */
function boot(at: Lab, name: string): BootOutcome<Attempt> {
  at.now += MINUTE;
  return at.machines.networkBoot(at.host(name), "bios");
}

function install(at: Lab, name: string): Attempt {
  const outcome = boot(at, name);
  if (outcome.kind !== "install") throw new Error(`${name} does not install: ${outcome.reason}`);
  expect(at.machines.callback(outcome.attempt.token, { kind: "done" })).toMatchObject({ ok: true });
  return outcome.attempt;
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return (error as BootwireError).code;
  }
  return "no error";
}

function kinds(at: Lab, machine: string): string[] {
  return at.machines.events({ machine, limit: 100 }).map((event) => event.kind);
}

describe("an install", () => {
  test("keeps what its installer says in pieces, and of too much the end", async () => {
    const at = await lab([vm(1)]);
    const outcome = boot(at, "vm1");
    if (outcome.kind !== "install") throw new Error(outcome.reason);
    const { token, id } = outcome.attempt;
    at.machines.callback(token, { kind: "log", text: "one" });
    at.machines.callback(token, { kind: "log", text: "two\n" });
    at.machines.callback(token, { kind: "failed", reason: "no disk", log: "three" });
    expect(at.machines.log(id)).toBe("one\ntwo\nthree");
    at.machines.callback(token, { kind: "log", text: `${"x".repeat(100_000)}\nlast` });
    expect(at.machines.log(id)).toHaveLength(64 * 1024);
    expect(at.machines.log(id)).toMatch(/x\nlast$/);
  });

  test("goes from the first network boot to the installed system's call, and is all in the timeline", async () => {
    const at = await lab([vm(1)]);
    const outcome = boot(at, "vm1");
    if (outcome.kind !== "install") throw new Error(outcome.reason);
    const { token } = outcome.attempt;
    at.machines.callback(token, { kind: "started" });
    at.machines.callback(token, { kind: "progress", percent: 50, text: undefined });
    at.machines.callback(token, { kind: "done" });
    expect(boot(at, "vm1")).toMatchObject({ kind: "local" });
    at.machines.callback(token, { kind: "report", hostname: "vm1", users: ["ada"] });
    at.machines.callback(token, { kind: "booted" });
    expect(kinds(at, "vm1")).toEqual([
      "machine.first-seen",
      "attempt.began",
      "attempt.started",
      "attempt.progress",
      "attempt.done",
      "machine.local",
      "machine.report",
      "machine.booted",
    ]);
    expect(at.machines.get("vm1")).toMatchObject({
      record: { state: { kind: "installed", because: "done", bootedFromDisk: true } },
      attempt: { phase: "succeeded" },
    });
  });

  test("opens its answers while it runs, its callbacks until it ends, and nothing after that", async () => {
    const at = await lab([vm(1)]);
    const { token } = install(at, "vm1");
    expect(at.machines.attemptByToken(token, "answers")).toBeUndefined();
    expect(at.machines.attemptByToken(token, "callback")).toMatchObject({ machine: "vm1" });
    at.machines.callback(token, { kind: "booted" });
    expect(at.machines.attemptByToken(token, "callback")).toBeUndefined();
    expect(at.machines.callback(token, { kind: "started" })).toMatchObject({
      ok: false,
      code: "BW_ATTEMPT_OVER",
    });
  });

  test("takes no calls on a token that nobody was given", async () => {
    const at = await lab([vm(1)]);
    boot(at, "vm1");
    for (const token of ["", "t2", "'; DROP TABLE attempts; --"]) {
      expect(at.machines.callback(token, { kind: "done" })).toMatchObject({
        ok: false,
        code: "BW_ATTEMPT_UNKNOWN",
      });
      expect(at.machines.attemptByToken(token, "answers")).toBeUndefined();
    }
  });

  test("that failed keeps its log", async () => {
    const at = await lab([vm(1)]);
    const outcome = boot(at, "vm1");
    if (outcome.kind !== "install") throw new Error(outcome.reason);
    const log = `${"x".repeat(100_000)}\nthe last line`;
    at.machines.callback(outcome.attempt.token, { kind: "failed", reason: "no\u001b[31mdisk\n", log });
    await at.restart();
    const attempt = at.machines.get("vm1")?.attempt;
    // What comes from a machine must not steer the terminal that it is shown on.
    expect(attempt).toMatchObject({ phase: "failed", failure: "no [31mdisk" });
    const kept = at.machines.log(attempt?.id ?? "");
    expect(kept).toMatch(/the last line$/);
    expect(kept?.length).toBe(64 * 1024);
  });

  test("goes on after a restart of the daemon", async () => {
    const at = await lab([vm(1)]);
    const outcome = boot(at, "vm1");
    if (outcome.kind !== "install") throw new Error(outcome.reason);
    await at.restart();
    expect(at.machines.attemptByToken(outcome.attempt.token, "answers")).toMatchObject({ machine: "vm1" });
    expect(boot(at, "vm1")).toMatchObject({ kind: "install", fresh: false, attempt: { boots: 2 } });
    expect(at.machines.callback(outcome.attempt.token, { kind: "done" })).toMatchObject({ ok: true });
  });

  test("that takes too long is ended by the clock", async () => {
    const at = await lab([vm(1, { timeout: 600 }), vm(2)]);
    boot(at, "vm1");
    boot(at, "vm2");
    at.now += 11 * MINUTE;
    at.machines.tick();
    expect(at.machines.get("vm1")?.attempt).toMatchObject({ phase: "failed", failedBy: "timeout" });
    expect(at.machines.get("vm2")?.attempt).toMatchObject({ phase: "running" });
  });

  test("of a machine that has left the config still takes its calls", async () => {
    const at = await lab([vm(1)]);
    const outcome = boot(at, "vm1");
    if (outcome.kind !== "install") throw new Error(outcome.reason);
    at.reconfigure([]);
    expect(at.machines.callback(outcome.attempt.token, { kind: "done" })).toMatchObject({ ok: true });
    expect(at.machines.get("vm1")).toMatchObject({
      host: undefined,
      record: { state: { kind: "installed" } },
    });
    expect(at.machines.list()).toEqual([]);
  });
});

describe("a preview", () => {
  test("tells what a network boot would get, and changes nothing", async () => {
    const at = await lab([vm(1)]);
    expect(at.machines.preview(at.host("vm1"))).toMatchObject({
      kind: "install",
      fresh: true,
      attempt: undefined,
    });
    expect(at.machines.get("vm1")?.attempt).toBeUndefined();
    boot(at, "vm1");
    at.now += MINUTE;
    expect(at.machines.preview(at.host("vm1"))).toMatchObject({
      kind: "install",
      fresh: false,
      attempt: undefined,
    });
    expect(at.machines.get("vm1")?.attempt).toMatchObject({ boots: 1 });
    expect(kinds(at, "vm1")).toEqual(["machine.first-seen", "attempt.began"]);
  });
});

describe("an admin's orders", () => {
  test("reinstall installs again, exactly once, also over a restart", async () => {
    const at = await lab([vm(1)]);
    const first = install(at, "vm1");
    at.machines.reinstall("vm1");
    await at.restart();
    expect(at.machines.callback(first.token, { kind: "booted" })).toMatchObject({ ok: false });
    const second = install(at, "vm1");
    expect(second.id).not.toBe(first.id);
    await at.restart();
    for (let n = 0; n < 3; n++) expect(boot(at, "vm1")).toMatchObject({ kind: "local" });
  });

  test("about an unknown machine, or against the config, are errors that name the way out", async () => {
    const at = await lab([vm(1, { install: "never" }), vm(2, { profile: undefined })]);
    expect(codeOf(() => at.machines.reinstall("vm9"))).toBe("BW_MACHINE_UNKNOWN");
    expect(codeOf(() => at.machines.local("vm9"))).toBe("BW_MACHINE_UNKNOWN");
    expect(codeOf(() => at.machines.reinstall("vm1"))).toBe("BW_MACHINE_NEVER_INSTALLS");
    expect(codeOf(() => at.machines.reinstall("vm2"))).toBe("BW_MACHINE_NO_PROFILE");
  });
});

describe("a state that was lost", () => {
  test("installs nobody, says so, and remembers that over restarts", async () => {
    const at = await lab([vm(1), vm(2, { install: "always" })]);
    install(at, "vm1");
    install(at, "vm2");
    at.stop();
    at.loseState();
    const state = await at.start();
    expect(state.wasMissing).toBe(true);
    for (let restart = 0; restart < 3; restart++) {
      expect(at.machines.guardedSince()).toBeDefined();
      for (const name of ["vm1", "vm2"]) {
        expect(at.machines.preview(at.host(name))).toMatchObject({ kind: "local" });
        expect(boot(at, name)).toMatchObject({
          kind: "local",
          reason: expect.stringContaining("state was lost"),
        });
        expect(at.machines.get(name)).toMatchObject({ record: { state: { because: "state-lost" } } });
      }
      await at.restart();
    }
    expect(at.machines.events({ limit: 100 }).filter((event) => event.kind === "state.guarded")).toHaveLength(
      4,
    );
  });

  test("shows a machine that has not turned up yet as one that it will not install", async () => {
    const at = await lab([vm(1)], "withoutState");
    expect(at.machines.get("vm1")).toMatchObject({ record: { state: { because: "state-lost" } } });
    expect(at.machines.list()).toMatchObject([{ record: { state: { because: "state-lost" } } }]);
  });

  test("installs the machine that an admin names, once, and no other", async () => {
    const at = await lab([vm(1, { install: "always" }), vm(2)], "withoutState");
    at.machines.reinstall("vm1");
    await at.restart();
    install(at, "vm1");
    for (let n = 0; n < 3; n++) {
      expect(boot(at, "vm1")).toMatchObject({ kind: "local" });
      expect(boot(at, "vm2")).toMatchObject({ kind: "local" });
    }
  });

  test("arms machines that nobody has seen when the guard is lifted, and leaves the others on their disks", async () => {
    const at = await lab([vm(1), vm(2), vm(3), vm(4, { install: "never" })], "withoutState");
    boot(at, "vm1");
    // The system on vm2's disk asks for a lease: it is there, and must not be wiped.
    at.machines.seen(macOf(2));
    await at.restart();
    expect(at.machines.liftGuard("arm")).toEqual({ armed: ["vm3"], kept: ["vm1", "vm2"] });
    await at.restart();
    expect(at.machines.guardedSince()).toBeUndefined();
    expect(boot(at, "vm1")).toMatchObject({ kind: "local" });
    expect(boot(at, "vm2")).toMatchObject({ kind: "local" });
    expect(boot(at, "vm3")).toMatchObject({ kind: "install" });
    expect(boot(at, "vm4")).toMatchObject({ kind: "local" });
  });

  test("can be declared to be a lab where everything is installed", async () => {
    const at = await lab([vm(1), vm(2)], "withoutState");
    boot(at, "vm1");
    expect(at.machines.liftGuard("keep")).toEqual({ armed: [], kept: ["vm1", "vm2"] });
    expect(boot(at, "vm2")).toMatchObject({ kind: "local" });
    at.reconfigure([vm(1), vm(2), vm(3)]);
    expect(boot(at, "vm3")).toMatchObject({ kind: "install" });
  });

  test("has nothing to lift where nothing was lost", async () => {
    const at = await lab([vm(1)]);
    expect(at.machines.liftGuard("keep")).toEqual({ armed: [], kept: [] });
    expect(boot(at, "vm1")).toMatchObject({ kind: "install" });
  });
});

describe("a config that changes", () => {
  test("does not arm a machine that is called otherwise now", async () => {
    const at = await lab([vm(1)]);
    const { id } = install(at, "vm1");
    at.reconfigure([hostConfig("web", macOf(1))]);
    expect(boot(at, "web")).toMatchObject({ kind: "local" });
    expect(at.machines.get("web")?.attempt?.id).toBe(id);
    // Its past comes along.
    expect(kinds(at, "web")).toContain("attempt.done");
    expect(kinds(at, "vm1")).toEqual([]);
    expect(at.machines.events({ mac: macOf(1), limit: 100 })).toEqual(
      at.machines.events({ machine: "web", limit: 100 }),
    );
  });

  test("does not arm an installed machine that got a new card", async () => {
    const at = await lab([vm(1)]);
    install(at, "vm1");
    at.reconfigure([hostConfig("vm1", macOf(9))]);
    expect(boot(at, "vm1")).toMatchObject({ kind: "local" });
  });

  test("follows two machines that swap their names, in the middle of an install", async () => {
    const at = await lab([vm(1), vm(2)]);
    install(at, "vm1");
    const outcome = boot(at, "vm2");
    if (outcome.kind !== "install") throw new Error(outcome.reason);
    at.reconfigure([hostConfig("vm2", macOf(1)), hostConfig("vm1", macOf(2))]);
    expect(boot(at, "vm2")).toMatchObject({ kind: "local" });
    expect(boot(at, "vm1")).toMatchObject({ kind: "install", attempt: { id: outcome.attempt.id } });
    expect(at.machines.callback(outcome.attempt.token, { kind: "done" })).toMatchObject({
      ok: true,
      machine: "vm1",
    });
  });

  test("arms a new machine that takes over the name of one that lives on under another", async () => {
    const at = await lab([vm(1)]);
    install(at, "vm1");
    at.reconfigure([hostConfig("old", macOf(1)), hostConfig("vm1", macOf(2))]);
    expect(boot(at, "old")).toMatchObject({ kind: "local" });
    expect(boot(at, "vm1")).toMatchObject({ kind: "install", fresh: true });
  });

  test("keeps what it knows of a machine that leaves and comes back", async () => {
    const at = await lab([vm(1)]);
    install(at, "vm1");
    at.reconfigure([]);
    await at.restart();
    expect(kinds(at, "vm1")).toContain("attempt.done");
    expect(at.machines.events({ mac: macOf(1), limit: 100 }).map((event) => event.kind)).toContain(
      "attempt.done",
    );
    at.reconfigure([vm(1)]);
    expect(boot(at, "vm1")).toMatchObject({ kind: "local" });
  });

  test("decides over a caller that still holds the config of before", async () => {
    const at = await lab([vm(1), vm(2)]);
    const [before1, before2] = at.hosts;
    if (!before1 || !before2) throw new Error("unreachable");
    at.reconfigure([hostConfig("vm1", macOf(1), { install: "never" })]);
    expect(at.machines.networkBoot(before1, "bios")).toMatchObject({ kind: "local" });
    expect(at.machines.networkBoot(before2, "bios")).toMatchObject({
      kind: "local",
      reason: expect.stringContaining("not in the configuration"),
    });
    expect(at.machines.preview(before2)).toMatchObject({ kind: "local" });
  });
});

describe("the timeline", () => {
  const offer = {
    at: 0,
    mac: macOf(1),
    machine: undefined,
    attempt: undefined,
    kind: "dhcp.offer",
    text: "offered 10.0.0.5",
    data: { address: "10.0.0.5" },
  } as const;

  test("names the machine of a MAC that is in the config, and finds strangers by their MAC", async () => {
    const at = await lab([vm(1)]);
    at.machines.record(offer);
    at.machines.record({ ...offer, mac: macOf(7) });
    expect(at.machines.events({ machine: "vm1", limit: 10 })).toMatchObject([{ ...offer, machine: "vm1" }]);
    expect(at.machines.events({ mac: macOf(7), limit: 10 })).toMatchObject([{ machine: undefined }]);
    at.reconfigure([vm(1), vm(7)]);
    // What a machine did before it was added to the config belongs to its story.
    expect(at.machines.events({ machine: "vm7", limit: 10 })).toHaveLength(1);
  });

  test("is in order, and pages from any event on", async () => {
    const at = await lab([vm(1)]);
    at.machines.record(offer);
    const outcome = boot(at, "vm1");
    if (outcome.kind !== "install") throw new Error(outcome.reason);
    at.machines.record(offer);
    at.machines.callback(outcome.attempt.token, { kind: "done" });
    at.machines.record(offer);
    const all = at.machines.events({ limit: 10 });
    expect(all.map((event) => event.kind)).toEqual([
      "dhcp.offer",
      "machine.first-seen",
      "attempt.began",
      "dhcp.offer",
      "attempt.done",
      "dhcp.offer",
    ]);
    const ids = all.map((event) => event.id);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect(at.machines.events({ machine: "vm1", after: ids[1], limit: 2 }).map((event) => event.id)).toEqual(
      ids.slice(2, 4),
    );
    expect(at.machines.events({ limit: 2 }).map((event) => event.id)).toEqual(ids.slice(4));
    expect(at.machines.events({ after: ids.at(-1), limit: 10 })).toEqual([]);
  });

  test("is told live, in order, once it is stored, until the listener leaves", async () => {
    const at = await lab([vm(1)]);
    const heard: string[] = [];
    const leave = at.machines.subscribe((event) => heard.push(event.kind));
    at.machines.record(offer);
    expect(heard).toEqual([]);
    boot(at, "vm1");
    expect(heard).toEqual(["dhcp.offer", "machine.first-seen", "attempt.began"]);
    leave();
    boot(at, "vm1");
    expect(heard).toHaveLength(3);
  });

  test("survives a listener that throws", async () => {
    const at = await lab([vm(1)]);
    at.machines.subscribe(() => {
      throw new Error("a browser went away");
    });
    expect(boot(at, "vm1")).toMatchObject({ kind: "install" });
    expect(at.errors).toHaveLength(1);
    boot(at, "vm1");
    expect(at.errors).toHaveLength(1);
  });

  test("is stored at close, whatever was waiting", async () => {
    const at = await lab([vm(1)]);
    at.machines.record(offer);
    at.machines.seen(macOf(1));
    const seenAt = at.now;
    await at.restart();
    expect(kinds(at, "vm1")).toEqual(["dhcp.offer", "machine.first-seen"]);
    at.now += HOUR;
    expect(at.machines.get("vm1")?.record.lastSeen).toBe(seenAt);
  });
});
