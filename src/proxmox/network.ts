import type { HostConfig } from "../config/model.ts";
import { formatIpv4 } from "../net/ipv4.ts";

/** `ip=…` of Proxmox's cloud-init drive and containers. */
export function ipConfig({ system }: HostConfig): string {
  const { network } = system;
  if (network.kind === "dhcp") return "ip=dhcp";
  const { address, prefix } = network.address;
  const gateway = network.gateway === undefined ? "" : `,gw=${formatIpv4(network.gateway)}`;
  return `ip=${formatIpv4(address)}/${prefix}${gateway}`;
}

/** Name servers and search domain, where the config says any. */
export function resolverOptions({ system }: HostConfig): readonly (readonly [string, string])[] {
  const { network, domain } = system;
  const options: (readonly [string, string])[] = [];
  if (network.kind === "static" && network.dns.length > 0) {
    options.push(["nameserver", network.dns.map(formatIpv4).join(" ")]);
  }
  if (domain !== undefined) options.push(["searchdomain", domain]);
  return options;
}

/** `,tag=20`, where Proxmox tags the guest's packets. */
export function tagOf({ guest }: HostConfig): string {
  return guest.tag === undefined ? "" : `,tag=${guest.tag}`;
}
