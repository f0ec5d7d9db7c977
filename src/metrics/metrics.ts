import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { SyslogCounters } from "../syslog/server.ts";
import type { TftpCounters } from "../tftp/counters.ts";
import { ConfigMetrics } from "./config.ts";
import { type DhcpSource, dhcpMetrics } from "./dhcp.ts";
import { HookMetrics } from "./hooks.ts";
import { HttpMetrics } from "./http.ts";
import { MachineMetrics, type MachineSource } from "./machines.ts";
import { syslogMetrics } from "./syslog.ts";
import { TftpMetrics } from "./tftp.ts";

export interface MetricsParts {
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Undefined: DHCP is off, and has no metrics. */
  readonly dhcp: DhcpSource | undefined;
  readonly tftp: () => TftpCounters;
  /** Undefined: syslog is off, and has no metrics. */
  readonly syslog: (() => SyslogCounters) | undefined;
  readonly hooksWaiting: () => readonly { readonly url: string; readonly count: number }[];
  readonly machines: MachineSource;
}

/** Everything that one daemon counts. Each has a registry of its own. */
export class Metrics {
  readonly #registry = new Registry();
  readonly tftp: TftpMetrics;
  readonly http: HttpMetrics;
  readonly machines: MachineMetrics;
  readonly config: ConfigMetrics;
  readonly hooks: HookMetrics;

  constructor(parts: MetricsParts) {
    // The process and the event loop: process_*, nodejs_*.
    collectDefaultMetrics({ register: this.#registry });
    const info = new Gauge({
      name: "bootwire_build_info",
      help: "1, with the version that runs.",
      labelNames: ["version"],
      registers: [this.#registry],
    });
    info.set({ version: parts.version }, 1);
    if (parts.dhcp) dhcpMetrics(this.#registry, parts.dhcp);
    this.tftp = new TftpMetrics(this.#registry, parts.tftp);
    this.http = new HttpMetrics(this.#registry);
    this.machines = new MachineMetrics(this.#registry, parts.machines);
    if (parts.syslog) syslogMetrics(this.#registry, parts.syslog);
    this.hooks = new HookMetrics(this.#registry, parts.hooksWaiting);
    this.config = new ConfigMetrics(this.#registry, parts.now);
  }

  /** Media type of what `render` writes. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The metrics of now, in Prometheus' text format. */
  render(): Promise<string> {
    return this.#registry.metrics();
  }
}
