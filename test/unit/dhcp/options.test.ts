import { describe, expect, it } from "vitest";
import { MessageType, Option } from "../../../src/dhcp/codes.ts";
import { encode } from "../../../src/dhcp/packet.ts";
import { Bench, host, subnet } from "./engine-bench.ts";
import { CLIENT, ipBytes, message, type Options, optionMap } from "./packets.ts";

function offered(bench: Bench, options: Options = {}) {
  const { reply } = bench.ask(message(MessageType.discover, { options }));
  if (!reply) throw new Error("no offer");
  return reply;
}

describe("options of a reply", () => {
  it("come from the host where it has its own, else from the subnet, and win over what settings say", () => {
    const options = optionMap({ 3: ipBytes("10.0.0.7"), 42: ipBytes("10.0.0.8"), 26: [5, 220] });
    const own = optionMap({ 42: ipBytes("10.0.0.9"), 250: "http://10.0.0.1/answer" });
    const bench = new Bench({
      subnets: [subnet({ options })],
      hosts: [host("web1", CLIENT, undefined, own)],
    });
    const said = offered(bench).packet.options;
    expect(said.get(3)).toEqual(ipBytes("10.0.0.7"));
    expect(said.get(42)).toEqual(ipBytes("10.0.0.9"));
    expect(said.get(26)).toEqual(Buffer.of(5, 220));
    expect(said.get(250)?.toString()).toBe("http://10.0.0.1/answer");
  });

  it("hold the admin's own times of renewal, where there are any", () => {
    const options = optionMap({ [Option.renewalTime]: [0, 0, 0, 60] });
    const said = offered(new Bench({ subnets: [subnet({ options })] })).packet.options;
    expect(said.get(Option.renewalTime)?.readUInt32BE(0)).toBe(60);
    expect(said.get(Option.rebindingTime)?.readUInt32BE(0)).toBe(3150);
  });

  it("come in the order that the client asked for (55), so that the most wanted have room", () => {
    const options = { [Option.parameterList]: [6, 3, 1] };
    const codes = [...offered(new Bench(), options).packet.options.keys()];
    expect(codes.filter((code) => [1, 3, 6].includes(code))).toEqual([6, 3, 1]);
  });

  it("hold the machine's name, domain and broadcast only when asked for, or when the client names nothing", () => {
    const hosts = [host("web1", CLIENT)];
    const few = offered(new Bench({ hosts }), { [Option.parameterList]: [1, 3] }).packet.options;
    expect([few.has(12), few.has(15), few.has(28)]).toEqual([false, false, false]);
    const all = offered(new Bench({ hosts })).packet.options;
    expect(all.get(12)?.toString()).toBe("web1");
    expect(all.get(15)?.toString()).toBe("lab.example.org");
    expect(all.get(28)).toEqual(ipBytes("10.0.0.255"));
  });

  it("leave out a name that is no host name", () => {
    expect(offered(new Bench({ hosts: [host("web 1", CLIENT)] })).packet.options.has(12)).toBe(false);
  });

  it("keep to the size that the client takes (57), and to 576 octets where it does not say", () => {
    const big = subnet({
      options: optionMap({ 200: Buffer.alloc(250, 1), 201: Buffer.alloc(250, 2), 202: Buffer.alloc(250, 3) }),
    });
    const small = offered(new Bench({ subnets: [big] }));
    expect(small.maxSize).toBe(548);
    expect(encode(small.packet, small).bytes.length).toBeLessThanOrEqual(548);
    const large = offered(new Bench({ subnets: [big] }), { [Option.maxMessageSize]: [5, 220] });
    expect(large.maxSize).toBe(1472);
    expect(encode(large.packet, large).dropped).toEqual([]);
    expect(offered(new Bench(), { [Option.maxMessageSize]: [255, 255] }).maxSize).toBe(1472);
    expect(offered(new Bench(), { [Option.maxMessageSize]: [0, 10] }).maxSize).toBe(548);
  });

  it("answer the client's FQDN (81): no DNS is updated (RFC 4702 §4)", () => {
    const asks = [0b0101, 0, 0, 4, ...Buffer.from("web1"), 0];
    expect(offered(new Bench(), { [Option.fqdn]: asks }).packet.options.get(Option.fqdn)).toEqual(
      Buffer.from([0b1110, 255, 255, ...asks.slice(3)]),
    );
  });
});

describe("the name of a lease", () => {
  it.each([
    ["option 12", { [Option.hostName]: "web1" }, "web1"],
    ["option 12 with a NUL", { [Option.hostName]: "web1\0" }, "web1"],
    ["option 81 in plain text", { [Option.fqdn]: "\0\0\0web1.lab" }, "web1.lab"],
    ["option 81 in DNS format", { [Option.fqdn]: "\x04\0\0\x04web1\x03lab\0" }, "web1.lab"],
    ["nothing, for a name with control characters", { [Option.hostName]: "a\x1bb" }, undefined],
  ])("is that of %s", (_what, options, expected) => {
    const bench = new Bench();
    const asked = {
      ...options,
      [Option.serverId]: ipBytes("10.0.0.1"),
      [Option.requestedAddress]: ipBytes("10.0.0.12"),
    };
    const [change] = bench.ask(message(MessageType.request, { options: asked })).changes;
    expect(change?.kind === "lease" && change.lease.hostName).toBe(expected);
  });
});
