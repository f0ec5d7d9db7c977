import type { RefusalCause, TftpEvent, TransferStats } from "./source.ts";

/** How a transfer can end: whole, by the client's own wish (a size probe, say), or otherwise. */
export type TransferOutcome = "completed" | "aborted" | "failed";

/** All transfers that ended in one way, added up. */
export interface TransferCounter {
  readonly outcome: TransferOutcome;
  readonly transfers: number;
  /** Octets and blocks that clients acknowledged. */
  readonly bytes: number;
  readonly blocks: number;
  /** Blocks and OACKs that were sent more than once. */
  readonly retransmissions: number;
  /** From the request to the end. */
  readonly milliseconds: number;
}

/** Requests that no transfer came of. */
export interface RefusalCounter {
  readonly cause: RefusalCause;
  readonly requests: number;
}

/** What a server did since it was made. Everything only grows, but for `running`. */
export interface TftpCounters {
  /** Transfers under way, those included that have not begun to send. */
  readonly running: number;
  /** Requests that came, repetitions included. */
  readonly requests: number;
  /** One entry for each outcome, zeroes too. */
  readonly transfers: readonly TransferCounter[];
  /** One entry for each cause, zeroes too. */
  readonly refusals: readonly RefusalCounter[];
}

const OUTCOMES: readonly TransferOutcome[] = ["completed", "aborted", "failed"];
const CAUSES: readonly RefusalCause[] = [
  "malformed",
  "write",
  "mode",
  "network",
  "rate",
  "full",
  "not-found",
  "access",
  "unavailable",
];
const NOTHING: TransferStats = { bytes: 0, blocks: 0, retransmissions: 0, milliseconds: 0 };

/** Adds up what the events tell. */
export class Tally {
  readonly #outcomes = new Map<TransferOutcome, TransferCounter>(
    OUTCOMES.map((outcome) => [outcome, { outcome, transfers: 0, ...NOTHING }]),
  );
  readonly #refusals = new Map<RefusalCause, number>(CAUSES.map((cause) => [cause, 0]));
  #requests = 0;

  request(): void {
    this.#requests++;
  }

  note(event: TftpEvent): void {
    switch (event.kind) {
      case "started":
      case "progress":
        return;
      case "refused":
        this.#refusals.set(event.cause, (this.#refusals.get(event.cause) ?? 0) + 1);
        return;
      case "completed":
      case "aborted":
      case "failed":
        this.#add(event.kind, event.stats);
        return;
      default:
        event satisfies never;
    }
  }

  read(running: number): TftpCounters {
    return {
      running,
      requests: this.#requests,
      transfers: [...this.#outcomes.values()],
      refusals: [...this.#refusals].map(([cause, requests]) => ({ cause, requests })),
    };
  }

  #add(outcome: TransferOutcome, stats: TransferStats): void {
    const known = this.#outcomes.get(outcome) ?? { outcome, transfers: 0, ...NOTHING };
    this.#outcomes.set(outcome, {
      outcome,
      transfers: known.transfers + 1,
      bytes: known.bytes + stats.bytes,
      blocks: known.blocks + stats.blocks,
      retransmissions: known.retransmissions + stats.retransmissions,
      milliseconds: known.milliseconds + stats.milliseconds,
    });
  }
}
