import type { HostConfig } from "../config/model.ts";
import type { Mac } from "../net/mac.ts";
import { RecentMap } from "../net/recent-map.ts";

/** Who is behind an address. */
export interface KnownClient {
  readonly mac: Mac;
  readonly host: HostConfig | undefined;
}

/**
 * Which machine is behind an IP address, as far as it has shown itself: by an address that we gave it, or by asking for
 * its boot script. For the timeline only; nothing is granted on its word. Bounded: the oldest entries go first.
 */
export class ClientBook {
  readonly #byAddress: RecentMap<string, KnownClient>;

  /** Remembers the latest `limit` at least. */
  constructor(limit: number) {
    this.#byAddress = new RecentMap(limit);
  }

  note(address: string, mac: Mac, host: HostConfig | undefined): void {
    const known = this.#byAddress.get(address);
    // A client that comes again and again leaves nothing new behind.
    const isSame = known?.mac === mac && known.host === host;
    this.#byAddress.set(address, isSame ? known : { mac, host });
  }

  find(address: string): KnownClient | undefined {
    return this.#byAddress.get(address);
  }
}
