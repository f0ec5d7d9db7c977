import { Gauge, type Registry } from "prom-client";

/** Which configuration is in force, and what became of the latest change. */
export class ConfigMetrics {
  readonly #generation: Gauge;
  readonly #successful: Gauge;
  readonly #at: Gauge;

  /** `now` in milliseconds since the epoch: the first config is in force. */
  constructor(registry: Registry, now: number) {
    const registers = [registry];
    this.#generation = new Gauge({
      name: "bootwire_config_generation",
      help: "Counts up with each configuration that comes into force; 1 is that of the start.",
      registers,
    });
    this.#successful = new Gauge({
      name: "bootwire_config_last_reload_successful",
      help: "Whether the latest configuration is in force (1), or was refused and the old one stays (0).",
      registers,
    });
    this.#at = new Gauge({
      name: "bootwire_config_last_reload_success_timestamp_seconds",
      help: "When a configuration last came into force.",
      registers,
    });
    this.inForce(now);
  }

  inForce(now: number): void {
    this.#generation.inc();
    this.#successful.set(1);
    this.#at.set(now / 1000);
  }

  refused(): void {
    this.#successful.set(0);
  }
}
