import type { FirmwareKind } from "../api/explain.ts";
import type { Runs } from "../boot/client.ts";
import { ETHERNET, MessageType, Option } from "../dhcp/codes.ts";
import { BROADCAST_FLAG, type DhcpPacket } from "../dhcp/packet.ts";
import { ANY, type Ipv4 } from "../net/ipv4.ts";
import { type Mac, macToBytes } from "../net/mac.ts";

/** Client architecture (93) and vendor class (60) of what boots, as EDK2, SeaBIOS's iPXE and Intel's ROMs send them. */
const IDENTITY = {
  bios: { arch: 0, vendorClass: "PXEClient:Arch:00000:UNDI:002001" },
  uefi: { arch: 7, vendorClass: "PXEClient:Arch:00007:UNDI:003000" },
  "uefi-http": { arch: 16, vendorClass: "HTTPClient:Arch:00016:UNDI:003000" },
} as const satisfies Record<FirmwareKind, { readonly arch: number; readonly vendorClass: string }>;

/** What PXE ROMs and iPXE ask for (55). */
const WANTED = Buffer.from([1, 3, 6, 12, 15, 43, 54, 60, 66, 67, 128, 129, 150, 175]);
/** iPXE's features (175): its version, and that it speaks HTTP and boots bzImages. */
const IPXE_FEATURES = Buffer.from([19, 1, 1, 24, 1, 1, 235, 3, 1, 21, 1]);
/** Any will do: nothing is sent. */
const XID = 0x42574558;

/** A machine at one moment of its boot. */
export interface Client {
  readonly mac: Mac;
  readonly firmware: FirmwareKind;
  readonly runs: Runs;
}

/** The DISCOVER that this client sends. */
export function discoverOf(client: Client): DhcpPacket {
  return message(client, MessageType.discover, []);
}

/** The REQUEST with which it takes an offer. */
export function requestOf(client: Client, server: Buffer, address: Buffer): DhcpPacket {
  return message(client, MessageType.request, [
    [Option.serverId, server],
    [Option.requestedAddress, address],
  ]);
}

/** What it asks PXE's boot server (port 4011), once it has its address. */
export function bootServerRequestOf(client: Client, address: Ipv4): DhcpPacket {
  return { ...message(client, MessageType.request, []), ciaddr: address };
}

function message(client: Client, type: number, more: readonly (readonly [number, Buffer])[]): DhcpPacket {
  const { arch, vendorClass } = IDENTITY[client.firmware];
  const options = new Map<number, Buffer>([
    [Option.messageType, Buffer.of(type)],
    ...more,
    [Option.maxMessageSize, Buffer.from([0x05, 0xc0])],
    [Option.parameterList, WANTED],
    [Option.vendorClass, Buffer.from(vendorClass)],
    [Option.arch, Buffer.from([arch >>> 8, arch & 255])],
  ]);
  if (client.runs === "ipxe") {
    options.set(Option.userClass, Buffer.from("iPXE"));
    options.set(Option.ipxe, IPXE_FEATURES);
  }
  return {
    op: 1,
    htype: ETHERNET,
    hlen: 6,
    hops: 0,
    xid: XID,
    secs: 0,
    flags: BROADCAST_FLAG,
    ciaddr: ANY,
    yiaddr: ANY,
    siaddr: ANY,
    giaddr: ANY,
    chaddr: Buffer.concat([macToBytes(client.mac), Buffer.alloc(10)]),
    sname: "",
    file: "",
    options,
  };
}
