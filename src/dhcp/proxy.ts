import { formatIpv4 } from "../net/ipv4.ts";
import type { BootClient } from "./boot-client.ts";
import { MessageType, Option } from "./codes.ts";
import type { Decision } from "./decision.ts";
import { bootServerDestination } from "./destination.ts";
import { addressIn, bootQuery, type Exchange, eventOf, silence } from "./exchange.ts";
import type { BootAdvice } from "./ports.ts";
import { type BootRole, bootShape } from "./quirks.ts";
import { buildReply } from "./reply.ts";

/**
 * ProxyDHCP on port 67 (PXE 2.1 §2.2.3): beside a server that gives the addresses, tells those that boot what to boot.
 * Never an address, never a NAK.
 */
export function decideProxy(exchange: Exchange, type: number | undefined): Decision {
  if (type !== MessageType.discover) return decideProxyOther(exchange, type);
  const found = adviceFor(exchange);
  if (found.decision) return found.decision;
  return bootReply(exchange, found.client, found.advice, "proxy-offer");
}

function decideProxyOther(exchange: Exchange, type: number | undefined): Decision {
  if (type === MessageType.request) {
    const server = addressIn(exchange.packet.options.get(Option.serverId));
    const whom = server === undefined ? "the address" : `an address of ${formatIpv4(server)}`;
    return silence(exchange, "other-server", `asks for ${whom}: not a ProxyDHCP's business`, {
      server,
    });
  }
  return silence(exchange, "not-a-boot-client", "not a ProxyDHCP's business");
}

/**
 * PXE's boot server port (4011): the second question of a client whose ProxyDHCP offer held no boot file, or of one that
 * a full server sent here. Asked in any mode.
 */
export function decideBootServer(exchange: Exchange, type: number | undefined): Decision {
  if (type !== MessageType.request && type !== MessageType.inform && type !== MessageType.discover) {
    return silence(exchange, "unknown-message-type", `message type ${type} on the boot server port`);
  }
  const found = adviceFor(exchange);
  if (found.decision) return found.decision;
  return bootReply(exchange, found.client, found.advice, "boot-server");
}

type Advice = Extract<BootAdvice, { kind: "boot" }>;

function adviceFor(
  exchange: Exchange,
):
  | { readonly decision: Decision }
  | { readonly decision?: undefined; readonly client: BootClient; readonly advice: Advice } {
  const { client, host, settings } = exchange;
  if (!client) return { decision: silence(exchange, "not-a-boot-client", "does not boot from the network") };
  if (!host && settings.unknownHosts !== "register") {
    return {
      decision: silence(exchange, "unknown-host", `unknown host and unknownHosts=${settings.unknownHosts}`),
    };
  }
  const advice = settings.boot.advise(bootQuery(exchange, client));
  switch (advice.kind) {
    case "boot":
      return { client, advice };
    case "none":
      return { decision: silence(exchange, "nothing-to-boot", `nothing to boot: ${advice.reason}`) };
    case "silent":
      return { decision: silence(exchange, "advisor", advice.reason) };
  }
}

function bootReply(exchange: Exchange, client: BootClient, advice: Advice, role: BootRole): Decision {
  const { packet, arrival, settings } = exchange;
  const isOffer = role === "proxy-offer";
  const { carriesFile } = bootShape(client, role);
  return {
    reply: buildReply(exchange, {
      type: isOffer ? "offer" : "ack",
      ciaddr: packet.ciaddr,
      boot: { client, advice, role },
      ...(!isOffer && { to: bootServerDestination(packet, arrival.source, settings.ports) }),
    }),
    changes: [],
    event: eventOf(exchange, {
      kind: isOffer ? "offer" : "ack",
      code: "ok",
      file: carriesFile ? advice.file : undefined,
      reason: carriesFile ? advice.reason : `${advice.reason}; the boot file is to be asked for on port 4011`,
    }),
    probe: undefined,
  };
}
