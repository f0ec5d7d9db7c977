import type { Ipv4 } from "../net/ipv4.ts";
import type { Mac } from "../net/mac.ts";
import { AddressPool } from "./address-pool.ts";
import type { Identity } from "./identity.ts";
import type { HostDirectory, Lease } from "./ports.ts";
import { inPool, isHostAddress, type Scope, type Subnet, subnetOf } from "./subnet.ts";

/** An address held for a client between OFFER and REQUEST. Lives in memory alone. */
export interface Offer {
  readonly address: Ipv4;
  readonly identity: Identity;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** What a decision does to the table. Applied at once, so that the next decision sees it; `lease`s are stored besides. */
export type TableChange =
  | { readonly kind: "offer"; readonly offer: Offer }
  | { readonly kind: "withdraw"; readonly identity: Identity }
  | { readonly kind: "lease"; readonly lease: Lease }
  /** The machine shares its client identifier with another one: from now on its MAC counts. */
  | { readonly kind: "clone"; readonly mac: Mac };

/** Whether a client may have an address, and why not. */
export type Verdict =
  | { readonly free: true }
  | {
      readonly free: false;
      readonly because:
        | "other-network"
        | "reserved"
        | "leased"
        | "offered"
        | "quarantined"
        | "not-in-pool"
        | "own";
    };

export interface AllocatorSettings {
  readonly subnets: readonly Subnet[];
  readonly hosts: HostDirectory;
  /** Addresses that are ours, or otherwise never to be given out. */
  readonly excluded: ReadonlySet<Ipv4>;
}

/** Machines with a shared client identifier; beyond, the first ones are found out again. */
const CLONES_REMEMBERED = 4096;

const FREE: Verdict = { free: true };

/**
 * Who has which address. All questions are answered in constant or logarithmic time: a pool of 65,000 addresses is as
 * quick as one of ten. Knows no clock: `now` comes with each question.
 */
export class Allocator {
  #settings: AllocatorSettings;
  readonly #leases = new Map<Ipv4, Lease>();
  readonly #offers = new Map<Ipv4, Offer>();
  /** Latest address of a client, by `keyOf`. */
  readonly #leaseOf = new Map<string, Ipv4>();
  readonly #offerOf = new Map<string, Ipv4>();
  readonly #pools = new Map<Subnet, AddressPool>();
  readonly #clones = new Set<Mac>();

  constructor(settings: AllocatorSettings, leases: Iterable<Lease> = []) {
    this.#settings = settings;
    for (const lease of leases) this.#store(lease);
    this.#buildPools();
  }

  /** Takes new subnets and reservations; every lease and offer stays. */
  reconfigure(settings: AllocatorSettings): void {
    this.#settings = settings;
    this.#buildPools();
  }

  get leases(): Iterable<Lease> {
    return this.#leases.values();
  }

  get leaseCount(): number {
    return this.#leases.size;
  }

  lease(address: Ipv4): Lease | undefined {
    return this.#leases.get(address);
  }

  /** The offer of an address, unless it has lapsed. */
  offer(address: Ipv4, now: number): Offer | undefined {
    const offer = this.#offers.get(address);
    return offer && offer.until > now ? offer : undefined;
  }

  /** What the client was offered last and may still take. */
  offerTo(identity: Identity, now: number): Offer | undefined {
    const address = this.#offerOf.get(keyOf(identity));
    return address === undefined ? undefined : this.offer(address, now);
  }

  /** The client's latest lease, current or past. */
  leaseOf(identity: Identity): Lease | undefined {
    const byKey = this.#held(keyOf(identity), identity);
    if (byKey?.mac === identity.mac) return byKey;
    // The identifier was last seen with another MAC. A lease of the very machine counts for more.
    return this.#held(identity.mac, identity) ?? byKey;
  }

  /** Whether the machine's client identifier is not to be believed. */
  isClone(mac: Mac): boolean {
    return this.#clones.has(mac);
  }

  #held(key: string, identity: Identity): Lease | undefined {
    const address = this.#leaseOf.get(key);
    const lease = address === undefined ? undefined : this.#leases.get(address);
    return lease && isHolder(lease, identity) ? lease : undefined;
  }

  /** Whether the address may go to this client. */
  verdict(address: Ipv4, identity: Identity, scope: Scope, now: number): Verdict {
    const subnet = subnetOf(scope, address);
    if (!subnet || !isHostAddress(subnet.cidr, address)) return { free: false, because: "other-network" };
    if (this.#settings.excluded.has(address) || address === subnet.router) {
      return { free: false, because: "own" };
    }
    const owner = this.#settings.hosts.ownerOf(address);
    if (owner !== undefined && owner.mac !== identity.mac) return { free: false, because: "reserved" };
    const lease = this.#leases.get(address);
    if (lease && lease.expiresAt > now) {
      if (lease.state === "declined") return { free: false, because: "quarantined" };
      if (lease.state === "bound" && !isHolder(lease, identity)) return { free: false, because: "leased" };
    }
    const offer = this.#offers.get(address);
    if (offer && offer.until > now && !sameIdentity(offer.identity, identity)) {
      return { free: false, because: "offered" };
    }
    if (owner === undefined && !inPool(subnet, address)) return { free: false, because: "not-in-pool" };
    return FREE;
  }

  /**
   * A dynamic address that nobody has: one never used before, else the one that has been free for longest, so that past
   * holders find their old address again. `undefined` when the scope is exhausted.
   */
  pick(identity: Identity, scope: Scope, now: number): Ipv4 | undefined {
    for (const subnet of scope.subnets) {
      const pool = this.#pools.get(subnet);
      const address = pool?.next(
        now,
        (candidate) => this.#freeAt(candidate),
        (candidate) => this.verdict(candidate, identity, scope, now).free,
      );
      if (address !== undefined) return address;
    }
    return undefined;
  }

  apply(change: TableChange): void {
    switch (change.kind) {
      case "offer": {
        const { offer } = change;
        const wasFreeAt = this.#freeAt(offer.address);
        this.#withdraw(offer.identity, offer.address);
        const before = this.#offers.get(offer.address);
        if (before) this.#offerOf.delete(keyOf(before.identity));
        this.#offers.set(offer.address, offer);
        this.#offerOf.set(keyOf(offer.identity), offer.address);
        this.#requeue(offer.address, wasFreeAt);
        return;
      }
      case "withdraw":
        this.#withdraw(change.identity);
        return;
      case "lease": {
        const { address } = change.lease;
        const wasFreeAt = this.#freeAt(address);
        this.#withdraw(change.lease, address);
        this.#store(change.lease);
        this.#requeue(address, wasFreeAt);
        return;
      }
      case "clone": {
        const [oldest] = this.#clones;
        if (this.#clones.size >= CLONES_REMEMBERED && oldest !== undefined) this.#clones.delete(oldest);
        this.#clones.add(change.mac);
        return;
      }
    }
  }

  /** `next`: an address whose place among the free ones is about to be seen to anyway. */
  #withdraw(identity: Identity, next?: Ipv4): void {
    const key = keyOf(identity);
    const address = this.#offerOf.get(key);
    if (address === undefined) return;
    const wasFreeAt = this.#freeAt(address);
    this.#offerOf.delete(key);
    this.#offers.delete(address);
    if (address !== next) this.#requeue(address, wasFreeAt);
  }

  #store(lease: Lease): void {
    const before = this.#leases.get(lease.address);
    if (before) {
      const key = keyOf(before);
      if (this.#leaseOf.get(key) === lease.address) this.#leaseOf.delete(key);
      if (this.#leaseOf.get(before.mac) === lease.address) this.#leaseOf.delete(before.mac);
    }
    this.#leases.set(lease.address, lease);
    // A declined address belongs to nobody any more.
    if (lease.state === "declined") return;
    this.#remember(keyOf(lease), lease);
    // Under its MAC too, so that a machine that becomes a known one keeps its address.
    if (lease.clientId !== undefined) this.#remember(lease.mac, lease);
  }

  #remember(key: string, lease: Lease): void {
    const before = this.#leaseOf.get(key);
    const other = before === undefined ? undefined : this.#leases.get(before);
    if (!other || other.updatedAt <= lease.updatedAt) this.#leaseOf.set(key, lease.address);
  }

  /** When the address is free again; `undefined` when it never was taken. */
  #freeAt(address: Ipv4): number | undefined {
    const lease = this.#leases.get(address);
    const offer = this.#offers.get(address);
    const leaseEnd = lease && (lease.state === "released" ? lease.updatedAt : lease.expiresAt);
    if (leaseEnd === undefined) return offer?.until;
    return offer === undefined ? leaseEnd : Math.max(leaseEnd, offer.until);
  }

  /** Tells the pool of the address, where it has to know; `before`: what `#freeAt` said until now. */
  #requeue(address: Ipv4, before: number | undefined): void {
    const freeAt = this.#freeAt(address);
    if (before !== undefined && freeAt !== undefined && freeAt >= before) return;
    for (const pool of this.#pools.values()) {
      if (pool.covers(address)) pool.taken(address, freeAt);
    }
  }

  #buildPools(): void {
    this.#pools.clear();
    for (const subnet of this.#settings.subnets) this.#pools.set(subnet, new AddressPool(subnet.pool));
    for (const address of this.#leases.keys()) this.#requeue(address, undefined);
    for (const address of this.#offers.keys()) {
      if (!this.#leases.has(address)) this.#requeue(address, undefined);
    }
  }
}

/** The key of a client in the indexes. Client identifiers are hex, so they never look like a MAC. */
function keyOf(identity: Identity): string {
  return identity.clientId ?? identity.mac;
}

/** Whether a lease is this client's. A client known by its MAC owns what that MAC has, under whatever identifier. */
export function isHolder(lease: Lease, identity: Identity): boolean {
  if (identity.clientId === undefined) return lease.mac === identity.mac;
  if (lease.clientId === undefined) return lease.mac === identity.mac;
  return lease.clientId === identity.clientId;
}

function sameIdentity(a: Identity, b: Identity): boolean {
  return keyOf(a) === keyOf(b);
}
