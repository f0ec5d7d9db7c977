import { expect, test } from "vitest";
import { checksum } from "../../../src/dhcp/icmp.ts";
import { noRouterHere } from "../../../src/dhcp/ipv6-wait.ts";
import { mac } from "./packets.ts";

const SERVER = mac("bc:24:11:00:00:fe");
const MACHINE = mac("52:54:00:12:34:56");

test("an advertisement of no router goes from one link-local address to the other, and may not be forwarded", () => {
  const packet = noRouterHere(SERVER, MACHINE);
  expect(packet.subarray(8, 24).toString("hex")).toBe("fe80000000000000be2411fffe0000fe");
  expect(packet.subarray(24, 40).toString("hex")).toBe("fe80000000000000505400fffe123456");
  expect({ version: packet.readUInt8(0) >>> 4, next: packet[6], hopLimit: packet[7] }).toEqual({
    version: 6,
    next: 58,
    hopLimit: 255,
  });
  expect(packet.readUInt16BE(4)).toBe(packet.length - 40);
});

test("it names no router, no prefix and no DHCPv6, so that nobody changes anything by it", () => {
  const [type, code, , , curHopLimit, flags] = noRouterHere(SERVER, MACHINE).subarray(40);
  expect({ type, code, curHopLimit, flags }).toEqual({ type: 134, code: 0, curHopLimit: 0, flags: 0 });
  const rest = noRouterHere(SERVER, MACHINE).subarray(46);
  expect(rest.equals(Buffer.alloc(10))).toBe(true);
});

test("its checksum is that of RFC 8200's pseudo header and the message", () => {
  const packet = noRouterHere(SERVER, MACHINE);
  const pseudo = Buffer.concat([packet.subarray(8, 40), Buffer.from([0, 0, 0, 16, 0, 0, 0, 58])]);
  expect(checksum(Buffer.concat([pseudo, packet.subarray(40)]))).toBe(0);
});
