import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CallbackEvent } from "../../src/machines/life.ts";
import type { Attempt } from "../../src/machines/model.ts";
import { hostConfig, macOf } from "../unit/machines/host-fixture.ts";
import { Lab } from "../unit/machines/lab.ts";
import type { Rules } from "../unit/machines/life-fixture.ts";

/** Something that happens to the one machine of the lab, or to its daemon. */
type Happening =
  | { readonly kind: "boot" }
  | { readonly kind: "call"; readonly event: CallbackEvent; readonly token: "latest" | "oldest" }
  | { readonly kind: "wait"; readonly seconds: number }
  | { readonly kind: "reinstall" | "local" | "cancel" | "restart" | "lose-state" | "seen" }
  | { readonly kind: "lift"; readonly unseen: "arm" | "keep" }
  | { readonly kind: "config"; readonly rules: Rules };

const rules = fc.record({
  install: fc.constantFrom("once" as const, "once" as const, "always" as const, "never" as const),
  profile: fc.constantFrom("trixie", "trixie", "trixie", "forky", undefined),
  limit: fc.integer({ min: 1, max: 3 }),
  timeout: fc.constantFrom(60, 600, 3600),
  onFailure: fc.constantFrom("local" as const, "retry" as const, "hold" as const),
});

const call: fc.Arbitrary<CallbackEvent> = fc.constantFrom<CallbackEvent>(
  { kind: "started" },
  { kind: "progress", percent: 50, text: "writing" },
  { kind: "done" },
  { kind: "done" },
  { kind: "failed", reason: "no disk", log: "a log" },
  { kind: "booted" },
  { kind: "report", hostname: "vm1", users: ["ada"] },
  { kind: "log", text: "a line" },
);

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Happening>({ kind: "boot" }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("call" as const),
      event: call,
      token: fc.constantFrom("latest" as const, "latest" as const, "latest" as const, "oldest" as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      seconds: fc.constantFrom(1, 30, 300, 4000, 90_000, -7200),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom<Happening>(
      { kind: "reinstall" },
      { kind: "local" },
      { kind: "cancel" },
      { kind: "restart" },
      { kind: "restart" },
      { kind: "seen" },
    ),
  },
  { weight: 1, arbitrary: fc.constant<Happening>({ kind: "lose-state" }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("lift" as const),
      unseen: fc.constantFrom("arm" as const, "keep" as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("config" as const), rules }) },
);

/**
 * What an admin may count on, kept beside the real thing. An install wipes a disk, so each one must have been allowed:
 * by the first sight of a machine, by a reinstall, by `install: always`, or by `onFailure: retry`.
 */
class Oracle {
  /** Installs that are allowed now. */
  credit = 1;
  /** Fresh attempts since the last of these allowances. */
  tries = 0;
  guarded = false;
  /** Whether the machine has been noticed since the state began. */
  known = false;
  doneSinceLastAttempt = false;
  bootedFromDisk = false;

  loseState(): void {
    this.credit = 0;
    this.guarded = true;
    this.known = false;
    this.doneSinceLastAttempt = false;
  }
}

class World {
  readonly oracle = new Oracle();
  readonly tokens: string[] = [];
  readonly lab: Lab;
  rules: Rules;
  #lastAttempt: Attempt | undefined;

  private constructor(lab: Lab, rules: Rules) {
    this.lab = lab;
    this.rules = rules;
  }

  static async create(rules: Rules): Promise<World> {
    const lab = await Lab.create([hostConfig("vm1", macOf(1), rules)]);
    return new World(lab, rules);
  }

  async live(happening: Happening): Promise<void> {
    const { lab, oracle } = this;
    switch (happening.kind) {
      case "boot":
        this.#boot();
        break;
      case "call":
        this.#call(happening.event, happening.token);
        break;
      case "wait":
        lab.now += happening.seconds * 1000;
        lab.machines.tick();
        break;
      case "reinstall":
        this.#reinstall();
        break;
      case "local":
        lab.machines.local("vm1");
        oracle.credit = 0;
        oracle.tries = Number.POSITIVE_INFINITY;
        oracle.doneSinceLastAttempt = false;
        oracle.known = true;
        break;
      case "cancel":
        this.#cancel();
        break;
      case "seen":
        lab.machines.seen(macOf(1));
        oracle.known = true;
        break;
      case "restart":
        await lab.restart();
        break;
      case "lose-state":
        lab.stop();
        lab.loseState();
        this.tokens.length = 0;
        this.#lastAttempt = undefined;
        await lab.start();
        oracle.loseState();
        break;
      case "lift":
        this.#lift(happening.unseen);
        break;
      case "config":
        this.rules = happening.rules;
        lab.reconfigure([hostConfig("vm1", macOf(1), happening.rules)]);
        break;
    }
    this.#holds();
  }

  #boot(): void {
    const { lab, oracle } = this;
    const host = lab.host("vm1");
    const before = lab.machines.get("vm1");
    const preview = lab.machines.preview(host);
    const outcome = lab.machines.networkBoot(host, "bios");
    expect(preview.kind).toBe(outcome.kind);
    expect(preview.reason).toBe(outcome.reason);
    oracle.known = true;
    if (outcome.kind !== "install") {
      if (oracle.doneSinceLastAttempt) oracle.bootedFromDisk = true;
      return;
    }
    expect(this.rules.install).not.toBe("never");
    expect(this.rules.profile).toBeDefined();
    if (!outcome.fresh) {
      expect(outcome.attempt.id).toBe(this.#lastAttempt?.id);
      expect(oracle.doneSinceLastAttempt).toBe(false);
      return;
    }
    this.#allowed(outcome.attempt, before?.attempt);
    this.#lastAttempt = outcome.attempt;
    this.tokens.push(outcome.attempt.token);
    oracle.doneSinceLastAttempt = false;
    oracle.bootedFromDisk = false;
  }

  #allowed(attempt: Attempt, before: Attempt | undefined): void {
    const { oracle, rules } = this;
    const again =
      rules.install === "always" && oracle.doneSinceLastAttempt && oracle.bootedFromDisk && !oracle.guarded;
    const switched = before?.phase === "running" && before.profile !== rules.profile;
    // A running attempt may turn out to be over its limits at this very boot.
    const hasFailed = before?.phase === "failed" || before?.phase === "running";
    const retry = rules.onFailure === "retry" && hasFailed && oracle.tries < (rules.limit ?? 0);
    const allowed = oracle.credit > 0 || again || switched || retry;
    expect(allowed, `attempt ${attempt.id} had no allowance`).toBe(true);
    oracle.tries = oracle.credit > 0 || again || switched ? 1 : oracle.tries + 1;
    oracle.credit = 0;
  }

  #call(event: CallbackEvent, which: "latest" | "oldest"): void {
    const { lab, oracle, tokens } = this;
    const token = which === "latest" ? tokens.at(-1) : tokens[0];
    if (token === undefined) {
      expect(lab.machines.callback("guessed", event)).toMatchObject({
        ok: false,
        code: "BW_ATTEMPT_UNKNOWN",
      });
      return;
    }
    const before = lab.machines.get("vm1");
    const isOpen = lab.machines.attemptByToken(token, "callback") !== undefined;
    const result = lab.machines.callback(token, event);
    const after = lab.machines.get("vm1");
    // The one thing that an ended attempt still takes: its installer's verdict, when we had only lost our patience.
    const timedOut =
      before?.record.state.kind === "failed" &&
      before.attempt?.token === token &&
      before.attempt.failedBy === "timeout";
    const verdict = timedOut && (event.kind === "done" || event.kind === "failed");
    if (!isOpen && !verdict) {
      expect(after?.attempt).toEqual(before?.attempt);
      expect(after?.record.state).toEqual(before?.record.state);
    }
    if (!result.ok || result.repeated) return;
    if (event.kind === "done" || event.kind === "booted") {
      const wasRunning = before?.attempt?.phase !== "finishing";
      if (wasRunning) {
        oracle.doneSinceLastAttempt = true;
        oracle.bootedFromDisk = false;
        oracle.tries = Number.POSITIVE_INFINITY;
      }
    }
  }

  #reinstall(): void {
    const { lab, oracle, rules } = this;
    if (rules.install === "never" || rules.profile === undefined) {
      expect(() => lab.machines.reinstall("vm1")).toThrow();
      return;
    }
    lab.machines.reinstall("vm1");
    oracle.credit = 1;
    oracle.known = true;
    oracle.doneSinceLastAttempt = false;
  }

  #cancel(): void {
    const { lab } = this;
    const before = lab.machines.get("vm1");
    if (before?.attempt?.phase === "running") {
      expect(lab.machines.cancel("vm1").record.state.kind).toBe("failed");
    } else {
      expect(() => lab.machines.cancel("vm1")).toThrow();
      expect(lab.machines.get("vm1")).toEqual(before);
    }
  }

  #lift(unseen: "arm" | "keep"): void {
    const { lab, oracle } = this;
    const { armed } = lab.machines.liftGuard(unseen);
    if (!oracle.guarded) return;
    oracle.guarded = false;
    if (oracle.known) {
      expect(armed).toEqual([]);
    } else if (unseen === "arm") {
      oracle.credit = 1;
    } else {
      oracle.known = true;
    }
  }

  /** What holds at every moment. */
  #holds(): void {
    const { machines } = this.lab;
    expect(machines.guardedSince() !== undefined).toBe(this.oracle.guarded);
    const attempts = machines.attempts("vm1", 100);
    const live = attempts.filter((each) => each.phase === "running" || each.phase === "finishing");
    expect(live.length).toBeLessThanOrEqual(1);
    for (const attempt of attempts) {
      const isRunning = attempt.phase === "running";
      expect(machines.attemptByToken(attempt.token, "answers") !== undefined).toBe(isRunning);
      expect(machines.attemptByToken(attempt.token, "callback") !== undefined).toBe(live.includes(attempt));
      expect(attempt.endedAt === undefined).toBe(live.includes(attempt));
    }
    const status = machines.get("vm1");
    expect(status?.record.state.kind === "installing").toBe(status?.attempt?.phase === "running");
    expect(this.lab.errors).toEqual([]);
  }
}

describe("the life of a machine, whatever happens", () => {
  test("no install that nobody allowed, no two live attempts, no dead token that opens", async () => {
    await fc.assert(
      fc.asyncProperty(
        rules,
        fc.array(happening, { maxLength: 60, size: "max" }),
        async (initial, happenings) => {
          const world = await World.create(initial);
          try {
            for (const each of happenings) await world.live(each);
          } finally {
            world.lab.dispose();
          }
        },
      ),
      { numRuns: 100 },
    );
    // Each of up to 60 happenings is a transaction with its sync: a slow disk takes its time.
  }, 120_000);
});
