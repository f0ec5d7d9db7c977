import type { NetworkInterface } from "../net/interfaces.ts";
import { formatIpv4 } from "../net/ipv4.ts";
import { canBindToDevice, type Native } from "../net/native.ts";
import type { UdpSocketOptions } from "../net/udp.ts";
import { openUdpPort, type UdpPort } from "../net/udp-port.ts";
import type { DhcpPorts } from "./codes.ts";

/** An interface that we serve on, with its sockets. */
export interface Link {
  readonly interface: NetworkInterface;
  /** Hears and answers DHCP. */
  readonly server: UdpPort;
  /** Hears and answers on PXE's boot server port. */
  readonly bootServer: UdpPort;
  /** Further sockets that hear for this link, and answer through `server`. */
  readonly ears: readonly UdpPort[];
}

/** Room for bursts: a rack that is switched on asks all at once. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;

/**
 * Opens the sockets of every interface, or none of them: rejects with a node style error.
 *
 * With native calls each socket is bound to its device: it hears its own wire alone, and what it sends leaves there. Without
 * them, broadcasts are heard on any interface without a word of which, so only one interface can be served: a second
 * socket, bound to the interface's address, sends (RFC 2131's limited broadcast leaves by the interface that has the
 * sender's address).
 */
export async function openLinks(
  interfaces: readonly NetworkInterface[],
  ports: DhcpPorts,
  native: Native | undefined,
): Promise<Link[]> {
  const opened: UdpPort[] = [];
  const open = async (options: UdpSocketOptions): Promise<UdpPort> => {
    const socket = await openUdpPort({ broadcast: true, receiveBuffer: RECEIVE_BUFFER, ...options }, native);
    opened.push(socket);
    return socket;
  };
  try {
    const links: Link[] = [];
    if (canBindToDevice(native)) {
      for (const one of interfaces) {
        const any = { device: one.name, address: "0.0.0.0" };
        const server = await open({ ...any, port: ports.server });
        const bootServer = await open({ ...any, port: ports.bootServer });
        links.push({ interface: one, server, bootServer, ears: [] });
      }
      return links;
    }
    const [only, ...others] = interfaces;
    if (only && others.length === 0) {
      const address = formatIpv4(only.address);
      const server = await open({ address, port: ports.server, reuseAddress: true });
      const ear = await open({ address: "0.0.0.0", port: ports.server, reuseAddress: true });
      const bootServer = await open({ address: "0.0.0.0", port: ports.bootServer });
      links.push({ interface: only, server, bootServer, ears: [ear] });
      return links;
    }
    throw new SeveralInterfacesError(interfaces.map((one) => one.name));
  } catch (error) {
    await Promise.all(opened.map((socket) => socket.close()));
    throw error;
  }
}

/** Several interfaces were to be served where sockets cannot be bound to a device. */
export class SeveralInterfacesError extends Error {
  readonly code = "ENOTSUP";

  constructor(names: readonly string[]) {
    super(
      `DHCP on several interfaces (${names.join(", ")}) needs the optional package koffi on Linux, which did not load: ` +
        "install it, or serve one interface",
    );
    this.name = "SeveralInterfacesError";
  }
}

export async function closeLinks(links: readonly Link[]): Promise<void> {
  const sockets = links.flatMap((link) => [link.server, link.bootServer, ...link.ears]);
  await Promise.all(sockets.map((socket) => socket.close()));
}
