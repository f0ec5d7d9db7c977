import type { ActiveConfig } from "./config/active-config.ts";
import type { HostDirectory } from "./dhcp/ports.ts";

/** The machines of the configuration in force, as DHCP asks for them. */
export function hostDirectory(active: () => ActiveConfig): HostDirectory {
  return {
    find: (mac) => active().byMac(mac),
    ownerOf: (address) => active().byAddress(address),
    reservations: () => active().reservations(),
  };
}

/** What the config says to the DHCP server, and may say anew while it runs. */
export function dhcpSettings({ config }: ActiveConfig) {
  const { subnets, authoritative, unknownHosts, probe, quarantine } = config.dhcp;
  return { subnets, authoritative, unknownHosts, probe, quarantine };
}
