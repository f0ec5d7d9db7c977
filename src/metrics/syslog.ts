import { Counter, type Registry } from "prom-client";
import type { SyslogCounters } from "../syslog/server.ts";

/** Lines of syslog by what became of them; the server counts for itself. */
export function syslogMetrics(registry: Registry, counters: () => SyslogCounters): void {
  new Counter({
    name: "bootwire_syslog_lines_total",
    help: "Syslog datagrams that came: taken, malformed, or limited (too many of one source).",
    labelNames: ["outcome"],
    registers: [registry],
    collect() {
      this.reset();
      for (const [outcome, count] of Object.entries(counters())) this.inc({ outcome }, count);
    },
  });
}
