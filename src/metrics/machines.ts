import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { MachineStatus } from "../machines/api.ts";
import type { Attempt } from "../machines/model.ts";
import type { StoredEvent } from "../machines/ports.ts";

/** What is asked of the machines. */
export interface MachineSource {
  list(): readonly MachineStatus[];
  get(name: string): MachineStatus | undefined;
  guardedSince(): number | undefined;
}

/** The states that are always shown, so that a query finds a zero instead of nothing. */
const STATES = ["ready", "installing", "installed", "failed"] as const;
/** From an image on a quick wire to an installer that downloads its packages, in seconds. */
const DURATIONS = [15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200];

/** Counts machines by state, and attempts as they begin and end. */
export class MachineMetrics {
  readonly #source: MachineSource;
  readonly #began: Counter<"profile">;
  readonly #ended: Counter<"profile" | "outcome">;
  readonly #durations: Histogram<"outcome">;

  constructor(registry: Registry, source: MachineSource) {
    this.#source = source;
    const registers = [registry];
    new Gauge({
      name: "bootwire_machines",
      help: "Machines of the config by state.",
      labelNames: ["state"],
      registers,
      collect() {
        for (const state of STATES) this.set({ state }, 0);
        for (const { record } of source.list()) this.inc({ state: record.state.kind });
      },
    });
    new Gauge({
      name: "bootwire_state_guarded",
      help: "1 while the state counts as lost and nothing is installed until an admin decides.",
      registers,
      collect() {
        this.set(source.guardedSince() === undefined ? 0 : 1);
      },
    });
    this.#began = new Counter({
      name: "bootwire_attempts_began_total",
      help: "Installs that began.",
      labelNames: ["profile"],
      registers,
    });
    this.#ended = new Counter({
      name: "bootwire_attempts_ended_total",
      help: "Installs that ended: done, failed or cancelled.",
      labelNames: ["profile", "outcome"],
      registers,
    });
    this.#durations = new Histogram({
      name: "bootwire_attempt_duration_seconds",
      help: "From an install's first boot script to its end.",
      labelNames: ["outcome"],
      buckets: DURATIONS,
      registers,
    });
  }

  /** Something was written into a timeline. */
  onEvent(event: StoredEvent): void {
    switch (event.kind) {
      case "attempt.began":
        this.#began.inc({ profile: this.#attempt(event)?.profile ?? "unknown" });
        return;
      case "attempt.done":
        this.#end(event, "done");
        return;
      case "attempt.failed":
        this.#end(event, "failed");
        return;
      case "attempt.cancelled":
        this.#end(event, "cancelled");
    }
  }

  #end(event: StoredEvent, outcome: string): void {
    const attempt = this.#attempt(event);
    this.#ended.inc({ profile: attempt?.profile ?? "unknown", outcome });
    if (attempt) this.#durations.observe({ outcome }, Math.max(0, event.at - attempt.startedAt) / 1000);
  }

  /** The attempt that an event is about, unless the machine has begun another one since. */
  #attempt(event: StoredEvent): Attempt | undefined {
    const attempt = event.machine === undefined ? undefined : this.#source.get(event.machine)?.attempt;
    return attempt?.id === event.attempt ? attempt : undefined;
  }
}
