import type { FastifyInstance } from "fastify";
import type { Config } from "../config/model.ts";
import type { DhcpServer } from "../dhcp/server.ts";
import { type Listening, listenOn } from "../http/listen.ts";
import type { NetworkInterface } from "../net/interfaces.ts";
import { formatIpv4 } from "../net/ipv4.ts";
import type { SyslogServer } from "../syslog/server.ts";
import type { TftpServer } from "../tftp/server.ts";
import type { Closers } from "./closers.ts";
import { type Port, portError } from "./port-errors.ts";

/** Everything that is to listen. */
export interface Servers {
  readonly dhcp: DhcpServer | undefined;
  readonly tftp: TftpServer;
  readonly syslog: SyslogServer | undefined;
  readonly boot: FastifyInstance;
  readonly admin: FastifyInstance;
}

interface Closable {
  close(): Promise<void>;
}

/**
 * Opens every port, and tells what listens, for people, and what its admin listener is. DHCP comes last: once we answer there, machines expect the rest.
 * Throws what `portError` makes of it; what is open by then is in `closers`.
 */
export async function openServers(
  servers: Servers,
  config: Config,
  interfaces: readonly NetworkInterface[],
  closers: Closers,
): Promise<{ readonly listening: readonly string[]; readonly admin: Listening }> {
  const addresses = interfaces.map((one) => formatIpv4(one.address));
  const listening: string[] = [];
  const open = async <T extends Closable>(port: Port, start: () => Promise<T>): Promise<T> => {
    let opened: T;
    try {
      opened = await start();
    } catch (error) {
      throw portError(port, error);
    }
    closers.add(port.service, () => opened.close());
    listening.push(`${port.service} ${port.address}:${port.port}/${port.protocol}`);
    return opened;
  };

  const { host, port: adminPort, tls } = config.admin;
  // Never without encryption where the config asks for it.
  if (tls && !tls.pem) throw new Error("the certificate of the admin interface was not read");
  const admin = await open({ service: "admin API", protocol: "TCP", address: host, port: adminPort }, () =>
    listenOn(servers.admin, [host], adminPort, tls?.pem),
  );
  const where = addresses.join(", ");
  await open({ service: "HTTP", protocol: "TCP", address: where, port: config.http.port }, () =>
    listenOn(servers.boot, addresses, config.http.port),
  );
  const { tftp, syslog, dhcp } = servers;
  await open({ service: "TFTP", protocol: "UDP", address: where, port: config.tftp.port }, async () => {
    await tftp.start();
    return tftp;
  });
  if (syslog && config.syslog) {
    await open({ service: "syslog", protocol: "UDP", address: where, port: config.syslog.port }, async () => {
      await syslog.start();
      return syslog;
    });
  }
  if (dhcp) {
    const names = interfaces.map((one) => one.name).join(", ");
    await open({ service: "DHCP", protocol: "UDP", address: names, port: 67 }, async () => {
      await dhcp.start();
      return dhcp;
    });
  }
  return { listening, admin };
}
