import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  broadcastOf,
  contains,
  formatCidr,
  formatIpv4,
  ipv4,
  netmask,
  networkOf,
  parseCidr,
  parseIpv4,
  parseIpv4WithPrefix,
  prefixOfNetmask,
  readIpv4,
} from "../../../src/net/ipv4.ts";
import { macFromBytes, macToBytes, macWithHyphens, parseMac } from "../../../src/net/mac.ts";

const address = fc.integer({ min: 0, max: 0xffffffff }).map(ipv4);

describe("IPv4 addresses", () => {
  it("come back as they were written", () => {
    fc.assert(
      fc.property(address, (one) => {
        expect(parseIpv4(formatIpv4(one))).toBe(one);
        const bytes = Buffer.alloc(4);
        bytes.writeUInt32BE(one);
        expect(readIpv4(bytes)).toBe(one);
      }),
    );
  });

  it.each([
    "",
    "10.0.0",
    "10.0.0.1.2",
    "10.0.0.256",
    "10.0.0.01",
    "10.0.0.-1",
    "a.b.c.d",
    " 10.0.0.1",
    "10.0.0.1 ",
    "1e1.0.0.0",
  ])("are not %j", (text) => {
    expect(parseIpv4(text)).toBeUndefined();
  });

  it.each([-1, 0x1_0000_0000, 1.5, Number.NaN])("cannot be made of %d", (value) => {
    expect(() => ipv4(value)).toThrow(RangeError);
  });
});

describe("IPv4 networks", () => {
  it("hold the addresses between their own and their broadcast", () => {
    fc.assert(
      fc.property(address, fc.integer({ min: 0, max: 32 }), address, (one, prefix, other) => {
        const cidr = { network: networkOf(one, prefix), prefix };
        expect(contains(cidr, one)).toBe(true);
        expect(contains(cidr, other)).toBe(other >= cidr.network && other <= broadcastOf(cidr));
        expect(parseCidr(formatCidr(cidr))).toEqual(cidr);
        expect(prefixOfNetmask(netmask(prefix))).toBe(prefix);
      }),
    );
  });

  it("have no host bits when written as a network", () => {
    expect(parseCidr("10.0.0.5/24")).toBeUndefined();
    expect(parseIpv4WithPrefix("10.0.0.5/24")).toEqual({ address: parseIpv4("10.0.0.5"), prefix: 24 });
    for (const text of ["10.0.0.0", "10.0.0.0/33", "10.0.0.0/", "/24", "10.0.0.0/24/8"]) {
      expect(parseIpv4WithPrefix(text)).toBeUndefined();
    }
  });

  it("have no netmask with holes", () => {
    const holes = parseIpv4("255.0.255.0");
    expect(holes !== undefined && prefixOfNetmask(holes)).toBeUndefined();
  });
});

describe("MACs", () => {
  it.each([
    "52:54:00:AB:cd:01",
    "52-54-00-ab-CD-01",
    "5254.00ab.cd01",
    "525400abcd01",
    " 52:54:00:ab:cd:01 ",
  ])("are read from %j", (text) => {
    expect(parseMac(text)).toBe("52:54:00:ab:cd:01");
  });

  it.each([
    "",
    "52:54:00:ab:cd",
    "52:54:00:ab:cd:01:02",
    "52:54-00:ab:cd:01",
    "5g:54:00:ab:cd:01",
    "5254:00ab:cd01",
  ])("are not %j", (text) => {
    expect(parseMac(text)).toBeUndefined();
  });

  it("come back from their octets", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), (octets) => {
        const mac = macFromBytes(octets);
        expect(mac && [...macToBytes(mac)]).toEqual([...octets]);
        expect(mac && parseMac(macWithHyphens(mac))).toBe(mac);
      }),
    );
    expect(macFromBytes(Buffer.alloc(5))).toBeUndefined();
    expect(macFromBytes(Buffer.alloc(16))).toBeUndefined();
  });
});
