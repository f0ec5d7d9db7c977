import type { HostConfig } from "../config/model.ts";
import type { Mac } from "../net/mac.ts";

/**
 * Which machine is behind an IP address, as far as it has shown itself: by an address that we gave it, or by asking for
 * its boot script. For the timeline only; nothing is granted on its word. Bounded: the oldest entries go first.
 */
export class ClientBook {
  readonly #byAddress = new Map<string, { mac: Mac; host: HostConfig | undefined }>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  note(address: string, mac: Mac, host: HostConfig | undefined): void {
    this.#byAddress.delete(address);
    this.#byAddress.set(address, { mac, host });
    for (const oldest of this.#byAddress.keys()) {
      if (this.#byAddress.size <= this.#limit) break;
      this.#byAddress.delete(oldest);
    }
  }

  find(address: string): { readonly mac: Mac; readonly host: HostConfig | undefined } | undefined {
    return this.#byAddress.get(address);
  }
}
