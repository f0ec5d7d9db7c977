import type { Logger } from "pino";
import type { ApiCounters, ApiReload, ApiStatus } from "../api-types.ts";
import type { ActiveConfig } from "../config/active-config.ts";
import type { Explanation } from "../explain/answer.ts";
import type { ExplainQuestion } from "../explain/explain.ts";
import type { Machines } from "../machines/machines.ts";

/** What the admin app works with. */
export interface AdminAppParts {
  readonly active: () => ActiveConfig;
  readonly machines: Machines;
  /** What a machine would be answered, and why. */
  readonly explain: (question: ExplainQuestion) => Promise<Explanation>;
  readonly token: string;
  readonly status: () => ApiStatus;
  readonly counters: () => ApiCounters;
  /** Takes up a changed config, or throws a BootwireError and keeps the old one. */
  readonly reload: () => Promise<ApiReload>;
  readonly log: Logger;
}
