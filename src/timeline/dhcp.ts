import type { HostConfig } from "../config/model.ts";
import type { DhcpEvent } from "../dhcp/ports.ts";
import type { TimelineEvent } from "../machines/model.ts";
import { formatIpv4 } from "../net/ipv4.ts";

/**
 * The timeline's line for something that the DHCP server saw or did, or `undefined` where it is not worth one: phones
 * and laptops that come for an address are counted and logged, they have no timeline.
 */
export function dhcpLine(
  event: DhcpEvent,
  host: HostConfig | undefined,
  at: number,
): TimelineEvent | undefined {
  if (event.mac === undefined) return undefined;
  const boots = event.arch !== undefined || event.file !== undefined || event.userClass !== undefined;
  if (!host && !boots) return undefined;
  return {
    at,
    mac: event.mac,
    machine: host?.name,
    attempt: undefined,
    kind: `dhcp.${event.kind}`,
    text: sentence(event),
    data: data(event),
  };
}

function sentence(event: DhcpEvent): string {
  const address = event.address === undefined ? "" : ` ${formatIpv4(event.address)}`;
  const file = event.file === undefined ? "" : `, boot file ${event.file}`;
  switch (event.kind) {
    case "discover":
    case "request":
    case "inform":
    case "release":
    case "decline":
      return `${event.kind.toUpperCase()}${address} heard on ${event.interface}: ${event.reason}`;
    case "offer":
      return `offered${address}${file}: ${event.reason}`;
    case "ack":
      return `acknowledged${address}${file}: ${event.reason}`;
    case "nak":
      return `refused${address}: ${event.reason}`;
    case "silent":
      return `no answer: ${event.reason}`;
    default:
      return `${event.kind}${address}: ${event.reason}`;
  }
}

function data(event: DhcpEvent): Record<string, string | number> {
  return {
    interface: event.interface,
    ...(event.address !== undefined && { address: formatIpv4(event.address) }),
    ...(event.arch !== undefined && { arch: event.arch }),
    ...(event.userClass !== undefined && { userClass: event.userClass }),
    ...(event.file !== undefined && { file: event.file }),
  };
}
