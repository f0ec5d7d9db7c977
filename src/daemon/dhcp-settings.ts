import type { ActiveConfig } from "../config/active-config.ts";
import type { HostDirectory } from "../dhcp/ports.ts";
import { formatIpv4, type Ipv4 } from "../net/ipv4.ts";
import type { Mac } from "../net/mac.ts";

/** The machines of the configuration in force, as DHCP asks for them. */
export function hostDirectory(active: () => ActiveConfig): HostDirectory {
  return {
    find: (mac) => active().byMac(mac),
    optionsFor: (host, server) => installerOptions(active(), host.mac, server),
    ownerOf: (address) => active().byAddress(address),
    reservations: () => active().reservations(),
  };
}

/** Where Proxmox's installer asks for its answers (its own number for it, from the private ones of RFC 3942). */
const PROXMOX_ANSWER_URL = 250;

/** What installers look for in DHCP. Proxmox's 251, the fingerprint of a certificate, is of no use with plain HTTP. */
function installerOptions(active: ActiveConfig, mac: Mac, server: Ipv4): ReadonlyMap<number, Buffer> {
  const { config } = active;
  const host = active.byMac(mac);
  if (host?.profile?.installer !== "proxmox") return new Map();
  const url = `http://${formatIpv4(config.advertise ?? server)}:${config.http.port}/proxmox/answer`;
  return new Map([[PROXMOX_ANSWER_URL, Buffer.from(url)]]);
}

/** DHCP option 7 names an address and no port: machines send there. */
const SYSLOG_PORT = 514;

/** What the config says to the DHCP server, and may say anew while it runs. */
export function dhcpSettings({ config }: ActiveConfig) {
  const { subnets, authoritative, unknownHosts, probe, skipIpv6Wait, quarantine } = config.dhcp;
  const logServer = config.syslog?.port === SYSLOG_PORT;
  return { subnets, authoritative, unknownHosts, probe, skipIpv6Wait, quarantine, logServer };
}
