import type { Ipv4 } from "../net/ipv4.ts";
import type { Mac } from "../net/mac.ts";

/**
 * What this library asks of whoever uses it. It knows DHCP and PXE; it knows nothing of profiles, installs or databases.
 */

/** A machine that the user of the library knows by its MAC. */
export interface KnownHost {
  readonly name: string;
  readonly mac: Mac;
  /** Reserved address, inside or outside the pool of its subnet. */
  readonly address: Ipv4 | undefined;
  /** Options that win over the subnet's, already encoded, by number. */
  readonly options: ReadonlyMap<number, Buffer>;
}

export interface HostDirectory {
  find(mac: Mac): KnownHost | undefined;
  /** Options for a machine that follow from the address it reaches us at; sent only where the client asks for them. */
  optionsFor?(host: KnownHost, server: Ipv4): ReadonlyMap<number, Buffer>;
  /** The owner of a reserved address. */
  ownerOf(address: Ipv4): KnownHost | undefined;
  /** Every reserved address: these are never handed to anybody else. */
  reservations(): Iterable<Ipv4>;
}

/** What a client says of itself when it asks what to boot. */
export interface BootQuery {
  readonly mac: Mac;
  /** Option 93, first value; `undefined` when the client did not send it. */
  readonly arch: number | undefined;
  /** Option 60. */
  readonly vendorClass: string | undefined;
  /** Option 77, either framing (RFC 3004's or iPXE's raw bytes). */
  readonly userClass: string | undefined;
  /** iPXE's encapsulated features (option 175); undefined when it is not iPXE. */
  readonly ipxe: ReadonlyMap<number, Buffer> | undefined;
  /** Machine UUID of option 97, canonical text, lower case. */
  readonly uuid: string | undefined;
  /** The address that the client reaches us at. */
  readonly server: Ipv4;
  /** `httpclient`: UEFI HTTP Boot, wants a URI; `pxe`: everything else. */
  readonly kind: "pxe" | "httpclient";
}

/** What a client should boot, and why: the reason goes into the timeline and the debug log. */
export type BootAdvice =
  | {
      readonly kind: "boot";
      /** TFTP path or URL: goes into `file` (when it fits) and option 67. */
      readonly file: string;
      /** siaddr and option 66. */
      readonly nextServer: Ipv4;
      /** Further options by number, already encoded. */
      readonly options: ReadonlyMap<number, Buffer>;
      readonly reason: string;
    }
  /** An address (in server mode), but nothing to boot. */
  | { readonly kind: "none"; readonly reason: string }
  /** No reply at all. */
  | { readonly kind: "silent"; readonly reason: string };

export interface BootAdvisor {
  advise(query: BootQuery): BootAdvice;
}

/** A binding as it is stored. Times are milliseconds since the epoch. */
export interface Lease {
  readonly address: Ipv4;
  readonly mac: Mac;
  /** Option 61 as it came, hex; the client is known by this when it sends one (RFC 2131 §4.2). */
  readonly clientId: string | undefined;
  readonly hostName: string | undefined;
  readonly state: "bound" | "released" | "declined";
  readonly expiresAt: number;
  readonly updatedAt: number;
}

/** Stable storage for leases. */
export interface LeaseStore {
  load(): Promise<readonly Lease[]>;
  /** Resolves when every lease of the batch is on stable storage: only then may their ACKs leave. */
  commit(batch: readonly Lease[]): Promise<void>;
}

/** One thing that the server saw or did; for logs, counters and timelines. */
export interface DhcpEvent {
  readonly kind:
    | "discover"
    | "offer"
    | "request"
    | "ack"
    | "nak"
    | "decline"
    | "release"
    | "inform"
    | "silent"
    | "malformed"
    | "pool-exhausted"
    | "conflict"
    | "foreign-server"
    | "error";
  readonly mac: Mac | undefined;
  readonly address: Ipv4 | undefined;
  readonly interface: string;
  /** Option 93 of the message that caused this, when it carried one. */
  readonly arch: number | undefined;
  readonly userClass: string | undefined;
  /** Option 60. */
  readonly vendorClass?: string | undefined;
  /** Boot file handed out, when there was one. */
  readonly file: string | undefined;
  /** Another DHCP server that this gave away: the one that a client chose, or whose reply was heard. */
  readonly server?: Ipv4;
  /** Why it was so decided. */
  readonly reason: string;
  /** The same as a word from a fixed list, for counters. */
  readonly code?: ReasonCode;
}

/** What decisions are counted by. */
export type ReasonCode =
  /** A request that the RFC's rules answer as they should. */
  | "ok"
  | "unknown-host"
  | "no-subnet"
  | "not-ethernet"
  | "not-a-request"
  | "unknown-message-type"
  | "no-lease"
  | "wrong-network"
  | "wrong-address"
  | "taken"
  | "other-server"
  | "not-a-boot-client"
  | "nothing-to-boot"
  | "advisor"
  | "not-ours"
  | "bootp-without-reservation"
  | "pool-exhausted"
  | "in-use"
  | "rate-limited"
  | "overloaded"
  | "malformed"
  | "store"
  | "send"
  | "interface"
  | "internal";
