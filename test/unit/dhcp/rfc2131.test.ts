import { describe, expect, it } from "vitest";
import { MessageType, Option } from "../../../src/dhcp/codes.ts";
import type { Decision } from "../../../src/dhcp/decision.ts";
import { formatIpv4, type Ipv4 } from "../../../src/net/ipv4.ts";
import type { Mac } from "../../../src/net/mac.ts";
import { Bench, directory, host, NOW, subnet } from "./engine-bench.ts";
import { CLIENT, ip, ipBytes, message, type Options, OTHER_CLIENT } from "./packets.ts";

const DISCOVER = MessageType.discover;
const REQUEST = MessageType.request;

/** What came back, in a few words: `offer 10.0.0.10`, `nak`, `silent unknown-host`. */
function outcome(decision: Decision): string {
  const { reply, event } = decision;
  if (!reply) return `${event.kind} ${event.code}`;
  const type = reply.packet.options.get(Option.messageType)?.[0];
  const name = Object.entries(MessageType).find(([, code]) => code === type)?.[0] ?? "bootp";
  return name === "nak" ? name : `${name} ${formatIpv4(reply.packet.yiaddr)}`;
}

function discover(bench: Bench, mac: Mac = CLIENT, options: Options = {}): Decision {
  return bench.ask(message(DISCOVER, { mac, options }));
}

/** SELECTING. */
function select(bench: Bench, address: string, mac: Mac = CLIENT, options: Options = {}): Decision {
  const own = { [Option.serverId]: ipBytes("10.0.0.1"), [Option.requestedAddress]: ipBytes(address) };
  return bench.ask(message(REQUEST, { mac, options: { ...own, ...options } }));
}

function initReboot(bench: Bench, address: string, mac: Mac = CLIENT, options: Options = {}): Decision {
  const asked = { [Option.requestedAddress]: ipBytes(address) };
  return bench.ask(message(REQUEST, { mac, options: { ...asked, ...options } }));
}

/** RENEWING and REBINDING. */
function renew(bench: Bench, address: string, mac: Mac = CLIENT): Decision {
  return bench.ask(message(REQUEST, { mac, ciaddr: ip(address) }));
}

function seconds(decision: Decision, option: number): number | undefined {
  return decision.reply?.packet.options.get(option)?.readUInt32BE(0);
}

function bound(bench: Bench, mac: Mac = CLIENT): Ipv4 {
  const offered = discover(bench, mac).reply?.packet.yiaddr;
  if (offered === undefined) throw new Error("no offer");
  expect(outcome(select(bench, formatIpv4(offered), mac))).toBe(`ack ${formatIpv4(offered)}`);
  return offered;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe("RFC 2131 §4.3.1 DHCPDISCOVER", () => {
  it("offers a free address with the subnet's settings", () => {
    const { reply, event } = discover(new Bench());
    expect(reply?.packet.yiaddr).toBe(ip("10.0.0.10"));
    const options = reply?.packet.options;
    expect(options?.get(Option.serverId)).toEqual(ipBytes("10.0.0.1"));
    expect(options?.get(Option.subnetMask)).toEqual(ipBytes("255.255.255.0"));
    expect(options?.get(Option.router)).toEqual(ipBytes("10.0.0.254"));
    expect(options?.get(Option.dns)).toEqual(ipBytes("10.0.0.53"));
    expect(event).toMatchObject({
      kind: "offer",
      reason: "free address of the pool; asks for an address only",
    });
  });

  it("offers the same address when asked again, and another one to another client", () => {
    const bench = new Bench();
    expect(outcome(discover(bench))).toBe("offer 10.0.0.10");
    expect(outcome(discover(bench))).toBe("offer 10.0.0.10");
    expect(outcome(discover(bench, OTHER_CLIENT))).toBe("offer 10.0.0.11");
  });

  it("prefers the client's current address, then its past one, to the one that it asks for", () => {
    const bench = new Bench();
    bound(bench);
    const asks = { [Option.requestedAddress]: ipBytes("10.0.0.15") };
    expect(discover(bench, CLIENT, asks).event.reason).toMatch(/^current address/);
    bench.now += 2 * HOUR;
    const again = discover(bench, CLIENT, asks);
    expect(outcome(again)).toBe("offer 10.0.0.10");
    expect(again.event.reason).toMatch(/^past address/);
  });

  it("gives a new client the address that it asks for, if it is free and of a pool", () => {
    const asks = (address: string) => ({ [Option.requestedAddress]: ipBytes(address) });
    const bench = new Bench();
    expect(outcome(discover(bench, CLIENT, asks("10.0.0.15")))).toBe("offer 10.0.0.15");
    expect(outcome(discover(bench, OTHER_CLIENT, asks("10.0.0.15")))).toBe("offer 10.0.0.10");
    expect(outcome(discover(new Bench(), CLIENT, asks("10.0.0.99")))).toBe("offer 10.0.0.10");
    expect(outcome(discover(new Bench(), CLIENT, asks("192.168.7.7")))).toBe("offer 10.0.0.10");
  });

  it("takes the address that has been free for longest when none is new", () => {
    const bench = new Bench({ subnets: [subnet({ pool: [["10.0.0.10", "10.0.0.11"]] })] });
    bound(bench, CLIENT);
    bench.now += MINUTE;
    bound(bench, OTHER_CLIENT);
    bench.now += 3 * HOUR;
    const third = message(DISCOVER, { mac: host("x", "52:54:00:00:00:03").mac });
    expect(outcome(bench.ask(third))).toBe("offer 10.0.0.10");
  });

  it("says clearly that the pool is exhausted, and takes nobody's address away", () => {
    const bench = new Bench({ subnets: [subnet({ pool: [["10.0.0.10", "10.0.0.10"]] })] });
    bound(bench);
    expect(outcome(discover(bench, OTHER_CLIENT))).toBe("pool-exhausted pool-exhausted");
    expect(outcome(renew(bench, "10.0.0.10"))).toBe("ack 10.0.0.10");
  });

  it("lets an offer lapse that nobody took", () => {
    const bench = new Bench({ subnets: [subnet({ pool: [["10.0.0.10", "10.0.0.10"]] })] });
    expect(outcome(discover(bench))).toBe("offer 10.0.0.10");
    expect(outcome(discover(bench, OTHER_CLIENT))).toBe("pool-exhausted pool-exhausted");
    bench.now += 2 * MINUTE;
    expect(outcome(discover(bench, OTHER_CLIENT))).toBe("offer 10.0.0.10");
  });

  it("never offers its own address, the router's, the network's or the broadcast", () => {
    const pool: [string, string][] = [
      ["10.0.0.0", "10.0.0.3"],
      ["10.0.0.254", "10.0.0.255"],
    ];
    const bench = new Bench({ subnets: [subnet({ pool })] });
    expect(outcome(discover(bench, CLIENT))).toBe("offer 10.0.0.2");
    expect(outcome(discover(bench, OTHER_CLIENT))).toBe("offer 10.0.0.3");
    expect(outcome(discover(bench, host("x", "52:54:00:00:00:03").mac))).toBe(
      "pool-exhausted pool-exhausted",
    );
  });

  it("grants a shorter lease than the subnet's when asked (51), never a longer one", () => {
    const asks = (value: number) => ({
      [Option.leaseTime]: [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255],
    });
    expect(seconds(discover(new Bench(), CLIENT, asks(600)), Option.leaseTime)).toBe(600);
    expect(seconds(discover(new Bench(), CLIENT, asks(1)), Option.leaseTime)).toBe(60);
    const most = discover(new Bench(), CLIENT, asks(0xffffffff));
    expect(seconds(most, Option.leaseTime)).toBe(3600);
    expect(seconds(most, Option.renewalTime)).toBe(1800);
    expect(seconds(most, Option.rebindingTime)).toBe(3150);
  });

  it("stays silent on a wire without a subnet", () => {
    const bench = new Bench({ subnets: [subnet({ cidr: "10.9.0.0/24", pool: [] })] });
    expect(outcome(discover(bench))).toBe("silent no-subnet");
  });
});

describe("RFC 2131 §4.3.2 DHCPREQUEST, SELECTING", () => {
  it("acknowledges what was offered, with a lease to be stored", () => {
    const bench = new Bench();
    discover(bench);
    const decision = select(bench, "10.0.0.10");
    expect(outcome(decision)).toBe("ack 10.0.0.10");
    expect(decision.changes).toEqual([
      {
        kind: "lease",
        lease: {
          address: ip("10.0.0.10"),
          mac: CLIENT,
          clientId: undefined,
          hostName: undefined,
          state: "bound",
          expiresAt: NOW + HOUR,
          updatedAt: NOW,
        },
      },
    ]);
  });

  it("acknowledges a free address without an offer in memory: we may have been started anew since", () => {
    expect(outcome(select(new Bench(), "10.0.0.12"))).toBe("ack 10.0.0.12");
  });

  it("takes a REQUEST that names nothing for the offer that the client just got, as npm's client sends it", () => {
    const bench = new Bench();
    expect(outcome(bench.ask(message(REQUEST)))).toBe("silent wrong-address");
    discover(bench);
    expect(outcome(bench.ask(message(REQUEST)))).toBe("ack 10.0.0.10");
    discover(bench, OTHER_CLIENT);
    expect(outcome(initReboot(bench, "10.0.0.11", OTHER_CLIENT))).toBe("ack 10.0.0.11");
  });

  it("refuses an address that another client has or was offered", () => {
    const bench = new Bench();
    bound(bench);
    expect(outcome(select(bench, "10.0.0.10", OTHER_CLIENT))).toBe("nak");
    discover(bench, OTHER_CLIENT);
    expect(outcome(select(bench, "10.0.0.11", CLIENT))).toBe("nak");
  });

  it("is silent when the client chose another server, and takes its offer back", () => {
    const bench = new Bench({ subnets: [subnet({ pool: [["10.0.0.10", "10.0.0.10"]] })] });
    discover(bench);
    const decision = select(bench, "10.0.0.99", CLIENT, { [Option.serverId]: ipBytes("10.0.0.2") });
    expect(decision.reply).toBeUndefined();
    expect(decision.event).toMatchObject({ kind: "foreign-server", address: ip("10.0.0.2") });
    expect(outcome(discover(bench, OTHER_CLIENT))).toBe("offer 10.0.0.10");
  });
});

describe("RFC 2131 §4.3.2 DHCPREQUEST, INIT-REBOOT", () => {
  it("acknowledges the address that the client has", () => {
    const bench = new Bench();
    bound(bench);
    expect(outcome(initReboot(bench, "10.0.0.10"))).toBe("ack 10.0.0.10");
    bench.now += 5 * HOUR;
    expect(outcome(initReboot(bench, "10.0.0.10"))).toBe("ack 10.0.0.10");
  });

  it("refuses a wrong address of a client that it knows", () => {
    const bench = new Bench({ settings: { authoritative: false } });
    bound(bench);
    expect(outcome(initReboot(bench, "10.0.0.15"))).toBe("nak");
  });

  it("refuses an address of another network, when authoritative", () => {
    expect(outcome(initReboot(new Bench(), "192.168.1.5"))).toBe("nak");
    const polite = new Bench({ settings: { authoritative: false } });
    expect(outcome(initReboot(polite, "192.168.1.5"))).toBe("silent wrong-network");
  });

  it("is silent about a client that it has no record of, unless authoritative", () => {
    const polite = new Bench({ settings: { authoritative: false } });
    expect(outcome(initReboot(polite, "10.0.0.15"))).toBe("silent no-lease");
    expect(outcome(initReboot(new Bench(), "10.0.0.15"))).toBe("nak");
  });

  it("refuses a past address that somebody else has now", () => {
    const bench = new Bench({ subnets: [subnet({ pool: [["10.0.0.10", "10.0.0.10"]] })] });
    bound(bench);
    bench.now += 2 * HOUR;
    bound(bench, OTHER_CLIENT);
    expect(outcome(initReboot(bench, "10.0.0.10"))).toBe("nak");
  });

  it("moves a machine to the address that was reserved for it since", () => {
    const leases = [lease("10.0.0.12")];
    const bench = new Bench({ leases, hosts: [host("web1", CLIENT, "10.0.0.50")] });
    expect(outcome(initReboot(bench, "10.0.0.12"))).toBe("nak");
    expect(outcome(discover(bench))).toBe("offer 10.0.0.50");
  });
});

describe("RFC 2131 §4.3.2 DHCPREQUEST, RENEWING and REBINDING", () => {
  it("extends the lease and answers to the client's address", () => {
    const bench = new Bench();
    bound(bench);
    bench.now += 30 * MINUTE;
    const decision = renew(bench, "10.0.0.10");
    expect(outcome(decision)).toBe("ack 10.0.0.10");
    expect(decision.reply?.packet.ciaddr).toBe(ip("10.0.0.10"));
    expect(decision.reply?.to).toEqual({ kind: "unicast", address: ip("10.0.0.10"), port: 68 });
    expect(bench.table.lease(ip("10.0.0.10"))?.expiresAt).toBe(NOW + 90 * MINUTE);
  });

  it("refuses the address of another client, when authoritative", () => {
    const bench = new Bench();
    bound(bench);
    expect(outcome(renew(bench, "10.0.0.10", OTHER_CLIENT))).toBe("nak");
  });

  it("keeps a client without a record on a free address of ours, when authoritative", () => {
    expect(outcome(renew(new Bench(), "10.0.0.14"))).toBe("ack 10.0.0.14");
    const polite = new Bench({ settings: { authoritative: false } });
    expect(outcome(renew(polite, "10.0.0.14"))).toBe("silent no-lease");
  });

  it("refuses an address that has been reserved for another machine since", () => {
    const bench = new Bench({
      leases: [lease("10.0.0.12")],
      hosts: [host("db1", OTHER_CLIENT, "10.0.0.12")],
    });
    expect(outcome(renew(bench, "10.0.0.12"))).toBe("nak");
    // The one whose it is waits until the old lease is over.
    expect(outcome(discover(bench, OTHER_CLIENT))).toBe("offer 10.0.0.10");
    bench.now += 2 * HOUR;
    expect(outcome(discover(bench, OTHER_CLIENT))).toBe("offer 10.0.0.12");
  });
});

describe("a lease that is asked for again soon, as by each step of a boot", () => {
  it("is given for the rest of its time, without a new lease, for its first quarter", () => {
    const bench = new Bench();
    bound(bench);
    bench.now += 15 * MINUTE;
    discover(bench);
    const again = select(bench, "10.0.0.10");
    expect(outcome(again)).toBe("ack 10.0.0.10");
    expect(again.relies).toBe(bench.table.lease(ip("10.0.0.10")));
    expect(again.changes.map(({ kind }) => kind)).toEqual(["withdraw"]);
    expect(seconds(again, Option.leaseTime)).toBe(45 * 60);
    expect(seconds(again, Option.renewalTime)).toBe((45 * 60) / 2);

    bench.now += 1000;
    const later = select(bench, "10.0.0.10");
    expect(later.changes.map(({ kind }) => kind)).toEqual(["lease"]);
    expect(seconds(later, Option.leaseTime)).toBe(60 * 60);
  });

  it("is not given for longer than the client wants", () => {
    const bench = new Bench();
    bound(bench);
    const short = select(bench, "10.0.0.10", CLIENT, { [Option.leaseTime]: [0, 0, 0, 120] });
    expect(seconds(short, Option.leaseTime)).toBe(120);
    expect(short.relies).toBeDefined();
  });

  it.each<[string, Options]>([
    ["another name", { [Option.hostName]: [...Buffer.from("web-1")] }],
    ["another identifier", { [Option.clientId]: [0, 1, 2, 3] }],
  ])("is written anew with %s", (_what, options) => {
    const bench = new Bench();
    bound(bench);
    expect(select(bench, "10.0.0.10", CLIENT, options).changes.map(({ kind }) => kind)).toEqual(["lease"]);
  });

  it("is a new one after it was released", () => {
    const bench = new Bench();
    bound(bench);
    const ours = { [Option.serverId]: ipBytes("10.0.0.1") };
    bench.ask(message(MessageType.release, { ciaddr: ip("10.0.0.10"), options: ours }));
    expect(select(bench, "10.0.0.10").changes.map(({ kind }) => kind)).toEqual(["lease"]);
  });
});

describe("RFC 2131 §4.3.3 DHCPDECLINE", () => {
  const decline = (bench: Bench, address: string, mac: Mac = CLIENT) => {
    const options = { [Option.serverId]: ipBytes("10.0.0.1"), [Option.requestedAddress]: ipBytes(address) };
    return bench.ask(message(MessageType.decline, { mac, options }));
  };

  it("keeps the address from everybody for a while", () => {
    const bench = new Bench();
    bound(bench);
    expect(outcome(decline(bench, "10.0.0.10"))).toBe("decline in-use");
    expect(outcome(discover(bench))).toBe("offer 10.0.0.11");
    expect(outcome(select(bench, "10.0.0.10", OTHER_CLIENT))).toBe("nak");
    bench.now += 2 * HOUR;
    expect(outcome(select(bench, "10.0.0.10", OTHER_CLIENT))).toBe("ack 10.0.0.10");
  });

  it("is not believed from a client that does not have the address", () => {
    const bench = new Bench();
    bound(bench);
    expect(outcome(decline(bench, "10.0.0.10", OTHER_CLIENT))).toBe("silent not-ours");
    expect(outcome(renew(bench, "10.0.0.10"))).toBe("ack 10.0.0.10");
  });

  it("takes a reserved address out of use, too", () => {
    const bench = new Bench({ hosts: [host("web1", CLIENT, "10.0.0.50")] });
    bound(bench);
    decline(bench, "10.0.0.50");
    const next = discover(bench);
    expect(outcome(next)).toBe("offer 10.0.0.10");
    expect(next.event.reason).toContain("the reserved 10.0.0.50 is taken or in quarantine");
  });
});

describe("RFC 2131 §4.3.4 DHCPRELEASE", () => {
  const release = (bench: Bench, address: string, mac: Mac = CLIENT) =>
    bench.ask(
      message(MessageType.release, {
        mac,
        ciaddr: ip(address),
        options: { [Option.serverId]: ipBytes("10.0.0.1") },
      }),
    );

  it("frees the address, which its holder finds again", () => {
    const bench = new Bench({ subnets: [subnet({ pool: [["10.0.0.10", "10.0.0.11"]] })] });
    bound(bench);
    expect(outcome(release(bench, "10.0.0.10"))).toBe("release ok");
    // A new client gets one that was never used.
    expect(outcome(discover(bench, OTHER_CLIENT))).toBe("offer 10.0.0.11");
    expect(outcome(discover(bench))).toBe("offer 10.0.0.10");
  });

  it("is not believed from another client", () => {
    const bench = new Bench();
    bound(bench);
    expect(outcome(release(bench, "10.0.0.10", OTHER_CLIENT))).toBe("silent not-ours");
  });
});

describe("RFC 2131 §4.3.5 DHCPINFORM", () => {
  it("tells everything but an address and times, to the client's address", () => {
    const bench = new Bench();
    const { reply, changes } = bench.ask(message(MessageType.inform, { ciaddr: ip("10.0.0.77") }));
    expect(changes).toEqual([]);
    expect(reply?.packet.yiaddr).toBe(0);
    expect(reply?.packet.options.get(Option.messageType)).toEqual(Buffer.of(MessageType.ack));
    expect(reply?.packet.options.has(Option.leaseTime)).toBe(false);
    expect(reply?.packet.options.has(Option.renewalTime)).toBe(false);
    expect(reply?.packet.options.get(Option.router)).toEqual(ipBytes("10.0.0.254"));
    expect(reply?.to).toEqual({ kind: "unicast", address: ip("10.0.0.77"), port: 68 });
  });
});

describe("RFC 2131 §4.2, who a client is", () => {
  it("is its identifier (61) when it sends one", () => {
    const bench = new Bench();
    const id = { [Option.clientId]: [0, 1, 2, 3, 4] };
    discover(bench, CLIENT, id);
    select(bench, "10.0.0.10", CLIENT, id);
    // Another network card, the same client; and the same card with another identifier, another client.
    expect(outcome(discover(bench, OTHER_CLIENT, id))).toBe("offer 10.0.0.10");
    expect(outcome(discover(bench, CLIENT, { [Option.clientId]: [0, 9, 9, 9] }))).toBe("offer 10.0.0.11");
  });

  it("is its hardware address when the identifier only repeats it", () => {
    const bench = new Bench();
    bound(bench);
    const id = { [Option.clientId]: [1, 0x52, 0x54, 0, 0, 0, 1] };
    expect(outcome(discover(bench, CLIENT, id))).toBe("offer 10.0.0.10");
  });

  it("is the machine, for one that we know: firmware, installer and system get one address between them", () => {
    const bench = new Bench({ hosts: [host("web1", CLIENT)] });
    bound(bench);
    for (const id of [
      [0, 1, 2, 3],
      [255, 1, 2, 3, 4, 5],
      [1, 0x52, 0x54, 0, 0, 0, 1],
    ]) {
      expect(outcome(discover(bench, CLIENT, { [Option.clientId]: id }))).toBe("offer 10.0.0.10");
    }
  });

  it("has its identifier sent back (RFC 6842)", () => {
    const id = Buffer.of(0, 1, 2, 3, 4);
    expect(discover(new Bench(), CLIENT, { [Option.clientId]: id }).reply?.packet.options.get(61)).toEqual(
      id,
    );
  });
});

function lease(address: string, mac: Mac = CLIENT) {
  return {
    address: ip(address),
    mac,
    clientId: undefined,
    hostName: undefined,
    state: "bound",
    expiresAt: NOW + HOUR,
    updatedAt: NOW,
  } as const;
}

describe("options that a machine has for itself", () => {
  const hosts = {
    ...directory([host("web1", CLIENT, "10.0.0.50")]),
    optionsFor: (_: unknown, server: Ipv4) => new Map([[250, Buffer.from(`http://${formatIpv4(server)}/`)]]),
  };
  const option = (options: Options, mac: Mac = CLIENT) =>
    discover(new Bench({ settings: { hosts } }), mac, options)
      .reply?.packet.options.get(250)
      ?.toString();

  it("are told with our own address, and only to who asks for them", () => {
    expect(option({ [Option.parameterList]: Buffer.from([1, 3, 250]) })).toBe("http://10.0.0.1/");
    expect(option({ [Option.parameterList]: Buffer.from([1, 3]) })).toBeUndefined();
    expect(option({})).toBeUndefined();
    expect(option({ [Option.parameterList]: Buffer.from([250]) }, OTHER_CLIENT)).toBeUndefined();
  });
});
