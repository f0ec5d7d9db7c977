import type { Ipv4 } from "../net/ipv4.ts";
import type { Mac } from "../net/mac.ts";
import type { Config, HostConfig } from "./model.ts";

/** A configuration in force, with its hosts ready to be looked up. Replaced as a whole when the config changes. */
export class ActiveConfig {
  readonly config: Config;
  readonly #byMac: ReadonlyMap<Mac, HostConfig>;
  readonly #byName: ReadonlyMap<string, HostConfig>;
  readonly #byAddress: ReadonlyMap<Ipv4, HostConfig>;

  constructor(config: Config) {
    this.config = config;
    this.#byMac = new Map(config.hosts.map((host) => [host.mac, host]));
    this.#byName = new Map(config.hosts.map((host) => [host.name, host]));
    this.#byAddress = new Map(
      config.hosts.flatMap((host) => (host.address === undefined ? [] : [[host.address, host] as const])),
    );
  }

  byMac(mac: Mac): HostConfig | undefined {
    return this.#byMac.get(mac);
  }

  /** The machines that have one of these cards, further ones included, in the order of the config. */
  withAnyMac(macs: readonly Mac[]): readonly HostConfig[] {
    const cards = new Set(macs);
    return this.config.hosts.filter((host) => [host.mac, ...host.otherMacs].some((mac) => cards.has(mac)));
  }

  byName(name: string): HostConfig | undefined {
    return this.#byName.get(name);
  }

  /** The owner of a reserved address. */
  byAddress(address: Ipv4): HostConfig | undefined {
    return this.#byAddress.get(address);
  }

  /** Every reserved address. */
  reservations(): Iterable<Ipv4> {
    return this.#byAddress.keys();
  }
}
