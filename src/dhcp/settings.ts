import type { Ipv4 } from "../net/ipv4.ts";
import type { AllocatorSettings } from "./allocator.ts";
import { type DhcpPorts, STANDARD_PORTS } from "./codes.ts";
import type { EngineSettings } from "./decision.ts";
import type { BootAdvisor, HostDirectory } from "./ports.ts";
import { ScopeIndex, type Subnet } from "./subnet.ts";

/** What may change while the server runs; leases, offers and sockets stay. */
export interface DhcpSettings {
  readonly mode: "server" | "proxy";
  readonly subnets: readonly Subnet[];
  /** Whether to NAK clients that ask for an address of another network (RFC 2131 §4.3.2). */
  readonly authoritative: boolean;
  /** `ignore`: silence; `lease`: an address without boot; `register`: an address, and what the advisor says. */
  readonly unknownHosts: "ignore" | "lease" | "register";
  readonly hosts: HostDirectory;
  readonly boot: BootAdvisor;
  /** Whether an address that is new to a client is looked for on the wire before it is offered; default: yes. */
  readonly probe?: boolean;
  /** Whether iPXE is told that there is no IPv6 router to wait for; default: yes. */
  readonly skipIpv6Wait?: boolean;
  /** Seconds that an address is kept back after it was found in use; default an hour. */
  readonly quarantine?: number;
  /** Whether machines that are known are told to send their syslog to us (option 7); default: not. */
  readonly logServer?: boolean;
}

/** How the server stands on its network. */
export interface Standing {
  /** Every address of ours. */
  readonly own: ReadonlySet<Ipv4>;
  readonly ports?: DhcpPorts | undefined;
  /** Seconds that an offered address is held for its client. */
  readonly offerHold?: number | undefined;
}

/** What the engine decides by. */
export function engineSettings(settings: DhcpSettings, standing: Standing): EngineSettings {
  const { mode, authoritative, unknownHosts, hosts, boot, subnets, quarantine } = settings;
  return {
    mode,
    authoritative,
    unknownHosts,
    hosts,
    boot,
    scopes: new ScopeIndex(subnets),
    ports: standing.ports ?? STANDARD_PORTS,
    own: standing.own,
    logServer: settings.logServer ?? false,
    offerHold: (standing.offerHold ?? 60) * 1000,
    quarantine: (quarantine ?? 3600) * 1000,
  };
}

/** What the lease table picks addresses by. */
export function allocatorSettings(settings: DhcpSettings, own: ReadonlySet<Ipv4>): AllocatorSettings {
  return { subnets: settings.subnets, hosts: settings.hosts, excluded: own };
}
