import { broadcastOf, type Cidr, contains, formatCidr, type Ipv4 } from "../net/ipv4.ts";

/** A network that addresses are given out of, and what its clients are told. */
export interface Subnet {
  readonly cidr: Cidr;
  /** Inclusive ranges of dynamic addresses; reserved addresses inside are taken out by the allocator. */
  readonly pool: readonly { readonly first: Ipv4; readonly last: Ipv4 }[];
  readonly router: Ipv4 | undefined;
  readonly dns: readonly Ipv4[];
  readonly domain: string | undefined;
  /** Seconds. */
  readonly leaseTime: number;
  /** Encoded options by number; they win over what the fields above say. */
  readonly options: ReadonlyMap<number, Buffer>;
  /** Subnets that carry the same name here lie on one wire: a client may get an address of any of them. */
  readonly sharedNetwork?: string | undefined;
}

/** The subnets on the wire that a client sits on: any of their addresses serves it. Never empty. */
export interface Scope {
  readonly subnets: readonly [Subnet, ...Subnet[]];
  /** For reasons and logs. */
  readonly name: string;
}

/** Whether an address is one that hosts can have: neither the network's own nor its broadcast address. */
export function isHostAddress(cidr: Cidr, address: Ipv4): boolean {
  if (!contains(cidr, address)) return false;
  // RFC 3021: both addresses of a /31 are hosts.
  if (cidr.prefix >= 31) return true;
  return address !== cidr.network && address !== broadcastOf(cidr);
}

/** The subnet of the scope that an address is in. */
export function subnetOf(scope: Scope, address: Ipv4): Subnet | undefined {
  return scope.subnets.find((subnet) => contains(subnet.cidr, address));
}

/** Whether the address is in one of the subnet's dynamic ranges. */
export function inPool(subnet: Subnet, address: Ipv4): boolean {
  return subnet.pool.some((range) => address >= range.first && address <= range.last);
}

/**
 * Finds the wire of a client. Built once per configuration: look-ups happen per packet.
 */
export class ScopeIndex {
  readonly #subnets: readonly Subnet[];
  readonly #scopes = new Map<Subnet, Scope>();

  constructor(subnets: readonly Subnet[]) {
    // The longest prefix wins where networks overlap.
    this.#subnets = [...subnets].sort((a, b) => b.cidr.prefix - a.cidr.prefix);
    for (const subnet of this.#subnets) {
      const name = subnet.sharedNetwork;
      const others =
        name === undefined ? [] : subnets.filter((other) => other !== subnet && other.sharedNetwork === name);
      this.#scopes.set(subnet, { subnets: [subnet, ...others], name: name ?? formatCidr(subnet.cidr) });
    }
  }

  /** The scope of the subnet that holds the address. */
  at(address: Ipv4): Scope | undefined {
    const subnet = this.#subnets.find((candidate) => contains(candidate.cidr, address));
    return subnet && this.#scopes.get(subnet);
  }

  /**
   * The scope of a wire on which we have these addresses: the first one that matches, with the subnets of all the others,
   * since they are on the same wire.
   */
  ofAddresses(addresses: readonly Ipv4[]): Scope | undefined {
    const found: Subnet[] = [];
    let name: string | undefined;
    for (const address of addresses) {
      const scope = this.at(address);
      if (!scope) continue;
      name ??= scope.name;
      for (const subnet of scope.subnets) if (!found.includes(subnet)) found.push(subnet);
    }
    const [first, ...rest] = found;
    return first && name !== undefined ? { subnets: [first, ...rest], name } : undefined;
  }
}
