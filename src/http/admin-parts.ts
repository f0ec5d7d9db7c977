import type { Logger } from "pino";
import type { Explanation } from "../api/explain.ts";
import type { ApiCounters, ApiReload, ApiStatus } from "../api-types.ts";
import type { BootService } from "../boot/boot-service.ts";
import type { ClientBook } from "../boot/client-book.ts";
import type { ActiveConfig } from "../config/active-config.ts";
import type { HostConfig } from "../config/model.ts";
import type { Lease } from "../dhcp/ports.ts";
import type { ExplainQuestion } from "../explain/explain.ts";
import type { Machines } from "../machines/machines.ts";
import type { Monitor } from "../monitor/monitor.ts";
import type { Ipv4 } from "../net/ipv4.ts";

/** What the admin app works with. */
export interface AdminAppParts {
  readonly active: () => ActiveConfig;
  readonly machines: Machines;
  /** What a machine would be answered, and why. */
  readonly explain: (question: ExplainQuestion) => Promise<Explanation>;
  readonly boot: BootService;
  readonly monitor: Monitor;
  /** Which machine is behind an address. */
  readonly clients: ClientBook;
  readonly leases: () => Promise<readonly Lease[]>;
  /** The address of ours that a machine would most likely ask. */
  readonly server: (host: HostConfig) => Ipv4;
  readonly token: string;
  readonly now: () => number;
  /** At least 64 unguessable bits. */
  readonly id: () => string;
  readonly status: () => ApiStatus;
  readonly counters: () => ApiCounters;
  /** Takes up a changed config, or throws a BootwireError and keeps the old one. */
  readonly reload: () => Promise<ApiReload>;
  /** Absolute folder of the built dashboard; undefined: without one. */
  readonly ui: string | undefined;
  readonly log: Logger;
}
