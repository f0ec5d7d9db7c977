import { z } from "zod";
import type { Allocator } from "../dhcp/allocator.ts";
import { MessageType, Option } from "../dhcp/codes.ts";
import type { Arrival, EngineSettings } from "../dhcp/decision.ts";
import { decide } from "../dhcp/engine.ts";
import { senderMac } from "../dhcp/identity.ts";
import { describeOptions } from "../dhcp/options.ts";
import { type DhcpPacket, decode } from "../dhcp/packet.ts";
import { ANY, formatIpv4 } from "../net/ipv4.ts";
import { type CapturedDatagram, formatEndpoint } from "../net/pcap.ts";
import type { Ear } from "./dhcp-steps.ts";
import { stepOf } from "./dhcp-steps.ts";

export const replaySchema = z.object({
  packets: z.array(
    z.object({
      /** Milliseconds since the epoch. */
      at: z.number(),
      from: z.string(),
      to: z.string(),
      mac: z.string().nullable(),
      /** `DISCOVER`, `OFFER` … */
      message: z.string(),
      /** What it says, line by line. */
      details: z.array(z.string()),
      /** What we would have done about it and why; null: it was an answer, there is nothing for us to do. */
      answer: z
        .object({ outcome: z.string(), details: z.array(z.string()), hex: z.string().nullable() })
        .nullable(),
    }),
  ),
});

export type Replay = z.output<typeof replaySchema>;

/** The servers' ports, and what we hear on them. */
const PORTS: ReadonlyMap<number, Arrival["port"]> = new Map([
  [67, "server"],
  [4011, "boot-server"],
]);
const CLIENT_PORT = 68;
const NAMES = new Map<number, string>(
  Object.entries(MessageType).map(([name, code]) => [code, name.toUpperCase()]),
);

/**
 * Lets the engine answer the DHCP messages of a capture one after the other, as if it had heard them on `ear` at their time:
 * what it offers and leases is remembered for those that follow, in `table`.
 */
export function replay(
  datagrams: readonly CapturedDatagram[],
  ear: Ear,
  engine: EngineSettings,
  table: Allocator,
): Replay {
  return { packets: datagrams.flatMap((one) => replayOne(one, ear, engine, table) ?? []) };
}

function replayOne(
  datagram: CapturedDatagram,
  ear: Ear,
  engine: EngineSettings,
  table: Allocator,
): Replay["packets"][number] | undefined {
  const { source, destination, payload } = datagram;
  const port = PORTS.get(destination.port);
  if (port === undefined && !(PORTS.has(source.port) && destination.port === CLIENT_PORT)) return undefined;
  const known = { at: datagram.at, from: formatEndpoint(source), to: formatEndpoint(destination) };
  const decoded = decode(payload);
  if (!decoded.ok) {
    const answer = { outcome: `malformed: ${decoded.reason}; it is dropped`, details: [], hex: null };
    return {
      ...known,
      mac: null,
      message: "malformed",
      details: [],
      answer: port === undefined ? null : answer,
    };
  }
  const { packet } = decoded;
  const said = {
    ...known,
    mac: senderMac(packet) ?? null,
    message: nameOf(packet),
    details: describePacket(packet),
  };
  if (port === undefined || packet.op !== 1) return { ...said, answer: null };
  const decision = decide(packet, { interface: ear, port, source, now: datagram.at }, engine, table);
  for (const change of decision.changes) table.apply(change);
  const { outcome, details, bytes } = stepOf("", decision);
  return { ...said, answer: { outcome, details, hex: bytes?.hex ?? null } };
}

function nameOf(packet: DhcpPacket): string {
  const type = packet.options.get(Option.messageType)?.[0];
  if (type === undefined) return packet.op === 1 ? "BOOTP" : "BOOTP reply";
  return NAMES.get(type) ?? `message type ${type}`;
}

function describePacket(packet: DhcpPacket): string[] {
  const fields = (["ciaddr", "yiaddr", "siaddr", "giaddr"] as const).flatMap((field) =>
    packet[field] === ANY ? [] : [`${field}: ${formatIpv4(packet[field])}`],
  );
  if (packet.file !== "") fields.push(`file: ${packet.file}`);
  return [...fields, ...describeOptions(packet)];
}
