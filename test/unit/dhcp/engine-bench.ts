import { Allocator } from "../../../src/dhcp/allocator.ts";
import { STANDARD_PORTS } from "../../../src/dhcp/codes.ts";
import type { Arrival, Decision, EngineSettings } from "../../../src/dhcp/decision.ts";
import { decide } from "../../../src/dhcp/engine.ts";
import type { DhcpPacket } from "../../../src/dhcp/packet.ts";
import type { BootAdvice, HostDirectory, KnownHost, Lease } from "../../../src/dhcp/ports.ts";
import { ScopeIndex, type Subnet } from "../../../src/dhcp/subnet.ts";
import { type Cidr, type Ipv4, parseCidr } from "../../../src/net/ipv4.ts";
import { ip, mac } from "./packets.ts";

export function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (!parsed) throw new TypeError(`not a network: ${text}`);
  return parsed;
}

/** A subnet of a test: `10.0.0.0/24` with a pool of 10.0.0.10 to .19, unless said otherwise. */
export function subnet(
  said: Partial<Omit<Subnet, "cidr" | "pool">> & { cidr?: string; pool?: [string, string][] } = {},
): Subnet {
  const { cidr: network = "10.0.0.0/24", pool = [["10.0.0.10", "10.0.0.19"]], ...rest } = said;
  return {
    router: ip("10.0.0.254"),
    dns: [ip("10.0.0.53")],
    domain: "lab.example.org",
    leaseTime: 3600,
    options: new Map(),
    ...rest,
    cidr: cidr(network),
    pool: pool.map(([first, last]) => ({ first: ip(first), last: ip(last) })),
  };
}

export function host(
  name: string,
  address: string,
  reserved?: string,
  options = new Map<number, Buffer>(),
): KnownHost {
  return { name, mac: mac(address), address: reserved === undefined ? undefined : ip(reserved), options };
}

export function directory(hosts: readonly KnownHost[]): HostDirectory {
  return {
    find: (wanted) => hosts.find((one) => one.mac === wanted),
    ownerOf: (address) => hosts.find((one) => one.address === address),
    reservations: () => hosts.flatMap((one) => one.address ?? []),
  };
}

export interface BenchOptions {
  readonly settings?: Partial<EngineSettings>;
  readonly subnets?: readonly Subnet[];
  readonly hosts?: readonly KnownHost[];
  readonly advice?: BootAdvice;
  readonly leases?: readonly Lease[];
}

/** Where we are: 10.0.0.1/24 on eth0. */
export const SERVER = ip("10.0.0.1");
/** When it is, at first. */
export const NOW = 1_000_000_000_000;

/** An engine with a table, a clock that stands still until moved, and no sockets. */
export class Bench {
  now = NOW;
  readonly table: Allocator;
  readonly settings: EngineSettings;

  constructor(options: BenchOptions = {}) {
    const { subnets = [subnet()], hosts = [], leases = [] } = options;
    const advice: BootAdvice = options.advice ?? { kind: "none", reason: "nothing to boot" };
    const own: ReadonlySet<Ipv4> = new Set([SERVER]);
    this.settings = {
      mode: "server",
      authoritative: true,
      unknownHosts: "register",
      scopes: new ScopeIndex(subnets),
      hosts: directory(hosts),
      boot: { advise: () => advice },
      ports: STANDARD_PORTS,
      own,
      logServer: false,
      offerHold: 60_000,
      quarantine: 3_600_000,
      ...options.settings,
    };
    this.table = new Allocator({ subnets, hosts: this.settings.hosts, excluded: own }, leases);
  }

  /** Decides and applies, as the server does. */
  ask(packet: DhcpPacket, said: Partial<Arrival> = {}): Decision {
    const decision = decide(packet, this.arrival(said), this.settings, this.table);
    for (const change of decision.changes) this.table.apply(change);
    return decision;
  }

  arrival(said: Partial<Arrival> = {}): Arrival {
    return {
      interface: { name: "eth0", address: SERVER, addresses: [{ address: SERVER, prefix: 24 }] },
      port: "server",
      source: { address: ip("0.0.0.0"), port: 68 },
      now: this.now,
      ...said,
    };
  }
}
