import { describe, expect, it } from "vitest";
import { MessageType, Option } from "../../../src/dhcp/codes.ts";
import { decode, encode } from "../../../src/dhcp/packet.ts";
import { Bench, host, SERVER, subnet } from "./engine-bench.ts";
import { CLIENT, ip, ipBytes, message } from "./packets.ts";

const HERE = subnet();
const BEHIND = subnet({ cidr: "10.1.0.0/24", pool: [["10.1.0.10", "10.1.0.19"]], router: ip("10.1.0.1") });
const RELAY = ip("10.1.0.1");
const relaySource = { address: RELAY, port: 67 };

function bench(extra: Parameters<typeof subnet>[0][] = []): Bench {
  return new Bench({ subnets: [HERE, BEHIND, ...extra.map(subnet)] });
}

describe("RFC 2131 §4.1 and RFC 3046, relays", () => {
  it("chooses the subnet by giaddr and answers to the relay's port 67", () => {
    const { reply } = bench().ask(message(MessageType.discover, { giaddr: RELAY, hops: 1 }), {
      source: relaySource,
    });
    expect(reply?.packet.yiaddr).toBe(ip("10.1.0.10"));
    expect(reply?.packet.giaddr).toBe(RELAY);
    expect(reply?.to).toEqual({ kind: "unicast", address: RELAY, port: 67 });
  });

  it("sends option 82 back last and untouched, in NAKs too", () => {
    const relay = Buffer.from("0104aabbccdd0206112233445566", "hex");
    const options = { [Option.relayAgent]: relay, [Option.requestedAddress]: ipBytes("192.168.1.1") };
    for (const type of [MessageType.discover, MessageType.request]) {
      const { reply } = bench().ask(message(type, { giaddr: RELAY, options }), { source: relaySource });
      const back = reply && decode(encode(reply.packet).bytes);
      expect(back?.ok && [...back.packet.options].at(-1)).toEqual([Option.relayAgent, relay]);
    }
  });

  it("sets the broadcast flag in a NAK through a relay (§4.3.2)", () => {
    const options = { [Option.requestedAddress]: ipBytes("192.168.1.1") };
    const { reply } = bench().ask(message(MessageType.request, { giaddr: RELAY, options }), {
      source: relaySource,
    });
    expect(reply?.packet.flags).toBe(0x8000);
    expect(reply?.to).toEqual({ kind: "unicast", address: RELAY, port: 67 });
  });

  it("prefers the relay's link selection to giaddr (RFC 3527)", () => {
    const link = Buffer.concat([Buffer.of(5, 4), ipBytes("10.1.0.0")]);
    const giaddr = ip("172.16.0.1");
    const { reply } = bench().ask(
      message(MessageType.discover, { giaddr, options: { [Option.relayAgent]: link } }),
    );
    expect(reply?.packet.yiaddr).toBe(ip("10.1.0.10"));
    expect(reply?.to).toEqual({ kind: "unicast", address: giaddr, port: 67 });
  });

  it("takes the client's own subnet selection (RFC 3011)", () => {
    const options = { [Option.subnetSelection]: ipBytes("10.1.0.0") };
    expect(bench().ask(message(MessageType.discover, { options })).reply?.packet.yiaddr).toBe(
      ip("10.1.0.10"),
    );
  });

  it("calls itself what the relay wants (RFC 5107), and answers to that name", () => {
    const relay = { [Option.relayAgent]: Buffer.concat([Buffer.of(11, 4), ipBytes("10.1.0.1")]) };
    const world = bench();
    const offer = world.ask(message(MessageType.discover, { giaddr: RELAY, options: relay }));
    expect(offer.reply?.packet.options.get(Option.serverId)).toEqual(ipBytes("10.1.0.1"));
    const options = {
      ...relay,
      [Option.serverId]: ipBytes("10.1.0.1"),
      [Option.requestedAddress]: ipBytes("10.1.0.10"),
    };
    expect(world.ask(message(MessageType.request, { giaddr: RELAY, options })).event.kind).toBe("ack");
  });

  it("stays silent for a relay whose network is not configured", () => {
    const { event } = bench().ask(message(MessageType.discover, { giaddr: ip("192.168.3.1") }));
    expect(event).toMatchObject({ kind: "silent", code: "no-subnet" });
  });

  it("extends the lease of a client behind a relay that renews by unicast", () => {
    const world = bench();
    const options = {
      [Option.serverId]: ipBytes("10.0.0.1"),
      [Option.requestedAddress]: ipBytes("10.1.0.10"),
    };
    world.ask(message(MessageType.discover, { giaddr: RELAY }));
    world.ask(message(MessageType.request, { giaddr: RELAY, options }));
    const ciaddr = ip("10.1.0.10");
    const renewal = world.ask(message(MessageType.request, { ciaddr }), {
      source: { address: ciaddr, port: 68 },
    });
    expect(renewal.event).toMatchObject({ kind: "ack", address: ciaddr });
    expect(renewal.reply?.to).toEqual({ kind: "unicast", address: ciaddr, port: 68 });
  });

  it("refuses an address of another network of ours: the client was moved", () => {
    const both = new Bench({
      subnets: [HERE, BEHIND],
      settings: { own: new Set([SERVER, ip("10.1.0.2")]) },
    });
    expect(both.ask(message(MessageType.request, { ciaddr: ip("10.1.0.10") })).event.kind).toBe("nak");
  });
});

describe("shared networks", () => {
  const shared = [
    { pool: [["10.0.0.10", "10.0.0.10"]] as [string, string][], sharedNetwork: "lab" },
    {
      cidr: "10.2.0.0/24",
      pool: [["10.2.0.10", "10.2.0.10"]] as [string, string][],
      sharedNetwork: "lab",
      router: undefined,
    },
  ];

  it("go on with the next subnet when the first is full, with that subnet's settings", () => {
    const world = new Bench({ subnets: shared.map(subnet) });
    world.ask(message(MessageType.discover));
    const { reply } = world.ask(message(MessageType.discover, { mac: host("b", "52:54:00:00:00:02").mac }));
    expect(reply?.packet.yiaddr).toBe(ip("10.2.0.10"));
    expect(reply?.packet.options.has(Option.router)).toBe(false);
    const third = world.ask(message(MessageType.discover, { mac: host("c", "52:54:00:00:00:03").mac }));
    expect(third.event).toMatchObject({
      kind: "pool-exhausted",
      reason: "no offer: no free address left in lab",
    });
  });

  it("are all the networks that we have addresses of on that interface", () => {
    const world = new Bench({
      subnets: [subnet({ pool: [] }), subnet({ cidr: "10.2.0.0/24", pool: [["10.2.0.10", "10.2.0.19"]] })],
      settings: { own: new Set([SERVER, ip("10.2.0.1")]) },
    });
    const both = [SERVER, ip("10.2.0.1")].map((address) => ({ address, prefix: 24 }));
    const on = { interface: { name: "eth0", address: SERVER, addresses: both } };
    expect(world.ask(message(MessageType.discover), on).reply?.packet.yiaddr).toBe(ip("10.2.0.10"));
  });

  it("honour a reservation in any of their subnets", () => {
    const world = new Bench({ subnets: shared.map(subnet), hosts: [host("a", CLIENT, "10.2.0.77")] });
    expect(world.ask(message(MessageType.discover)).reply?.packet.yiaddr).toBe(ip("10.2.0.77"));
  });
});
