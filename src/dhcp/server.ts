import type { NetworkInterface } from "../net/interfaces.ts";
import { formatIpv4, type Ipv4 } from "../net/ipv4.ts";
import { type Mac, macFromBytes } from "../net/mac.ts";
import { loadNative, type Native } from "../net/native.ts";
import { type Neighbours, openNeighbours } from "../net/neighbours.ts";
import type { UdpSource } from "../net/udp-port.ts";
import { Allocator } from "./allocator.ts";
import type { DhcpPorts } from "./codes.ts";
import { CommitQueue } from "./commit-queue.ts";
import { judgeConflict } from "./conflict.ts";
import type { Arrival, Decision, EngineSettings } from "./decision.ts";
import { decide } from "./engine.ts";
import { Ipv6Wait } from "./ipv6-wait.ts";
import { isOnLink, type Letter, reach, writeLetter } from "./letter.ts";
import { LinkKeeper } from "./link-keeper.ts";
import type { Link } from "./links.ts";
import { type DhcpPacket, decode } from "./packet.ts";
import { type PoolUse, poolUse } from "./pool-use.ts";
import type { DhcpEvent, Lease, LeaseStore, ReasonCode } from "./ports.ts";
import { Prober } from "./prober.ts";
import { DEFAULT_RATE_LIMIT, type RateLimit, RateLimiter } from "./rate-limit.ts";
import { type DhcpCounter, messageName, plainEvent, Reporter } from "./reporter.ts";
import { allocatorSettings, type DhcpSettings, engineSettings } from "./settings.ts";

export interface DhcpServerOptions extends DhcpSettings {
  readonly interfaces: readonly NetworkInterface[];
  readonly leases: LeaseStore;
  readonly observer: { onEvent(event: DhcpEvent): void };
  /** Milliseconds since the epoch. */
  readonly clock?: () => number;
  readonly ports?: DhcpPorts;
  readonly rateLimit?: RateLimit;
  /** Milliseconds to wait for an answer when an address is looked for on the wire (default 300). */
  readonly probeTimeout?: number;
  /** Seconds that an offered address is held for its client. */
  readonly offerHold?: number;
  /** Without native calls even where there are any; for tests. */
  readonly withoutNative?: boolean;
}

/** Milliseconds between looks at the interfaces. */
const LINK_CHECK = 3000;
/** An ARP reply takes a few milliseconds; a boot ROM asks again after a second. */
const PROBE_TIMEOUT = 300;
/** ACKs that may wait for the disk; beyond, clients are left to ask again. */
const COMMIT_LIMIT = 5000;
/** Addresses to look for on behalf of one DISCOVER, when the first ones turn out to be in use. */
const PROBES_PER_DISCOVER = 3;

/** An offer that waits for its probe. */
interface PendingOffer {
  readonly link: Link;
  readonly packet: DhcpPacket;
  readonly arrival: Arrival;
  readonly address: Ipv4;
  readonly client: Mac;
  readonly event: DhcpEvent;
  /** How many more addresses may be looked for. */
  readonly probes: number;
  readonly finish: () => void;
}

/**
 * A DHCP server on real sockets: hears, asks the engine, stores, sends. Decides nothing itself, and nothing that a client
 * sends makes it throw.
 */
export class DhcpServer {
  readonly #options: DhcpServerOptions;
  readonly #clock: () => number;
  readonly #commits: CommitQueue;
  readonly #limiter: RateLimiter;
  readonly #reporter: Reporter;
  /** Where replies are written, one after the other. */
  readonly #scratch = Buffer.alloc(2048);
  readonly #own: ReadonlySet<Ipv4>;
  /** What the table has and the disk has not: on its way there, or turned away. */
  readonly #unstored = new Map<Ipv4, Lease>();
  #settings: DhcpSettings;
  #engine: EngineSettings;
  #table: Allocator;
  #links: LinkKeeper | undefined;
  #watching: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;
  #neighbours: Neighbours | undefined;
  #prober: Prober | undefined;
  #ipv6Wait: Ipv6Wait | undefined;
  #state: "new" | "running" | "closed" = "new";

  constructor(options: DhcpServerOptions) {
    this.#options = options;
    this.#settings = options;
    this.#clock = options.clock ?? Date.now;
    this.#reporter = new Reporter(options.observer);
    this.#own = new Set(options.interfaces.flatMap((one) => one.addresses.map((own) => own.address)));
    this.#limiter = new RateLimiter(options.rateLimit ?? DEFAULT_RATE_LIMIT);
    this.#commits = new CommitQueue({
      store: options.leases,
      endOfTurn: (callback) => void setImmediate(callback),
      limit: COMMIT_LIMIT,
    });
    this.#engine = this.#engineSettings();
    this.#table = new Allocator(this.#allocatorSettings());
  }

  /**
   * Loads the leases, then opens the sockets. Rejects with what the store says, or with a node style error (`code` EACCES,
   * EADDRINUSE …), and leaves nothing open.
   */
  async start(): Promise<void> {
    if (this.#state !== "new") throw new Error("a DHCP server is started once");
    this.#state = "running";
    try {
      this.#table = new Allocator(this.#allocatorSettings(), await this.#options.leases.load());
      const native = this.#options.withoutNative ? undefined : await loadNative();
      this.#openHelpers(native);
      const links = this.#keeper(native);
      this.#links = links;
      await links.open();
      this.#watching = setInterval(() => void links.check(), LINK_CHECK);
    } catch (error) {
      await this.close();
      throw error;
    }
    // Somebody may have called `close` in the meantime.
    if (this.#closing !== undefined) await this.#release();
  }

  /** Takes new settings, for every message from now on. Leases and offers stay. */
  reconfigure(settings: Partial<DhcpSettings>): void {
    this.#settings = { ...this.#settings, ...settings };
    this.#engine = this.#engineSettings();
    this.#table.reconfigure(this.#allocatorSettings());
  }

  /** Answers nothing more, stores what is on its way, closes everything. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#state = "closed";
    this.#prober?.close();
    await this.#commits.flush();
    await this.#release();
  }

  async #release(): Promise<void> {
    clearInterval(this.#watching);
    await this.#links?.close();
    this.#prober?.close();
    this.#ipv6Wait?.close();
    this.#neighbours?.close();
  }

  #keeper(native: Native | undefined): LinkKeeper {
    return new LinkKeeper({
      interfaces: this.#options.interfaces,
      ports: this.#engine.ports,
      native,
      onOpen: (link) => this.#listen(link),
      onChange: (name, reason) => {
        const event = plainEvent({ kind: "error", code: "interface", reason, interface: name });
        this.#reporter.tell("any", event, this.#clock());
      },
    });
  }

  /** What would be done about a message now. Nothing of it happens. */
  preview(packet: DhcpPacket, arrival: Arrival): Decision {
    return decide(packet, arrival, this.#engine, this.#table);
  }

  /** Since the start. */
  counters(): readonly DhcpCounter[] {
    return this.#reporter.counters();
  }

  /** How many addresses have a lease, current or past, and are remembered. */
  get leaseCount(): number {
    return this.#table.leaseCount;
  }

  /** How full the pools are. */
  poolUse(): readonly PoolUse[] {
    return poolUse(this.#settings.subnets, this.#table.leases, this.#clock());
  }

  #openHelpers(native: Native | undefined): void {
    if (!native) return;
    this.#neighbours = openNeighbours(native);
    this.#ipv6Wait = new Ipv6Wait(native);
    this.#prober = new Prober(native, this.#neighbours, {
      timeout: this.#options.probeTimeout ?? PROBE_TIMEOUT,
      clock: () => performance.now(),
      every: (milliseconds, callback) => {
        const timer = setInterval(callback, milliseconds);
        return () => clearInterval(timer);
      },
    });
  }

  #engineSettings(): EngineSettings {
    const { ports, offerHold } = this.#options;
    return engineSettings(this.#settings, { own: this.#own, ports, offerHold });
  }

  #allocatorSettings() {
    return allocatorSettings(this.#settings, this.#own);
  }

  #listen(link: Link): void {
    for (const port of [link.server, ...link.ears]) {
      port.onMessage((bytes, from) => this.#receive(link, "server", bytes, from));
    }
    link.bootServer.onMessage((bytes, from) => this.#receive(link, "boot-server", bytes, from));
    for (const port of [link.server, link.bootServer, ...link.ears]) {
      port.onError((error) => this.#fail(link, "internal", "socket", error));
    }
  }

  #receive(link: Link, port: Arrival["port"], bytes: Buffer, source: UdpSource): void {
    if (this.#state !== "running") return;
    try {
      const now = this.#clock();
      if (!this.#admit(link, bytes, now)) return;
      const decoded = decode(bytes);
      if (!decoded.ok) {
        const { reason } = decoded;
        const event = plainEvent({
          kind: "malformed",
          code: "malformed",
          reason,
          interface: link.interface.name,
        });
        this.#reporter.tell("malformed", event, now);
        return;
      }
      const arrival: Arrival = { interface: link.interface, port, source, now };
      this.#answer(link, decoded.packet, arrival, PROBES_PER_DISCOVER);
    } catch (error) {
      this.#fail(link, "internal", "a message could not be answered", error);
    }
  }

  /** Rate limit, before any work is done. */
  #admit(link: Link, bytes: Buffer, now: number): boolean {
    if (bytes.length < 34) return true;
    const client = bytes.readUIntBE(28, 6);
    const verdict = this.#limiter.check(client, now);
    if (verdict === "pass") return true;
    const event = plainEvent({
      kind: "silent",
      code: "rate-limited",
      reason: "asks too often; left unanswered",
      interface: link.interface.name,
      mac: macFromBytes(bytes.subarray(28, 34)),
    });
    if (verdict === "refuse-first") this.#reporter.tell("any", event, now);
    else this.#reporter.count("any", event);
    return false;
  }

  #answer(link: Link, packet: DhcpPacket, arrival: Arrival, probes: number): void {
    const decision = decide(packet, arrival, this.#engine, this.#table);
    const { event } = decision;
    const client = event.mac;
    const prober = this.#settings.probe === false ? undefined : this.#prober;
    // The client asks again while its address is still looked for: it will be answered in a moment.
    if (event.kind === "offer" && event.address !== undefined && prober?.isPending(event.address)) return;
    for (const change of decision.changes) this.#table.apply(change);
    const message = messageName(packet);
    // Written now, so that of the request nothing needs to be kept while the lease is on its way to the disk.
    const letter = decision.reply && writeLetter(decision.reply, this.#scratch);
    const finish = () => {
      this.#reporter.tell(message, event, arrival.now);
      if (!letter) return;
      this.#send(link, arrival.port, letter);
      if (this.#settings.skipIpv6Wait !== false) this.#ipv6Wait?.answered(packet, event, link.interface);
    };
    const lease = this.#toStore(decision);
    if (lease) {
      const taken = this.#store(lease, (error) => {
        if (error === undefined) finish();
        else this.#fail(link, "store", "a lease could not be stored, so no answer was sent", error, event);
      });
      if (!taken) this.#fail(link, "overloaded", "too many leases wait for the disk", undefined, event);
    } else if (prober && decision.probe !== undefined && client !== undefined) {
      this.#probe(prober, {
        link,
        packet,
        arrival,
        address: decision.probe,
        client,
        event,
        probes,
        finish,
      });
    } else {
      finish();
    }
  }

  /** The lease that must be on the disk before the answer leaves; `undefined` when there is none, or it is there. */
  #toStore(decision: Decision): Lease | undefined {
    for (const change of decision.changes) if (change.kind === "lease") return change.lease;
    return decision.relies && this.#unstored.get(decision.relies.address);
  }

  /** `false`: too many wait. */
  #store(lease: Lease, done: (error: unknown) => void): boolean {
    this.#unstored.set(lease.address, lease);
    return this.#commits.add(lease, (error) => {
      // By now the table may have gone on.
      if (error === undefined && this.#unstored.get(lease.address) === lease) {
        this.#unstored.delete(lease.address);
      }
      done(error);
    });
  }

  /** Looks for the address on the wire, and offers another one when somebody answers for it. */
  #probe(prober: Prober, pending: PendingOffer): void {
    const { link, packet, arrival, address, client, event, probes, finish } = pending;
    const onLink = isOnLink(link.interface, address);
    prober.probe({ device: link.interface.name, onLink, address }, (found) => {
      if (this.#state !== "running") return;
      if (!found.inUse || found.mac === client) {
        finish();
        return;
      }
      const now = this.#clock();
      const { change, reason } = judgeConflict({
        address,
        client,
        holder: found.mac,
        lease: this.#table.lease(address),
        now,
        quarantine: this.#engine.quarantine,
      });
      this.#table.apply(change);
      if (change.kind === "lease") {
        this.#store(change.lease, (error) => {
          if (error !== undefined) this.#fail(link, "store", "a quarantine could not be stored", error);
        });
      }
      this.#reporter.tell(
        "probe",
        { ...event, kind: "conflict", code: "in-use", reason, file: undefined },
        now,
      );
      if (probes > 1) this.#answer(link, packet, { ...arrival, now }, probes - 1);
    });
  }

  #send(link: Link, port: Arrival["port"], { bytes, to }: Letter): void {
    const from = port === "server" ? link.server : link.bootServer;
    const address = reach(to, link.interface, this.#neighbours);
    from.send(bytes, address, to.port, (error) => {
      if (this.#state === "running")
        this.#fail(link, "send", `nothing reaches ${formatIpv4(address)}`, error);
    });
  }

  #fail(link: Link, code: ReasonCode, what: string, error: unknown, about?: DhcpEvent): void {
    const reason = error instanceof Error ? `${what}: ${error.message}` : what;
    const { mac, address } = about ?? {};
    const event = plainEvent({ kind: "error", code, reason, interface: link.interface.name, mac, address });
    this.#reporter.tell("any", event, this.#clock());
  }
}
