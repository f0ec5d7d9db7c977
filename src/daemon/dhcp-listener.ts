import type { BootService } from "../boot/boot-service.ts";
import type { ActiveConfig } from "../config/active-config.ts";
import type { DhcpEvent, LeaseStore } from "../dhcp/ports.ts";
import { DhcpServer } from "../dhcp/server.ts";
import type { NetworkInterface } from "../net/interfaces.ts";
import { dhcpSettings, hostDirectory } from "./dhcp-settings.ts";

/** The DHCP server that the config asks for. */
export function dhcpListener(
  active: () => ActiveConfig,
  interfaces: readonly [NetworkInterface, ...NetworkInterface[]],
  parts: {
    readonly boot: BootService;
    readonly leases: LeaseStore;
    readonly observer: { onEvent(event: DhcpEvent): void };
  },
): DhcpServer | undefined {
  const { mode } = active().config.dhcp;
  if (mode === "off") return undefined;
  const { boot, leases, observer } = parts;
  return new DhcpServer({
    ...dhcpSettings(active()),
    mode,
    interfaces,
    hosts: hostDirectory(active),
    boot: { advise: (query) => boot.loader(query) },
    leases,
    observer,
  });
}
