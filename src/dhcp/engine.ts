import { formatIpv4 } from "../net/ipv4.ts";
import { MessageType, Option } from "./codes.ts";
import type { Arrival, Decision, EngineSettings, LeaseTable } from "./decision.ts";
import { decideDiscover } from "./discover.ts";
import { openExchange, silence } from "./exchange.ts";
import { senderMac } from "./identity.ts";
import { decideBootp, decideDecline, decideInform, decideRelease } from "./other-messages.ts";
import type { DhcpPacket } from "./packet.ts";
import type { DhcpEvent, ReasonCode } from "./ports.ts";
import { decideBootServer, decideProxy } from "./proxy.ts";
import { decideRequest } from "./request.ts";

/**
 * What to do about a message: RFC 2131 §4.3 for a full server, PXE 2.1 for a ProxyDHCP. Pure: reads the table, changes
 * nothing, sends nothing, and answers the same question in the same way.
 */
export function decide(
  packet: DhcpPacket,
  arrival: Arrival,
  settings: EngineSettings,
  table: LeaseTable,
): Decision {
  const mac = senderMac(packet);
  if (packet.op !== 1) {
    // Replies come to our port when a relay or another server sits on our address, or on our wire.
    return unheard(
      arrival,
      "foreign-server",
      "not-a-request",
      `a reply by ${formatIpv4(arrival.source.address)}`,
    );
  }
  if (mac === undefined) {
    const what = `hardware type ${packet.htype} with ${packet.hlen} octets`;
    return unheard(arrival, "silent", "not-ethernet", `${what} is not Ethernet`);
  }
  const exchange = openExchange(packet, mac, arrival, settings, table);
  const type = packet.options.get(Option.messageType)?.[0];
  if (arrival.port === "boot-server") return decideBootServer(exchange, type);
  if (settings.mode === "proxy") return decideProxy(exchange, type);
  switch (type) {
    case undefined:
      return decideBootp(exchange);
    case MessageType.discover:
      return decideDiscover(exchange);
    case MessageType.request:
      return decideRequest(exchange);
    case MessageType.decline:
      return decideDecline(exchange);
    case MessageType.release:
      return decideRelease(exchange);
    case MessageType.inform:
      return decideInform(exchange);
    default:
      return silence(exchange, "unknown-message-type", `message type ${type} is not a client's`);
  }
}

function unheard(arrival: Arrival, kind: DhcpEvent["kind"], code: ReasonCode, reason: string): Decision {
  return {
    reply: undefined,
    changes: [],
    event: {
      kind,
      mac: undefined,
      address: kind === "foreign-server" ? arrival.source.address : undefined,
      interface: arrival.interface.name,
      arch: undefined,
      userClass: undefined,
      file: undefined,
      ...(kind === "foreign-server" && { server: arrival.source.address }),
      reason,
      code,
    },
    probe: undefined,
  };
}
