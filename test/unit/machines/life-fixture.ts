import type { Ids, LifeEvent, LifeOutcome, LifePolicy, Step } from "../../../src/machines/life.ts";
import { newLife } from "../../../src/machines/life.ts";
import type { Attempt, Life, MachineState } from "../../../src/machines/model.ts";
import { step } from "../../../src/machines/step.ts";
import { parseMac } from "../../../src/net/mac.ts";

export const NOON = Date.parse("2026-11-23T12:00:00Z");
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

export interface Rules {
  readonly install?: LifePolicy["install"];
  readonly profile?: string | undefined;
  readonly limit?: number;
  readonly timeout?: number;
  readonly onFailure?: "local" | "retry" | "hold";
}

/** A policy: `once`, three boots, an hour, `local`, unless told otherwise. */
export function policy(rules: Rules = {}): LifePolicy {
  const { install = "once", limit = 3, timeout = 3600, onFailure = "local" } = rules;
  if ("profile" in rules && rules.profile === undefined) return { install, profile: undefined };
  return { install, profile: { name: rules.profile ?? "trixie", limit, timeout, onFailure } };
}

/** Ids a1, a2, … and tokens t1, t2, … */
export function countingIds(): Ids {
  let attempts = 0;
  let tokens = 0;
  return {
    attemptId: () => `a${++attempts}`,
    token: () => `t${++tokens}`,
  };
}

const mac = parseMac("52:54:00:00:00:01");
if (mac === undefined) throw new Error("unreachable");

/** A machine that lives through events, one minute apart unless the clock is moved. */
export class Story {
  life: Life = newLife({ name: "vm1", mac: mac ?? fail() });
  now = NOON;
  guarded = false;
  policy: LifePolicy;
  readonly kinds: string[] = [];
  readonly #ids = countingIds();
  last: Step<LifeOutcome> | undefined;

  constructor(rules: Rules = {}) {
    this.policy = policy(rules);
  }

  after(milliseconds: number): this {
    this.now += milliseconds;
    return this;
  }

  tell(event: LifeEvent): LifeOutcome {
    const { policy, now, guarded } = this;
    const result = step(this.life, event, { policy, now, ids: this.#ids, guarded });
    this.life = result.life;
    this.last = result;
    this.kinds.push(...result.events.map((line) => line.kind));
    return result.outcome;
  }

  /** A network boot, a minute after whatever came before. */
  boot(firmware: Attempt["firmware"] = "bios"): LifeOutcome {
    return this.after(MINUTE).tell({ kind: "network-boot", firmware });
  }

  done(): LifeOutcome {
    return this.after(MINUTE).tell({ kind: "done" });
  }

  failed(reason = "no disk", log?: string): LifeOutcome {
    return this.after(MINUTE).tell({ kind: "failed", reason, log });
  }

  get state(): MachineState["kind"] {
    return this.life.record.state.kind;
  }

  get phase(): Attempt["phase"] | undefined {
    return this.life.attempt?.phase;
  }
}

function fail(): never {
  throw new Error("unreachable");
}
