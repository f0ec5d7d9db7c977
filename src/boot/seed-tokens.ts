import { createHmac } from "node:crypto";
import type { ActiveConfig } from "../config/active-config.ts";
import type { HostConfig } from "../config/model.ts";

/** Hexadecimal digits of a token: 128 bits. */
const LENGTH = 32;

/**
 * The key to a machine's cloud-init seed, which holds password hashes: whoever has it may read the seed. It follows from
 * the daemon's secret and the machine, so it stays the same for as long as both do, and is stored nowhere.
 */
export function seedToken(secret: string, host: HostConfig): string {
  return createHmac("sha256", secret)
    .update(`nocloud ${host.name} ${host.mac}`)
    .digest("hex")
    .slice(0, LENGTH);
}

/** Finds machines by the keys to their seeds. */
export class SeedTokens {
  readonly #secret: string;
  #known: { readonly active: ActiveConfig; readonly byToken: ReadonlyMap<string, HostConfig> } | undefined;

  constructor(secret: string) {
    this.#secret = secret;
  }

  find(token: string, active: ActiveConfig): HostConfig | undefined {
    if (this.#known?.active !== active) {
      const { hosts } = active.config;
      const byToken = new Map(hosts.map((host) => [seedToken(this.#secret, host), host]));
      this.#known = { active, byToken };
    }
    return this.#known.byToken.get(token);
  }
}
