import type { FastifyInstance } from "fastify";
import type { Closers } from "./closers.ts";
import type { Config } from "./config/model.ts";
import type { DhcpServer } from "./dhcp/server.ts";
import { listenOn } from "./http/listen.ts";
import type { NetworkInterface } from "./net/interfaces.ts";
import { formatIpv4 } from "./net/ipv4.ts";
import { type Port, portError } from "./port-errors.ts";
import type { SyslogServer } from "./syslog/server.ts";
import type { TftpServer } from "./tftp/server.ts";

/** Everything that is to listen. */
export interface Servers {
  readonly dhcp: DhcpServer | undefined;
  readonly tftp: TftpServer;
  readonly syslog: SyslogServer | undefined;
  readonly boot: FastifyInstance;
  readonly admin: FastifyInstance;
}

/**
 * Opens every port, and tells what listens, for people. DHCP comes last: once we answer there, machines expect the rest.
 * Throws what `portError` makes of it; what is open by then is in `closers`.
 */
export async function openServers(
  servers: Servers,
  config: Config,
  interfaces: readonly NetworkInterface[],
  closers: Closers,
): Promise<string[]> {
  const addresses = interfaces.map((one) => formatIpv4(one.address));
  const listening: string[] = [];
  const open = async (port: Port, start: () => Promise<() => Promise<void>>) => {
    try {
      closers.add(port.service, await start());
    } catch (error) {
      throw portError(port, error);
    }
    listening.push(`${port.service} ${port.address}:${port.port}/${port.protocol}`);
  };

  const { host, port: adminPort } = config.admin;
  await open({ service: "admin API", protocol: "TCP", address: host, port: adminPort }, async () => {
    const listener = await listenOn(servers.admin, [host], adminPort);
    return () => listener.close();
  });
  const where = addresses.join(", ");
  await open({ service: "HTTP", protocol: "TCP", address: where, port: config.http.port }, async () => {
    const listener = await listenOn(servers.boot, addresses, config.http.port);
    return () => listener.close();
  });
  await open({ service: "TFTP", protocol: "UDP", address: where, port: config.tftp.port }, async () => {
    await servers.tftp.start();
    return () => servers.tftp.close();
  });
  const { dhcp, syslog } = servers;
  if (syslog && config.syslog) {
    await open({ service: "syslog", protocol: "UDP", address: where, port: config.syslog.port }, async () => {
      await syslog.start();
      return () => syslog.close();
    });
  }
  if (dhcp) {
    const names = interfaces.map((one) => one.name).join(", ");
    await open({ service: "DHCP", protocol: "UDP", address: names, port: 67 }, async () => {
      await dhcp.start();
      return () => dhcp.close();
    });
  }
  return listening;
}
