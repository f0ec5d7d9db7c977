import type { ExplainedStep } from "../api/explain.ts";
import type { BootService } from "../boot/boot-service.ts";
import type { HostConfig } from "../config/model.ts";
import { bootClient } from "../dhcp/boot-client.ts";
import { Option } from "../dhcp/codes.ts";
import type { Arrival, Decision, Reply } from "../dhcp/decision.ts";
import { describeOptions } from "../dhcp/options.ts";
import { type DhcpPacket, decode, encode } from "../dhcp/packet.ts";
import { ANY, contains, formatIpv4, type Ipv4, ipv4, networkOf } from "../net/ipv4.ts";
import { bytesOf, EMPTY } from "./bytes.ts";
import { bootServerRequestOf, type Client, discoverOf, requestOf } from "./clients.ts";

/** An interface of ours, as far as the engine looks at it. */
export type Ear = Arrival["interface"];

/** DHCP as it is answered here. */
export interface DhcpSide {
  /** What the engine would do about a message; undefined: `dhcp.mode: off`. */
  readonly decide: ((packet: DhcpPacket, arrival: Arrival) => Decision) | undefined;
  readonly interfaces: readonly [Ear, ...Ear[]];
  readonly now: () => number;
  /** What the reader should know beforehand. */
  readonly notes: readonly string[];
  /** The address of ours that this machine reaches us at. */
  readonly server: (host: HostConfig | undefined) => Ipv4;
}

/** A boot file that DHCP names. */
export interface Named {
  readonly file: string;
  readonly by: "TFTP" | "HTTP";
}

interface Told {
  readonly steps: readonly ExplainedStep[];
  readonly named: Named | undefined;
}

/** The interface on whose network a machine's reserved address is, else the first. */
export function earOf(
  interfaces: DhcpSide["interfaces"],
  host: Pick<HostConfig, "address"> | undefined,
): Ear {
  const address = host?.address;
  if (address === undefined) return interfaces[0];
  const near = interfaces.find((one) =>
    one.addresses.some((own) =>
      contains({ network: networkOf(own.address, own.prefix), prefix: own.prefix }, address),
    ),
  );
  return near ?? interfaces[0];
}

/** The conversation that a client has with DHCP until it knows its boot file. */
export class DhcpQuestions {
  readonly #side: DhcpSide;
  readonly #boot: BootService;

  constructor(side: DhcpSide, boot: BootService) {
    this.#side = side;
    this.#boot = boot;
  }

  ask(client: Client, host: HostConfig | undefined): Told {
    const { decide } = this.#side;
    if (!decide) return this.#withoutDhcp(client, host);
    const who = client.runs === "ipxe" ? "iPXE" : `${client.firmware} firmware`;
    const ear = earOf(this.#side.interfaces, host);
    const arrival = (port: Arrival["port"], address: Ipv4): Arrival => ({
      interface: ear,
      port,
      source: { address, port: 68 },
      now: this.#side.now(),
    });
    const discover = decide(asOnTheWire(discoverOf(client)), arrival("server", ANY));
    const steps = [stepOf(`${who} asks for an offer (DISCOVER to port 67 on ${ear.name})`, discover)];
    const offer = discover.reply?.packet;
    if (!offer) return { steps, named: undefined };
    let last: Decision = discover;
    const serverId = offer.options.get(Option.serverId);
    if (offer.yiaddr !== ANY && serverId) {
      const request = requestOf(client, serverId, addressBytes(offer.yiaddr));
      // The offer is not in the table, since nothing happens here; a free address is granted all the same.
      last = decide(asOnTheWire(request), arrival("server", ANY));
      steps.push(stepOf(`${who} takes the offer (REQUEST)`, last));
    } else if (fileOf(discover) === undefined) {
      const address = host?.address ?? ipv4(ear.address);
      last = decide(asOnTheWire(bootServerRequestOf(client, address)), arrival("boot-server", address));
      steps.push(stepOf(`${who} asks the boot server (REQUEST to port 4011)`, last));
    }
    const file = fileOf(last);
    return { steps, named: file === undefined ? undefined : { file, by: transportOf(file) } };
  }

  /** `dhcp.mode: off`: what the other server has to be told. */
  #withoutDhcp(client: Client, host: HostConfig | undefined): Told {
    const packet = discoverOf(client);
    const asks = bootClient(packet);
    if (!asks) throw new TypeError("what we send ourselves is a boot client's");
    const server = this.#side.server(host);
    const advice = this.#boot.loader({ ...asks, mac: client.mac, server });
    const file = advice.kind === "boot" ? advice.file : undefined;
    const step: ExplainedStep = {
      ...EMPTY,
      step: "dhcp",
      title: `${client.runs === "ipxe" ? "iPXE" : `${client.firmware} firmware`} asks another DHCP server (dhcp.mode is off)`,
      outcome:
        file === undefined
          ? advice.reason
          : `that server has to name ${file}, to be had from us: ${advice.reason}`,
      answered: file !== undefined,
      file: file ?? null,
    };
    return { steps: [step], named: file === undefined ? undefined : { file, by: transportOf(file) } };
  }
}

/** A decision as a step of an explanation: the reason, the message dissected, and its bytes. */
export function stepOf(title: string, decision: Decision): ExplainedStep {
  const { reply, event } = decision;
  const outcome = `${event.kind}: ${event.reason}`;
  if (!reply) return { ...EMPTY, step: "dhcp", title, outcome, answered: false };
  const { bytes } = encode(reply.packet, { maxSize: reply.maxSize });
  return {
    ...EMPTY,
    step: "dhcp",
    title,
    outcome,
    answered: true,
    file: event.file ?? null,
    details: dissect(reply),
    bytes: bytesOf(bytes, true),
  };
}

/** A reply, line by line. */
function dissect({ packet, to }: Reply): string[] {
  const where =
    to.kind === "broadcast"
      ? `255.255.255.255:${to.port}`
      : `${formatIpv4(to.address)}:${to.port}${to.kind === "hardware" ? ` at ${to.mac}` : ""}`;
  const lines = [`to: ${where} (${to.kind})`];
  for (const field of ["ciaddr", "yiaddr", "siaddr", "giaddr"] as const) {
    if (packet[field] !== ANY) lines.push(`${field}: ${formatIpv4(packet[field])}`);
  }
  if (packet.sname !== "") lines.push(`sname: ${packet.sname}`);
  if (packet.file !== "") lines.push(`file: ${packet.file}`);
  return [...lines, ...describeOptions(packet)];
}

/** What we make of it is what comes out of the bytes. */
function asOnTheWire(packet: DhcpPacket): DhcpPacket {
  const decoded = decode(encode(packet, { maxSize: 1472 }).bytes);
  if (!decoded.ok) throw new TypeError(`what we made ourselves is malformed: ${decoded.reason}`);
  return decoded.packet;
}

function fileOf(decision: Decision): string | undefined {
  return decision.reply ? decision.event.file : undefined;
}

function transportOf(file: string): Named["by"] {
  return /^https?:/i.test(file) ? "HTTP" : "TFTP";
}

function addressBytes(address: Ipv4): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(address);
  return bytes;
}
