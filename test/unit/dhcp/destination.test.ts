import { describe, expect, it } from "vitest";
import { STANDARD_PORTS } from "../../../src/dhcp/codes.ts";
import { bootServerDestination, destinationOf } from "../../../src/dhcp/destination.ts";
import { CLIENT, ip } from "./packets.ts";

const ANY = ip("0.0.0.0");
const NEW = ip("10.0.0.10");

describe("RFC 2131 §4.1, where a reply goes", () => {
  const request = { giaddr: ANY, ciaddr: ANY, flags: 0 };
  const answer = { yiaddr: NEW, isNak: false };

  it.each([
    [
      "the relay, before all",
      { giaddr: ip("10.1.0.1"), ciaddr: NEW, flags: 0x8000 },
      answer,
      { kind: "unicast", address: ip("10.1.0.1"), port: 67 },
    ],
    [
      "a NAK: everybody",
      { ...request, ciaddr: NEW },
      { ...answer, isNak: true },
      { kind: "broadcast", port: 68 },
    ],
    [
      "the address that the client has",
      { ...request, ciaddr: NEW, flags: 0x8000 },
      answer,
      { kind: "unicast", address: NEW, port: 68 },
    ],
    [
      "everybody, if the client says that it must be so",
      { ...request, flags: 0x8000 },
      answer,
      { kind: "broadcast", port: 68 },
    ],
    [
      "the new address, at the client's hardware address",
      request,
      answer,
      { kind: "hardware", address: NEW, mac: CLIENT, port: 68 },
    ],
    [
      "everybody, where no address is given",
      request,
      { ...answer, yiaddr: ANY },
      { kind: "broadcast", port: 68 },
    ],
  ] as const)("%s", (_name, from, reply, expected) => {
    expect(destinationOf(from, reply, CLIENT, STANDARD_PORTS)).toEqual(expected);
  });
});

describe("where a boot server's reply goes", () => {
  it("is the port that the client asked from", () => {
    const source = { address: NEW, port: 4011 };
    expect(bootServerDestination({ giaddr: ANY, ciaddr: NEW }, source, STANDARD_PORTS)).toEqual({
      kind: "unicast",
      ...source,
    });
    expect(bootServerDestination({ giaddr: ANY, ciaddr: ANY }, source, STANDARD_PORTS)).toEqual({
      kind: "unicast",
      ...source,
    });
    expect(
      bootServerDestination({ giaddr: ANY, ciaddr: ANY }, { address: ANY, port: 68 }, STANDARD_PORTS),
    ).toEqual({
      kind: "broadcast",
      port: 68,
    });
  });
});
