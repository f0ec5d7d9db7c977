import type { Ipv4 } from "../net/ipv4.ts";
import type { Mac } from "../net/mac.ts";
import { type Native, SO_BINDTODEVICE, SOL_SOCKET } from "../net/native.ts";
import type { Neighbours } from "../net/neighbours.ts";
import { echoRequest, readEchoReply } from "./icmp.ts";

export interface ProbeTarget {
  readonly device: string;
  /** Whether the address is on a wire of ours, where ARP finds it; else it is asked by an ICMP echo. */
  readonly onLink: boolean;
  readonly address: Ipv4;
}

export type ProbeResult =
  | { readonly inUse: false }
  /** `mac`: who answered, where ARP told. */
  | { readonly inUse: true; readonly mac: Mac | undefined };

export interface ProberOptions {
  /** Milliseconds to wait for an answer. */
  readonly timeout: number;
  /** Calls back every so many milliseconds, until the returned function is called. */
  readonly every: (milliseconds: number, callback: () => void) => () => void;
  /** Milliseconds, from any zero. */
  readonly clock: () => number;
}

interface Pending {
  readonly target: ProbeTarget;
  readonly deadline: number;
  readonly done: (result: ProbeResult) => void;
}

/** Milliseconds between looks. */
const TICK = 10;
/** More are not looked for at once: when a whole rack comes up, answers count for more than a rare stranger's address. */
const AT_ONCE = 16;
/** The discard service: what arrives there is thrown away (RFC 863). */
const DISCARD = 9;

/**
 * Finds out whether somebody has an address. On our own wire the kernel is made to ask by ARP, which no firewall hides from:
 * its entry is forgotten, a datagram for the address sent, and the entry looked at again. Behind a relay an ICMP echo has to
 * do. A probe that cannot be made (no route, no right, too many at once) finds nobody.
 */
export class Prober {
  readonly #native: Native;
  readonly #neighbours: Neighbours;
  readonly #options: ProberOptions;
  readonly #pending = new Map<Ipv4, Pending>();
  readonly #senders = new Map<string, number>();
  #icmp: number | undefined;
  #sequence = 0;
  #stop: (() => void) | undefined;

  constructor(native: Native, neighbours: Neighbours, options: ProberOptions) {
    this.#native = native;
    this.#neighbours = neighbours;
    this.#options = options;
  }

  /** `done` is called once; at once when there is no probe to be made. */
  probe(target: ProbeTarget, done: (result: ProbeResult) => void): void {
    if (this.#pending.size >= AT_ONCE || this.#pending.has(target.address)) {
      done({ inUse: false });
      return;
    }
    try {
      if (target.onLink) this.#askArp(target);
      else this.#askIcmp(target);
    } catch {
      done({ inUse: false });
      return;
    }
    const deadline = this.#options.clock() + this.#options.timeout;
    this.#pending.set(target.address, { target, deadline, done });
    this.#stop ??= this.#options.every(TICK, () => this.#look());
  }

  /** Whether the address is being looked for. */
  isPending(address: Ipv4): boolean {
    return this.#pending.has(address);
  }

  /** Forgets what is pending, without an answer. */
  close(): void {
    this.#pending.clear();
    this.#rest();
    for (const fd of this.#senders.values()) this.#native.close(fd);
    this.#senders.clear();
  }

  #askArp(target: ProbeTarget): void {
    this.#neighbours.delete(target.device, target.address);
    let fd = this.#senders.get(target.device);
    if (fd === undefined) {
      fd = this.#native.socket("inet");
      this.#senders.set(target.device, fd);
      this.#native.setOptionText(fd, SOL_SOCKET, SO_BINDTODEVICE, target.device);
    }
    this.#native.sendTo(fd, Buffer.alloc(0), target.address, DISCARD);
  }

  #askIcmp(target: ProbeTarget): void {
    this.#icmp ??= this.#native.socket("inet-raw-icmp");
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#native.sendTo(this.#icmp, echoRequest(ICMP_ID, this.#sequence), target.address, 0);
  }

  #look(): void {
    const now = this.#options.clock();
    for (const address of this.#echoes()) {
      const pending = this.#pending.get(address);
      if (pending && !pending.target.onLink) this.#finish(pending, { inUse: true, mac: undefined });
    }
    for (const pending of [...this.#pending.values()]) {
      const { target, deadline } = pending;
      const mac = target.onLink ? this.#neighbours.get(target.device, target.address) : undefined;
      if (mac !== undefined) this.#finish(pending, { inUse: true, mac });
      else if (now >= deadline) this.#finish(pending, { inUse: false });
    }
    if (this.#pending.size === 0) this.#rest();
  }

  #echoes(): Ipv4[] {
    const found: Ipv4[] = [];
    if (this.#icmp === undefined) return found;
    const bytes = Buffer.alloc(1500);
    try {
      for (let size = this.#native.receive(this.#icmp, bytes); size !== undefined; ) {
        const from = readEchoReply(bytes.subarray(0, size), ICMP_ID);
        if (from !== undefined) found.push(from);
        size = this.#native.receive(this.#icmp, bytes);
      }
    } catch {
      // What was read counts; the rest times out.
    }
    return found;
  }

  #finish({ target, done }: Pending, result: ProbeResult): void {
    this.#pending.delete(target.address);
    // The datagram still waits for somebody to answer: it must not go to the client that gets the address now.
    if (target.onLink) this.#neighbours.delete(target.device, target.address);
    done(result);
  }

  /** Nothing to look for: no timer, and no raw socket that fills up with everybody's echoes. */
  #rest(): void {
    this.#stop?.();
    this.#stop = undefined;
    if (this.#icmp !== undefined) this.#native.close(this.#icmp);
    this.#icmp = undefined;
  }
}

/** Marks our echoes. Other programs' replies come from other addresses than the ones we look for. */
const ICMP_ID = 0x4257;
