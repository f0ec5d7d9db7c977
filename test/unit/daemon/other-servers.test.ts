import { describe, expect, it } from "vitest";
import {
  describeServer,
  type OtherServer,
  OtherServers,
  type ServerNames,
} from "../../../src/daemon/other-servers.ts";
import { ip, mac } from "../dhcp/packets.ts";

const SERVER = ip("10.0.0.2");
const EVENT = { interface: "eth0", server: SERVER };
const MAC = mac("52:54:00:00:00:02");
const HOUR = 3_600_000;

class Bench {
  now = 0;
  readonly told: OtherServer[] = [];
  readonly servers: OtherServers;
  /** How often the DNS was asked. */
  asked = 0;

  constructor(names: Partial<ServerNames> = {}) {
    this.servers = new OtherServers({
      now: () => this.now,
      names: {
        known: () => undefined,
        mac: async () => MAC,
        dnsName: async () => {
          this.asked += 1;
          return "router.example.org";
        },
        ...names,
      },
      tell: (server) => this.told.push(server),
    });
  }

  /** Lets what is found out arrive. */
  settle(): Promise<void> {
    return new Promise((done) => setImmediate(done));
  }
}

describe("another DHCP server", () => {
  it("is told of once, by name, however often it is heard", async () => {
    const bench = new Bench();
    for (let heard = 0; heard < 100; heard++) {
      bench.now += 1000;
      bench.servers.note(EVENT);
    }
    await bench.settle();
    expect(bench.told.map(describeServer)).toEqual(["router.example.org (10.0.0.2, 52:54:00:00:00:02)"]);
    expect(bench.asked).toBe(1);
    expect(bench.servers.list()).toEqual([
      {
        address: SERVER,
        interface: "eth0",
        name: "router.example.org",
        mac: MAC,
        firstHeard: 1000,
        lastHeard: 100_000,
      },
    ]);
  });

  it("is news again when it comes back after an hour", async () => {
    const bench = new Bench();
    bench.servers.note(EVENT);
    bench.now = HOUR - 1;
    bench.servers.note(EVENT);
    bench.now += HOUR;
    bench.servers.note(EVENT);
    await bench.settle();
    expect(bench.told.length).toBe(2);
  });

  it("goes by what the config calls it, before the DNS is asked", async () => {
    const bench = new Bench({ known: (_address, holder) => (holder === MAC ? "gw-1" : undefined) });
    bench.servers.note(EVENT);
    await bench.settle();
    expect(bench.told.map(describeServer)).toEqual(["gw-1 (10.0.0.2, 52:54:00:00:00:02)"]);
    expect(bench.asked).toBe(0);
  });

  it("goes by its address where nothing is known of it", async () => {
    const bench = new Bench({ mac: async () => undefined, dnsName: async () => undefined });
    bench.servers.note(EVENT);
    await bench.settle();
    expect(bench.told.map(describeServer)).toEqual(["10.0.0.2"]);
  });

  it("is one of so many at most, and nothing is made of other events", async () => {
    const bench = new Bench();
    for (let host = 1; host < 100; host++) {
      bench.servers.note({ interface: "eth0", server: ip(`10.0.0.${host}`) });
    }
    bench.servers.note({ interface: "eth0" });
    await bench.settle();
    expect(bench.servers.list().length).toBe(32);
    expect(bench.told.length).toBe(32);
  });
});
