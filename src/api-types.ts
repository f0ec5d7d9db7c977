/** The admin API's words (`/api/v1`). Types alone: the daemon, the CLI and whoever else talks to it share them. */

export interface ApiError {
  readonly error: { readonly code: string; readonly message: string; readonly hint: string };
}

export interface ApiStatus {
  readonly version: string;
  /** Lost-state guard: no machine is installed until the admin decides. */
  readonly guarded: boolean;
  readonly config: string;
  readonly startedAt: number;
  /** What is listening, for people: `TFTP 10.0.0.1:69`. */
  readonly listening: readonly string[];
  /** DHCP servers of others that were heard on our wires: in proxy mode the one that gives the addresses. */
  readonly otherDhcpServers: readonly ApiOtherServer[];
}

export interface ApiOtherServer {
  readonly address: string;
  readonly interface: string;
  /** From the config or the DNS; null where neither knows it. */
  readonly name: string | null;
  readonly mac: string | null;
  readonly firstHeard: number;
  readonly lastHeard: number;
}

/** How often the DHCP server decided something since it started. */
export interface ApiDhcpCounter {
  /** What came: `discover`, `request` …, `bootp`, `malformed`. */
  readonly message: string;
  /** What became of it: `offer`, `ack`, `silent` … */
  readonly outcome: string;
  /** Why, in one word that never changes; null where there was nothing to decide. */
  readonly reason: string | null;
  readonly count: number;
}

/** TFTP transfers that ended in one way, added up. */
export interface ApiTftpTransfers {
  /** `aborted`: by the client's own wish, as after a question for the size. */
  readonly outcome: "completed" | "aborted" | "failed";
  readonly transfers: number;
  /** What clients acknowledged. */
  readonly bytes: number;
  readonly blocks: number;
  /** Packets sent more than once. */
  readonly retransmissions: number;
  /** From request to end. */
  readonly milliseconds: number;
}

/** What the TFTP server did since it started. */
export interface ApiTftpCounters {
  /** Transfers under way. */
  readonly running: number;
  readonly requests: number;
  readonly transfers: readonly ApiTftpTransfers[];
  /** `cause`: `not-found`, `rate` …, one word that never changes. */
  readonly refusals: readonly { readonly cause: string; readonly requests: number }[];
}

export interface ApiCounters {
  readonly dhcp: readonly ApiDhcpCounter[];
  readonly tftp: ApiTftpCounters;
}

export interface ApiAttempt {
  readonly id: string;
  readonly phase: "running" | "finishing" | "succeeded" | "failed" | "cancelled";
  readonly percent: number | null;
  readonly boots: number;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly failure: string | null;
}

export interface ApiMachine {
  readonly name: string;
  readonly mac: string;
  readonly profile: string | null;
  readonly state: "ready" | "installing" | "installed" | "failed";
  /** What a network boot would get now, and why. */
  readonly next: "install" | "local" | "hold" | "nothing";
  readonly reason: string;
  /** Reserved address. */
  readonly address: string | null;
  readonly lastSeen: number | null;
  readonly attempt: ApiAttempt | null;
}

export interface ApiMachines {
  readonly machines: readonly ApiMachine[];
}

export interface ApiEvent {
  /** Ascending. */
  readonly id: number;
  readonly at: number;
  readonly mac: string | null;
  readonly machine: string | null;
  readonly attempt: string | null;
  readonly kind: string;
  readonly text: string;
  readonly data: Readonly<Record<string, string | number | boolean>> | null;
}

export interface ApiEvents {
  readonly events: readonly ApiEvent[];
}

/** What a reload came to. */
export interface ApiReload {
  readonly changed: boolean;
  /** What was taken up at once, and what waits for a restart. */
  readonly notes: readonly string[];
}

/** What the admin's word on a lost state meant, by machine. */
export interface ApiAccepted {
  /** Their next network boot installs. */
  readonly armed: readonly string[];
  /** They count as installed. */
  readonly kept: readonly string[];
}
