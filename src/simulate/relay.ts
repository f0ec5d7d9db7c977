import { createSocket, type Socket } from "node:dgram";
import { MessageType, Option } from "../dhcp/codes.ts";
import { type DhcpPacket, decode, encode } from "../dhcp/packet.ts";
import { type Ipv4, ipv4 } from "../net/ipv4.ts";
import { type Mac, macToBytes } from "../net/mac.ts";

/** What a machine was given. */
export interface Given {
  readonly address: Ipv4;
  /** The boot file, of option 67 or the header. */
  readonly file: string;
}

/** How often a message is sent, and how long an answer may take, in milliseconds. */
const TRIES = 4;
const PATIENCE = 4000;
const NONE = ipv4(0);

/** A DHCP relay (RFC 1542) with any number of machines behind its one socket; answers find theirs by the transaction. */
export class Relay {
  readonly #socket: Socket;
  readonly #own: Ipv4;
  readonly #server: string;
  readonly #waiting = new Map<number, (reply: DhcpPacket) => void>();
  #lastXid = 0;

  private constructor(socket: Socket, own: Ipv4, server: string) {
    this.#socket = socket;
    this.#own = own;
    this.#server = server;
    socket.on("message", (bytes) => {
      const decoded = decode(bytes);
      if (decoded.ok) this.#waiting.get(decoded.packet.xid)?.(decoded.packet);
    });
  }

  static async open(own: { readonly text: string; readonly address: Ipv4 }, server: string): Promise<Relay> {
    const socket = createSocket({ type: "udp4", recvBufferSize: 4 * 1024 * 1024 });
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(67, own.text, resolve);
    });
    return new Relay(socket, own.address, server);
  }

  /** DISCOVER to ACK, as firmware or (`isIpxe`) as iPXE. Rejects when the server refuses, or does not answer. */
  async lease(mac: Mac, isIpxe: boolean): Promise<Given> {
    this.#lastXid += 1;
    const xid = this.#lastXid;
    const options = [...firmwareOptions(mac), ...(isIpxe ? IPXE : [])];
    const offer = await this.#ask(mac, xid, [[Option.messageType, [MessageType.discover]], ...options]);
    const serverId = offer.options.get(Option.serverId);
    const ack = await this.#ask(mac, xid, [
      [Option.messageType, [MessageType.request]],
      [Option.requestedAddress, [...bytesOf(offer.yiaddr)]],
      [Option.serverId, [...(serverId ?? [])]],
      ...options,
    ]);
    if (ack.options.get(Option.messageType)?.[0] !== MessageType.ack) throw new Error(`${mac}: NAK`);
    const file = ack.options.get(Option.bootFile)?.toString("latin1").replace(/\0+$/, "") ?? ack.file;
    return { address: ack.yiaddr, file };
  }

  close(): void {
    this.#socket.close();
  }

  async #ask(mac: Mac, xid: number, options: readonly Written[]): Promise<DhcpPacket> {
    const { bytes } = encode({
      ...{ op: 1, htype: 1, hlen: 6, hops: 1, xid, secs: 0, flags: 0 },
      ...{ ciaddr: NONE, yiaddr: NONE, siaddr: NONE, giaddr: this.#own, sname: "", file: "" },
      chaddr: Buffer.concat([macToBytes(mac), Buffer.alloc(10)]),
      options: new Map(options.map(([code, value]) => [code, Buffer.from(value)])),
    });
    for (let tried = 0; tried < TRIES; tried++) {
      const reply = new Promise<DhcpPacket | undefined>((resolve) => {
        const timer = setTimeout(() => resolve(undefined), PATIENCE);
        this.#waiting.set(xid, (packet) => {
          clearTimeout(timer);
          resolve(packet);
        });
      });
      this.#socket.send(bytes, 67, this.#server);
      const answer = await reply;
      this.#waiting.delete(xid);
      if (answer) return answer;
    }
    throw new Error(`${mac}: DHCP does not answer`);
  }
}

type Written = readonly [number, readonly number[]];

const text = (value: string): number[] => [...Buffer.from(value, "latin1")];

/** What SeaBIOS' iPXE ROM and other BIOS firmware send (PXE 2.1 §2.2). */
function firmwareOptions(mac: Mac): Written[] {
  return [
    [Option.vendorClass, text("PXEClient:Arch:00000:UNDI:002001")],
    [Option.arch, [0, 0]],
    [94, [1, 2, 1]],
    [Option.uuid, [0, ...Buffer.alloc(10), ...macToBytes(mac)]],
    [Option.parameterList, [1, 3, 6, 15, 43, 54, 60, 66, 67, 97, 175]],
    [Option.maxMessageSize, [5, 0xc0]],
  ];
}

/** That it is iPXE, and can do HTTP and menus (feature options of 175). */
const IPXE: readonly Written[] = [
  [Option.userClass, text("iPXE")],
  [Option.ipxe, [19, 1, 1, 23, 1, 1, 39, 1, 1]],
];

function bytesOf(address: Ipv4): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(address);
  return bytes;
}
