import { readFile } from "node:fs/promises";
import type { Config } from "../config/model.ts";
import { MessageType, Option } from "../dhcp/codes.ts";
import { BROADCAST_FLAG, type DhcpPacket, decode, encode } from "../dhcp/packet.ts";
import { systemInterfaces } from "../net/interface-table.ts";
import { listInterfaces, type NetworkInterface, selectInterfaces } from "../net/interfaces.ts";
import { ANY, BROADCAST, formatIpv4, type Ipv4, readIpv4 } from "../net/ipv4.ts";
import { loadNative } from "../net/native.ts";
import { openUdpPort } from "../net/udp-port.ts";
import { type Finding, fine, wrong } from "./finding.ts";

/** The interfaces that the daemon would serve, and whether they can be served. */
export async function checkInterfaces(
  config: Config,
): Promise<{ readonly findings: Finding[]; readonly interfaces: readonly NetworkInterface[] }> {
  const table = await systemInterfaces();
  const selection = selectInterfaces(config.interfaces, table);
  if (!selection.ok) {
    const remedy =
      "Name an interface (or its address) that is up and has an IPv4 address, under `interface`.";
    return {
      findings: [wrong("interface", "fail", "BW_DOCTOR_INTERFACE", selection.reason, remedy)],
      interfaces: [],
    };
  }
  const findings: Finding[] = [];
  for (const one of selection.interfaces) {
    const addresses = one.addresses
      .map(({ address, prefix }) => `${formatIpv4(address)}/${prefix}`)
      .join(", ");
    const what = `${one.name} is up, with ${addresses}`;
    if (await hasCarrier(one.name)) findings.push(fine("interface", what));
    else {
      const remedy =
        "Check the cable; a bridge without any running VM on it has no carrier either, and then nothing is wrong.";
      findings.push(
        wrong("interface", "warn", "BW_DOCTOR_LINK", `${what}, but nothing is at its other end`, remedy),
      );
    }
  }
  const own = listInterfaces(table).flatMap((one) => one.addresses.map(({ address }) => address));
  const { advertise } = config;
  if (advertise !== undefined && !own.includes(advertise)) {
    findings.push(
      wrong(
        "interface",
        "warn",
        "BW_DOCTOR_ADVERTISE",
        `machines are told to fetch from ${formatIpv4(advertise)}, which is no address of this host`,
        "Correct `advertise`, or leave it out; with a port forwarding in between it may be right.",
      ),
    );
  }
  return { findings, interfaces: selection.interfaces };
}

async function hasCarrier(name: string): Promise<boolean> {
  try {
    return (await readFile(`/sys/class/net/${name}/carrier`, "utf8")).trim() === "1";
  } catch {
    // Not on Linux, or a device that knows of no carrier.
    return true;
  }
}

/** Another DHCP server's offer to us. */
export interface Offered {
  readonly server: Ipv4;
  readonly interface: string;
  readonly address: Ipv4;
  readonly file: string;
}

/** The DISCOVER by which `doctor` asks a wire; it gives a MAC of its own, so that nobody's lease is touched. */
export function doctorsDiscover(mac: Buffer, xid: number): DhcpPacket {
  return {
    op: 1,
    htype: 1,
    hlen: 6,
    hops: 0,
    xid,
    secs: 0,
    flags: BROADCAST_FLAG,
    ciaddr: ANY,
    yiaddr: ANY,
    siaddr: ANY,
    giaddr: ANY,
    chaddr: Buffer.concat([mac, Buffer.alloc(10)]),
    sname: "",
    file: "",
    options: new Map([
      [Option.messageType, Buffer.of(MessageType.discover)],
      [Option.parameterList, Buffer.of(1, 3, 6, 66, 67)],
    ]),
  };
}

export interface AskOptions {
  readonly interfaces: readonly NetworkInterface[];
  /** Milliseconds that servers have to answer: some look for the address on the wire first, for seconds. */
  readonly patience: number;
  /** Six octets of a locally administered MAC, and a transaction id. */
  readonly mac: Buffer;
  readonly xid: number;
  readonly wait: (milliseconds: number) => Promise<void>;
}

/**
 * Asks every wire for an address, as a machine would, and takes none. Rejects with a node style error where this cannot be
 * done (no right to open port 68).
 */
export async function askForServers(options: AskOptions): Promise<readonly Offered[]> {
  const native = await loadNative();
  const own = new Set(options.interfaces.flatMap((one) => one.addresses.map(({ address }) => address)));
  const offers: Offered[] = [];
  const sockets = [];
  try {
    for (const one of options.interfaces) {
      const port = await openUdpPort(
        {
          address: "0.0.0.0",
          port: 68,
          broadcast: true,
          reuseAddress: true,
          ...(native && { device: one.name }),
        },
        native,
      );
      sockets.push(port);
      port.onMessage((bytes) => {
        const offer = offerOf(bytes, options.xid, one.name);
        if (offer && !own.has(offer.server) && !offers.some((other) => other.server === offer.server))
          offers.push(offer);
      });
      const broken = new Promise<void>((_done, fail) => {
        port.onError(fail);
        const { bytes } = encode(doctorsDiscover(options.mac, options.xid));
        port.send(bytes, BROADCAST, 67, fail);
      });
      // An error comes at once or never; the wait below is for answers.
      await Promise.race([broken, options.wait(50)]);
    }
    await options.wait(options.patience);
    return offers;
  } finally {
    await Promise.all(sockets.map((socket) => socket.close()));
  }
}

function offerOf(bytes: Buffer, xid: number, name: string): Offered | undefined {
  const decoded = decode(bytes);
  if (!decoded.ok) return undefined;
  const { packet } = decoded;
  const server = packet.options.get(Option.serverId);
  if (packet.op !== 2 || packet.xid !== xid || server?.length !== 4) return undefined;
  if (packet.options.get(Option.messageType)?.[0] !== MessageType.offer) return undefined;
  const file = packet.options.get(Option.bootFile)?.toString("latin1").replace(/\0+$/, "") ?? packet.file;
  return { server: readIpv4(server), interface: name, address: packet.yiaddr, file };
}

/** What the other servers on the wire mean for this config. Pure. */
export function judgeServers(mode: Config["dhcp"]["mode"], offers: readonly Offered[]): Finding[] {
  const findings = offers.map(({ server, interface: name, address, file }): Finding => {
    const who = `the DHCP server ${formatIpv4(server)} on ${name} offers ${formatIpv4(address)}`;
    if (mode === "server") {
      return wrong(
        "dhcp",
        "fail",
        "BW_DOCTOR_OTHER_DHCP",
        `${who}, and so does Bootwire (dhcp.mode: server)`,
        "Only one server may give addresses on a network: switch the other one off, or set dhcp.mode: proxy.",
      );
    }
    if (mode === "proxy" && file !== "") {
      return wrong(
        "dhcp",
        "warn",
        "BW_DOCTOR_OTHER_DHCP",
        `${who} with a boot file of its own, ${file}`,
        "Take the boot file (options 66, 67, next-server) out of that server's settings: machines may follow it instead of us.",
      );
    }
    return fine("dhcp", who);
  });
  if (mode === "proxy" && offers.length === 0) {
    findings.push(
      wrong(
        "dhcp",
        "warn",
        "BW_DOCTOR_NO_DHCP",
        "no DHCP server offers an address, and a proxy gives none itself",
        "Start your router's DHCP server, or set dhcp.mode: server. It may also give addresses to known machines only.",
      ),
    );
  }
  if (mode === "server" && offers.length === 0) {
    findings.push(fine("dhcp", "no other DHCP server answers on these networks"));
  }
  return findings;
}
