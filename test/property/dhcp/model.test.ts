import fc from "fast-check";
import { describe, it } from "vitest";
import { Allocator } from "../../../src/dhcp/allocator.ts";
import { MessageType, Option } from "../../../src/dhcp/codes.ts";
import type { Decision, EngineSettings } from "../../../src/dhcp/decision.ts";
import { decide } from "../../../src/dhcp/engine.ts";
import { type DhcpPacket, decode, encode } from "../../../src/dhcp/packet.ts";
import type { KnownHost, Lease } from "../../../src/dhcp/ports.ts";
import { ScopeIndex, type Subnet } from "../../../src/dhcp/subnet.ts";
import { formatIpv4, type Ipv4, ipv4 } from "../../../src/net/ipv4.ts";
import { type Mac, parseMac } from "../../../src/net/mac.ts";
import { Bench, directory, NOW, SERVER, subnet } from "../../unit/dhcp/engine-bench.ts";
import { ip, ipBytes, message } from "../../unit/dhcp/packets.ts";

// Random clients against the engine and its table, with a store that keeps what is committed, restarts that forget the
// rest, time that passes and configurations that change.

const MACS: readonly Mac[] = Array.from({ length: 7 }, (_, index) =>
  parseMac(`52:54:00:00:00:0${index + 1}`),
).filter((mac) => mac !== undefined);

/** A pool that is too small for all clients, and reservations in it and beside it. */
const SUBNETS: readonly Subnet[] = [subnet({ pool: [["10.0.0.10", "10.0.0.14"]], leaseTime: 600 })];
const RESERVATIONS: readonly (readonly KnownHost[])[] = [
  [],
  [known("in-pool", 0, "10.0.0.12"), known("beside", 1, "10.0.0.100")],
  [known("moved", 0, "10.0.0.10"), known("other", 2, "10.0.0.12"), known("plain", 3)],
];

function known(name: string, index: number, address?: string): KnownHost {
  const mac = MACS[index];
  if (mac === undefined) throw new RangeError("no such client");
  return { name, mac, address: address === undefined ? undefined : ip(address), options: new Map() };
}

/** What a client thinks that it has. */
interface Held {
  readonly address: Ipv4;
  readonly until: number;
}

class World {
  now = NOW;
  readonly stored = new Map<Ipv4, Lease>();
  readonly held = new Map<Mac, Held>();
  readonly offered = new Map<Mac, Ipv4>();
  hosts: readonly KnownHost[] = [];
  settings: EngineSettings;
  table: Allocator;
  readonly #bench = new Bench();

  constructor(authoritative: boolean) {
    this.settings = { ...this.#bench.settings, authoritative, scopes: new ScopeIndex(SUBNETS) };
    this.table = this.#newTable();
  }

  restart(): void {
    this.table = this.#newTable();
  }

  reconfigure(hosts: readonly KnownHost[]): void {
    this.hosts = hosts;
    this.settings = { ...this.settings, hosts: directory(hosts) };
    this.table.reconfigure(this.#allocatorSettings());
  }

  /** One message; `crash`: the server dies after it decided, before anything was stored. */
  ask(packet: DhcpPacket, crash: boolean): Decision | undefined {
    const heard = decode(encode(packet).bytes);
    if (!heard.ok) throw new Error(heard.reason);
    const decision = decide(heard.packet, this.#bench.arrival({ now: this.now }), this.settings, this.table);
    for (const change of decision.changes) this.table.apply(change);
    if (crash) {
      this.restart();
      return undefined;
    }
    for (const change of decision.changes) {
      if (change.kind === "lease") this.stored.set(change.lease.address, change.lease);
    }
    return decision;
  }

  holds(mac: Mac): Held | undefined {
    const held = this.held.get(mac);
    return held && held.until > this.now ? held : undefined;
  }

  #newTable(): Allocator {
    return new Allocator(this.#allocatorSettings(), this.stored.values());
  }

  #allocatorSettings() {
    return { subnets: SUBNETS, hosts: directory(this.hosts), excluded: new Set([SERVER]) };
  }
}

type Step =
  | {
      readonly kind: "discover" | "renew" | "release" | "decline";
      readonly client: number;
      readonly id: boolean;
      readonly crash: boolean;
    }
  | {
      readonly kind: "select" | "init-reboot";
      readonly client: number;
      readonly id: boolean;
      readonly crash: boolean;
      /** An address out of the blue, instead of the one offered or held. */
      readonly wild: number | undefined;
    }
  | { readonly kind: "wait"; readonly seconds: number }
  | { readonly kind: "restart" }
  | { readonly kind: "reconfigure"; readonly to: number };

const client = fc.nat({ max: MACS.length - 1 });
const crash = fc.integer({ min: 0, max: 9 }).map((value) => value === 0);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("discover" as const), client, id: fc.boolean(), crash }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom("select" as const, "select" as const, "init-reboot" as const),
      client,
      id: fc.boolean(),
      crash,
      wild: fc.option(fc.integer({ min: 8, max: 16 }), { nil: undefined, freq: 3 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom("renew" as const, "release" as const, "decline" as const),
      client,
      id: fc.boolean(),
      crash,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      seconds: fc.constantFrom(1, 59, 61, 300, 599, 700, 4000),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" } as const) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("reconfigure" as const),
      to: fc.nat({ max: RESERVATIONS.length - 1 }),
    }),
  },
);

function run(world: World, steps: readonly Step[]): void {
  for (const current of steps) {
    switch (current.kind) {
      case "wait":
        world.now += current.seconds * 1000;
        break;
      case "restart":
        world.restart();
        break;
      case "reconfigure":
        world.reconfigure(RESERVATIONS[current.to] ?? []);
        break;
      default:
        clientStep(world, current);
    }
  }
}

function clientStep(
  world: World,
  current: Exclude<Step, { kind: "wait" | "restart" | "reconfigure" }>,
): void {
  const mac = MACS[current.client];
  if (mac === undefined) return;
  const packet = clientMessage(world, mac, current);
  if (!packet) return;
  const decision = world.ask(packet, current.crash);
  if (current.kind === "release" || current.kind === "decline") world.held.delete(mac);
  if (decision) judge(world, mac, decision);
}

function clientMessage(
  world: World,
  mac: Mac,
  current: Exclude<Step, { kind: "wait" | "restart" | "reconfigure" }>,
): DhcpPacket | undefined {
  // Each client has one identifier of its own, and does not always send it.
  const id = current.id ? { [Option.clientId]: [0, current.client, 1, 2] } : {};
  const held = world.holds(mac);
  const ours = { [Option.serverId]: ipBytes("10.0.0.1") };
  const asking = (address: Ipv4) => ({ [Option.requestedAddress]: ipBytes(formatIpv4(address)) });
  switch (current.kind) {
    case "discover":
      return message(MessageType.discover, { mac, options: id });
    case "select": {
      const address =
        current.wild === undefined ? world.offered.get(mac) : ipv4(ip("10.0.0.0") + current.wild);
      return address === undefined
        ? undefined
        : message(MessageType.request, { mac, options: { ...id, ...ours, ...asking(address) } });
    }
    case "init-reboot": {
      const address =
        current.wild === undefined ? world.held.get(mac)?.address : ipv4(ip("10.0.0.0") + current.wild);
      return address === undefined
        ? undefined
        : message(MessageType.request, { mac, options: { ...id, ...asking(address) } });
    }
    case "renew":
      return held && message(MessageType.request, { mac, ciaddr: held.address, options: id });
    case "release":
      return held && message(MessageType.release, { mac, ciaddr: held.address, options: { ...id, ...ours } });
    case "decline":
      return (
        held && message(MessageType.decline, { mac, options: { ...id, ...ours, ...asking(held.address) } })
      );
  }
}

/** What must hold of every answer. */
function judge(world: World, mac: Mac, { reply }: Decision): void {
  if (!reply) return;
  const type = reply.packet.options.get(Option.messageType)?.[0];
  const address = reply.packet.yiaddr;
  if (type === MessageType.nak) {
    world.held.delete(mac);
    return;
  }
  const owner = world.hosts.find((host) => host.address === address);
  if (owner && owner.mac !== mac)
    throw new Error(`${formatIpv4(address)}, reserved for ${owner.name}, went to ${mac}`);
  for (const other of MACS) {
    if (other !== mac && world.holds(other)?.address === address) {
      throw new Error(`${formatIpv4(address)} went to ${mac} while ${other} has it`);
    }
  }
  if (type === MessageType.offer) {
    world.offered.set(mac, address);
    return;
  }
  const seconds = reply.packet.options.get(Option.leaseTime)?.readUInt32BE(0) ?? 0;
  const until = world.now + seconds * 1000;
  const stored = world.stored.get(address);
  if (stored?.state !== "bound" || stored.mac !== mac || stored.expiresAt < until) {
    throw new Error(`${formatIpv4(address)} was acknowledged to ${mac} without a lease stored for as long`);
  }
  world.held.set(mac, { address, until });
}

describe("random clients, restarts and clocks", () => {
  it("no address has two holders, no ACK leaves without a stored lease, reservations stay with their owner", () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(step, { minLength: 20, maxLength: 120 }), (authoritative, steps) => {
        run(new World(authoritative), steps);
      }),
      { numRuns: 1500 },
    );
  });
});
