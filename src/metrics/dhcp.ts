import { Counter, Gauge, type Registry } from "prom-client";
import type { PoolUse } from "../dhcp/pool-use.ts";
import type { DhcpCounter } from "../dhcp/reporter.ts";

/** What the DHCP server tells of itself when it is asked. */
export interface DhcpSource {
  counters(): readonly DhcpCounter[];
  /** Leases that are remembered, current or past. */
  readonly leaseCount: number;
  poolUse(): readonly PoolUse[];
}

/** DHCP messages and pools. The server counts for itself; its counters are read when somebody looks. */
export function dhcpMetrics(registry: Registry, source: DhcpSource): void {
  const registers = [registry];
  new Counter({
    name: "bootwire_dhcp_messages_total",
    help: "DHCP messages by what came, what became of it and why.",
    labelNames: ["message", "outcome", "reason"],
    registers,
    collect() {
      this.reset();
      for (const { message, outcome, code, count } of source.counters()) {
        this.inc({ message, outcome, reason: code ?? "none" }, count);
      }
    },
  });
  new Gauge({
    name: "bootwire_dhcp_leases",
    help: "Leases that are remembered, current or past.",
    registers,
    collect() {
      this.set(source.leaseCount);
    },
  });
  new Gauge({
    name: "bootwire_dhcp_pool_addresses",
    help: "Dynamic addresses of a subnet's pool.",
    labelNames: ["subnet"],
    registers,
    collect() {
      // A subnet may have left the config.
      this.reset();
      for (const { subnet, addresses } of source.poolUse()) this.set({ subnet }, addresses);
    },
  });
  new Gauge({
    name: "bootwire_dhcp_pool_addresses_in_use",
    help: "Dynamic addresses that are leased, or kept back because they were found in use.",
    labelNames: ["subnet"],
    registers,
    collect() {
      this.reset();
      for (const { subnet, inUse } of source.poolUse()) this.set({ subnet }, inUse);
    },
  });
}
