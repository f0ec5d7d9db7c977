import { BootwireError } from "../errors.ts";

/** A socket that was to be opened. */
export interface Port {
  /** `DHCP`, `TFTP`, `HTTP`, `admin API`. */
  readonly service: string;
  readonly protocol: "UDP" | "TCP";
  readonly address: string;
  readonly port: number;
}

/**
 * What an admin is told when a socket cannot be opened. Errors without a code that we know are passed on as they are.
 * EPERM is what SO_BINDTODEVICE answers without CAP_NET_RAW.
 */
export function portError(wanted: Port, error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const what = `${wanted.protocol} port ${wanted.port} on ${wanted.address} for ${wanted.service}`;
  switch (code) {
    case "EACCES":
    case "EPERM":
      return new BootwireError("BW_PORT_DENIED", `no right to open ${what}`, HOW_TO_GRANT, { cause: error });
    case "EADDRINUSE":
      return new BootwireError(
        "BW_PORT_IN_USE",
        `${what} is already in use`,
        `Find out by whom: ss -lnp${wanted.protocol === "UDP" ? "u" : "t"} 'sport = :${wanted.port}'. A dnsmasq, an ISC or ` +
          "Kea DHCP server, tftpd-hpa or another Bootwire may be running; stop it, or choose another port in the config.",
        { cause: error },
      );
    case "EADDRNOTAVAIL":
    case "ENODEV":
      return new BootwireError(
        "BW_ADDRESS_GONE",
        `${what} cannot be opened: no interface has this address any more`,
        "Check the interface (ip address), and what the config says of interfaces.",
        { cause: error },
      );
    default:
      return error;
  }
}

const HOW_TO_GRANT = `Ports below 1024 need a right. Any one of these grants it:
  sudo npm start
  sudo setcap cap_net_bind_service,cap_net_raw+ep "$(readlink -f "$(command -v node)")"
  a systemd unit with AmbientCapabilities=CAP_NET_BIND_SERVICE CAP_NET_RAW
  sudo sysctl net.ipv4.ip_unprivileged_port_start=67   (every program may then open ports from 67 up)`;
