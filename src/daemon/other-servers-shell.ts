import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { setTimeout as wait } from "node:timers/promises";
import type { Logger } from "pino";
import type { ApiOtherServer } from "../api-types.ts";
import type { ActiveConfig } from "../config/active-config.ts";
import type { Machines } from "../machines/machines.ts";
import { macOfNeighbour } from "../net/arp-table.ts";
import { formatCidr, formatIpv4 } from "../net/ipv4.ts";
import type { Mac } from "../net/mac.ts";
import { describeServer, type OtherServer, OtherServers, type ServerNames } from "./other-servers.ts";

/** Milliseconds that the DNS may take, and an answer to ARP. */
const DNS_PATIENCE = 2000;
const ARP_PATIENCE = 300;
/** The discard service: what arrives there is thrown away (RFC 863). */
const DISCARD = 9;

/** Finds out about servers from the config, from the neighbour table and from the DNS. */
function serverNames(active: () => ActiveConfig): ServerNames {
  return {
    known(address, mac) {
      const host = active().byAddress(address) ?? (mac && active().byMac(mac));
      if (host) return host.name;
      const subnet = active().config.dhcp.subnets.find(({ router }) => router === address);
      return subnet && `the router of ${formatCidr(subnet.cidr)}`;
    },
    async mac(address) {
      try {
        return await askedMac(formatIpv4(address));
      } catch {
        // No route, no right, no table: then it goes by its address.
        return undefined;
      }
    },
    async dnsName(address) {
      try {
        const resolver = new Resolver({ timeout: DNS_PATIENCE, tries: 1 });
        const [name] = await resolver.reverse(formatIpv4(address));
        return name;
      } catch {
        return undefined;
      }
    },
  };
}

/** Tells the log and the timeline of each server; where we give addresses ourselves it is a warning. */
export function openOtherServers(parts: {
  readonly active: () => ActiveConfig;
  readonly machines: Machines;
  readonly log: Logger;
  readonly now: () => number;
}): OtherServers {
  const { active, machines, log, now } = parts;
  return new OtherServers({
    names: serverNames(active),
    now,
    tell: (server) => {
      const isRival = active().config.dhcp.mode === "server";
      const who = describeServer(server);
      const text = isRival
        ? `another DHCP server answers on ${server.interface}: ${who}`
        : `addresses on ${server.interface} are given by ${who}`;
      const data = toApi(server);
      if (isRival) log.warn({ ...data, hint: RIVAL_HINT }, text);
      else log.info(data, text);
      machines.record({
        at: now(),
        mac: undefined,
        machine: undefined,
        attempt: undefined,
        kind: "dhcp.other-server",
        text,
        data: {
          interface: data.interface,
          address: data.address,
          ...(data.name !== null && { name: data.name }),
          ...(data.mac !== null && { mac: data.mac }),
        },
      });
    },
  });
}

const RIVAL_HINT =
  "Two servers that give addresses on one network confuse machines: switch one off, or set dhcp.mode: proxy.";

/** As the admin API tells it. */
export function toApi(server: OtherServer): ApiOtherServer {
  return {
    address: formatIpv4(server.address),
    interface: server.interface,
    name: server.name ?? null,
    mac: server.mac ?? null,
    firstHeard: server.firstHeard,
    lastHeard: server.lastHeard,
  };
}

/** Makes the kernel ask by ARP where it does not know yet. */
async function askedMac(address: string): Promise<Mac | undefined> {
  const known = await macOfNeighbour(address);
  if (known !== undefined) return known;
  const socket = createSocket("udp4");
  try {
    // What becomes of it does not matter: an answer to ARP is in the table, or it is not.
    socket.send("", DISCARD, address, () => undefined);
    await wait(ARP_PATIENCE);
  } finally {
    socket.close();
  }
  return macOfNeighbour(address);
}
