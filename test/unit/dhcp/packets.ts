import { Option } from "../../../src/dhcp/codes.ts";
import type { DhcpPacket } from "../../../src/dhcp/packet.ts";
import { ANY, type Ipv4, parseIpv4 } from "../../../src/net/ipv4.ts";
import { type Mac, macToBytes, parseMac } from "../../../src/net/mac.ts";

/** An address of a test; fails the test where it is none. */
export function ip(text: string): Ipv4 {
  const address = parseIpv4(text);
  if (address === undefined) throw new TypeError(`not an address: ${text}`);
  return address;
}

/** A MAC of a test; fails the test where it is none. */
export function mac(text: string): Mac {
  const parsed = parseMac(text);
  if (parsed === undefined) throw new TypeError(`not a MAC: ${text}`);
  return parsed;
}

export function ipBytes(text: string): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(ip(text));
  return bytes;
}

/** The `chaddr` field of a MAC. */
export function chaddr(address: Mac): Buffer {
  return Buffer.concat([macToBytes(address), Buffer.alloc(10)]);
}

export type Options = Readonly<Record<number, Buffer | string | readonly number[]>>;

export function optionMap(options: Options): Map<number, Buffer> {
  return new Map(
    Object.entries(options).map(([code, value]) => [
      Number(code),
      typeof value === "string" ? Buffer.from(value, "latin1") : Buffer.from(value),
    ]),
  );
}

export const CLIENT = mac("52:54:00:00:00:01");
export const OTHER_CLIENT = mac("52:54:00:00:00:02");

/** A client's message; what the test does not say is as most clients have it. */
export function message(
  type: number | undefined,
  said: Partial<Omit<DhcpPacket, "options">> & { readonly mac?: Mac; readonly options?: Options } = {},
): DhcpPacket {
  const { mac: from = CLIENT, options = {}, ...fields } = said;
  return {
    op: 1,
    htype: 1,
    hlen: 6,
    hops: 0,
    xid: 0x12345678,
    secs: 0,
    flags: 0,
    ciaddr: ANY,
    yiaddr: ANY,
    siaddr: ANY,
    giaddr: ANY,
    chaddr: chaddr(from),
    sname: "",
    file: "",
    ...fields,
    options: optionMap({ ...(type !== undefined && { [Option.messageType]: [type] }), ...options }),
  };
}
