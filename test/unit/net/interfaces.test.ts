import { describe, expect, it } from "vitest";
import { type InterfaceTable, listInterfaces, selectInterfaces } from "../../../src/net/interfaces.ts";
import { formatIpv4 } from "../../../src/net/ipv4.ts";

function v4(address: string, netmask: string, mac = "52:54:00:00:00:01") {
  return { address, netmask, mac, family: "IPv4", internal: mac.startsWith("00"), cidr: null } as const;
}

const TABLE: InterfaceTable = {
  lo: [v4("127.0.0.1", "255.0.0.0", "00:00:00:00:00:00")],
  eth0: [
    v4("10.0.0.1", "255.255.255.0"),
    v4("10.1.0.1", "255.255.0.0"),
    {
      address: "fe80::1",
      netmask: "ffff::",
      mac: "52:54:00:00:00:01",
      family: "IPv6",
      internal: false,
      cidr: null,
      scopeid: 2,
    },
  ],
  wg0: [v4("10.9.0.1", "255.255.255.255", "00:00:00:00:00:00")],
  eth1: [],
};

function selected(wanted: readonly string[], table = TABLE): string[] | string {
  const selection = selectInterfaces(wanted, table);
  return selection.ok
    ? selection.interfaces.map((one) => `${one.name} ${formatIpv4(one.address)}/${one.prefix}`)
    : selection.reason;
}

describe("the interfaces of this machine", () => {
  it("are those with an IPv4 address, with all of them and their MAC", () => {
    expect(listInterfaces(TABLE).map(({ name }) => name)).toEqual(["lo", "eth0", "wg0"]);
    const eth0 = listInterfaces(TABLE).find(({ name }) => name === "eth0");
    expect(eth0?.mac).toBe("52:54:00:00:00:01");
    expect(eth0?.addresses.map(({ address, prefix }) => `${formatIpv4(address)}/${prefix}`)).toEqual([
      "10.0.0.1/24",
      "10.1.0.1/16",
    ]);
    expect(listInterfaces(TABLE).find(({ name }) => name === "wg0")?.mac).toBeUndefined();
  });

  it("are all but the loopback, when the config names none", () => {
    expect(selected([])).toEqual(["eth0 10.0.0.1/24", "wg0 10.9.0.1/32"]);
  });

  it("are chosen by name or by address, each once", () => {
    expect(selected(["eth0"])).toEqual(["eth0 10.0.0.1/24"]);
    expect(selected(["10.1.0.1"])).toEqual(["eth0 10.1.0.1/16"]);
    expect(selected(["eth0", "10.1.0.1"])).toEqual(["eth0 10.1.0.1/16"]);
    expect(selected(["10.1.0.1", "eth0"])).toEqual(["eth0 10.1.0.1/16"]);
    expect(selected(["lo"])).toEqual(["lo 127.0.0.1/8"]);
  });

  it("are named, when the one that is wanted is not there", () => {
    const there = "lo (127.0.0.1/8), eth0 (10.0.0.1/24, 10.1.0.1/16), wg0 (10.9.0.1/32)";
    expect(selected(["eth7"])).toBe(`no interface "eth7" with an IPv4 address; there are: ${there}`);
    expect(selected(["10.0.0.77"])).toBe(`no interface with address 10.0.0.77; there are: ${there}`);
    expect(selected([], { lo: TABLE["lo"] })).toBe(
      "no interface besides the loopback has an IPv4 address (lo (127.0.0.1/8))",
    );
  });
});
