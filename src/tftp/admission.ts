import { BlockList, isIPv6 } from "node:net";
import type { TftpLimits } from "./limits.ts";
import type { RefusalCause } from "./source.ts";

/** Clients whose request rate is remembered; the oldest are forgotten. */
const REMEMBERED = 16_384;

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** Why a request is not looked at, or a transfer cannot begin now. */
export interface Barrier {
  readonly cause: Extract<RefusalCause, "network" | "rate" | "full">;
  readonly reason: string;
}

const FOREIGN: Barrier = { cause: "network", reason: "the client's network is not allowed" };
const TOO_OFTEN: Barrier = { cause: "rate", reason: "too many requests" };
const TOO_MANY_OF_CLIENT: Barrier = { cause: "full", reason: "too many transfers of this client" };
const TOO_MANY: Barrier = { cause: "full", reason: "too many transfers" };

/** Who may ask, how often, and how many transfers may run. */
export class Admission {
  readonly #limits: TftpLimits;
  readonly #allows: (address: string) => boolean;
  /** Insertion order is the order of the last request. */
  readonly #buckets = new Map<string, Bucket>();
  readonly #running = new Map<string, number>();
  #total = 0;

  /** `allows`: whether an address may ask at all. */
  constructor(limits: TftpLimits, allows: (address: string) => boolean) {
    this.#limits = limits;
    this.#allows = allows;
  }

  /** What speaks against a request from this address; undefined to go on. Takes the request into account. */
  request(address: string, now: number): Barrier | undefined {
    if (!this.#allows(address)) return FOREIGN;
    const bucket = this.#buckets.get(address) ?? { tokens: this.#limits.requestBurst, filledAt: now };
    const earned = ((now - bucket.filledAt) * this.#limits.requestsPerSecond) / 1000;
    bucket.tokens = Math.min(this.#limits.requestBurst, bucket.tokens + earned);
    bucket.filledAt = now;
    this.#buckets.delete(address);
    this.#buckets.set(address, bucket);
    if (this.#buckets.size > REMEMBERED) {
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest);
        break;
      }
    }
    if (bucket.tokens < 1) return TOO_OFTEN;
    bucket.tokens -= 1;
    return undefined;
  }

  /** Takes a place for a transfer; says why when there is none. */
  enter(address: string): Barrier | undefined {
    const own = this.#running.get(address) ?? 0;
    if (own >= this.#limits.transfersPerClient) return TOO_MANY_OF_CLIENT;
    if (this.#total >= this.#limits.transfers) return TOO_MANY;
    this.#running.set(address, own + 1);
    this.#total++;
    return undefined;
  }

  /** Gives the place back. */
  leave(address: string): void {
    const own = this.#running.get(address);
    if (own === undefined) return;
    this.#total--;
    if (own > 1) this.#running.set(address, own - 1);
    else this.#running.delete(address);
  }
}

/**
 * Whether an address lies in one of the networks (`10.0.0.0/8`, `fd00::/8`, or a single address). Throws a RangeError
 * for one that cannot be read.
 */
export function allowNetworks(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", prefix] = network.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    try {
      if (prefix === undefined) list.addAddress(address, family);
      else list.addSubnet(address, Number(prefix), family);
    } catch (error) {
      throw new RangeError(`not a network: ${network}`, { cause: error });
    }
  }
  return (address) => {
    const plain = address.split("%")[0] ?? address;
    return list.check(plain, isIPv6(plain) ? "ipv6" : "ipv4");
  };
}
