import type { Ipv4 } from "../net/ipv4.ts";
import type { Allocator, TableChange } from "./allocator.ts";
import type { DhcpPorts } from "./codes.ts";
import type { Destination } from "./destination.ts";
import type { DhcpPacket } from "./packet.ts";
import type { BootAdvisor, DhcpEvent, HostDirectory, Lease } from "./ports.ts";
import type { ScopeIndex } from "./subnet.ts";

/** What the server is told to do. */
export interface EngineSettings {
  /** Whether machines that are known are told to send their syslog to us (option 7). */
  readonly logServer: boolean;
  readonly mode: "server" | "proxy";
  readonly authoritative: boolean;
  readonly unknownHosts: "ignore" | "lease" | "register";
  readonly scopes: ScopeIndex;
  readonly hosts: HostDirectory;
  readonly boot: BootAdvisor;
  readonly ports: DhcpPorts;
  /** Every address of ours: how clients may call us in option 54. */
  readonly own: ReadonlySet<Ipv4>;
  /** Milliseconds that an offered address is held for its client. */
  readonly offerHold: number;
  /** Milliseconds that an address is kept back after it was found in use. */
  readonly quarantine: number;
}

/** How a message came in. */
export interface Arrival {
  readonly interface: {
    readonly name: string;
    readonly address: Ipv4;
    readonly addresses: readonly { readonly address: Ipv4; readonly prefix: number }[];
  };
  /** The port of ours that heard it: DHCP's (67) or PXE's boot server's (4011). */
  readonly port: "server" | "boot-server";
  readonly source: { readonly address: Ipv4; readonly port: number };
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The parts of the lease table that decisions read. */
export type LeaseTable = Pick<
  Allocator,
  "lease" | "leaseOf" | "offer" | "offerTo" | "verdict" | "pick" | "isClone"
>;

export interface Reply {
  readonly packet: DhcpPacket;
  /** Most octets of UDP payload that the client takes. */
  readonly maxSize: number;
  readonly to: Destination;
}

/** What is to be done about one message. Nothing of it has happened yet. */
export interface Decision {
  readonly reply: Reply | undefined;
  /** To be applied to the table at once; leases among them must be stored before the reply leaves. */
  readonly changes: readonly TableChange[];
  readonly event: DhcpEvent;
  /** A lease of before that the reply goes by: it must be on stable storage, too, before the reply leaves. */
  readonly relies?: Lease;
  /** An address that should be looked for on the wire before the reply leaves; see `probe.ts`. */
  readonly probe: Ipv4 | undefined;
}
