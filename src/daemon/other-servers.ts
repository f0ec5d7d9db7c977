import type { DhcpEvent } from "../dhcp/ports.ts";
import { formatIpv4, type Ipv4 } from "../net/ipv4.ts";
import type { Mac } from "../net/mac.ts";

/** Another DHCP server that answers on one of our wires. Times are milliseconds since the epoch. */
export interface OtherServer {
  readonly address: Ipv4;
  readonly interface: string;
  /** What it is called: a host or router of the config, or its name in the DNS. */
  readonly name: string | undefined;
  readonly mac: Mac | undefined;
  readonly firstHeard: number;
  readonly lastHeard: number;
}

/** What can be found out about an address. */
export interface ServerNames {
  /** What the config knows of it: `router of 10.0.0.0/24`. */
  known(address: Ipv4, mac: Mac | undefined): string | undefined;
  /** Who answers for it by ARP. Never rejects. */
  mac(address: Ipv4): Promise<Mac | undefined>;
  /** Its name in the DNS. Never rejects, and gives up in time. */
  dnsName(address: Ipv4): Promise<string | undefined>;
}

export interface OtherServersParts {
  readonly names: ServerNames;
  readonly now: () => number;
  /** Called once for each server, and again when it is heard after it was quiet for an hour. */
  readonly tell: (server: OtherServer) => void;
}

/** Milliseconds after which a server that is heard again is news again. */
const QUIET = 3_600_000;
/** More than these are not told apart: on a wire with so many something else is wrong. */
const REMEMBERED = 32;

type Heard = { -readonly [K in keyof OtherServer]: OtherServer[K] };

/**
 * The DHCP servers that clients of ours chose instead: each is told of once, by name, and not for every packet that gives it
 * away.
 */
export class OtherServers {
  readonly #parts: OtherServersParts;
  readonly #heard = new Map<string, Heard>();

  constructor(parts: OtherServersParts) {
    this.#parts = parts;
  }

  list(): readonly OtherServer[] {
    return [...this.#heard.values()];
  }

  /** Looks whether an event gives another server away. */
  note(event: Pick<DhcpEvent, "server" | "interface">): void {
    if (event.server === undefined) return;
    const now = this.#parts.now();
    const key = `${event.interface} ${formatIpv4(event.server)}`;
    const before = this.#heard.get(key);
    const isNews = before === undefined || now - before.lastHeard >= QUIET;
    if (before) before.lastHeard = now;
    else if (this.#heard.size >= REMEMBERED) return;
    const heard = before ?? {
      address: event.server,
      interface: event.interface,
      name: undefined,
      mac: undefined,
      firstHeard: now,
      lastHeard: now,
    };
    this.#heard.set(key, heard);
    if (isNews) void this.#introduce(heard);
  }

  async #introduce(heard: Heard): Promise<void> {
    const { names, tell } = this.#parts;
    heard.mac = await names.mac(heard.address);
    heard.name = names.known(heard.address, heard.mac) ?? (await names.dnsName(heard.address));
    tell({ ...heard });
  }
}

/** `router.lab.example.org (10.0.0.1, 52:54:00:00:00:01)`. */
export function describeServer({ name, address, mac }: OtherServer): string {
  const where = mac === undefined ? formatIpv4(address) : `${formatIpv4(address)}, ${mac}`;
  return name === undefined ? where : `${name} (${where})`;
}
