import { formatCidr } from "../net/ipv4.ts";
import type { Lease } from "./ports.ts";
import { inPool, type Subnet } from "./subnet.ts";

/** How full a pool is. */
export interface PoolUse {
  /** `10.0.0.0/24`. */
  readonly subnet: string;
  /** Dynamic addresses that there are. */
  readonly addresses: number;
  /** Leased, or kept back because they were found in use. */
  readonly inUse: number;
}

/** How full the subnets' pools are at `now` (milliseconds since the epoch), in the order of the subnets. */
export function poolUse(subnets: readonly Subnet[], leases: Iterable<Lease>, now: number): PoolUse[] {
  const uses = subnets.map((subnet) => ({
    subnet,
    addresses: subnet.pool.reduce((sum, range) => sum + range.last - range.first + 1, 0),
    inUse: 0,
  }));
  for (const lease of leases) {
    if (lease.state === "released" || lease.expiresAt <= now) continue;
    const use = uses.find((one) => inPool(one.subnet, lease.address));
    if (use) use.inUse += 1;
  }
  return uses.map((use) => ({ ...use, subnet: formatCidr(use.subnet.cidr) }));
}
