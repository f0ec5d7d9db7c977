import type { NegotiationLimits } from "./options.ts";
import type { RtoLimits } from "./rtt.ts";

/** What the server allows itself and its clients. Octets, milliseconds, blocks. */
export interface TftpLimits {
  /** Transfers at a time, in all. */
  readonly transfers: number;
  /** Transfers at a time for one client address. */
  readonly transfersPerClient: number;
  /** Requests a second that one client address may make, and how many at once. */
  readonly requestsPerSecond: number;
  readonly requestBurst: number;
  /** Largest block; the path's MTU lowers it further. */
  readonly blockSize: number;
  /** Largest window, in blocks and in octets. */
  readonly windowSize: number;
  readonly windowBytes: number;
  /** Memory for the octets of files, in all; what is needed again is read again. */
  readonly memory: number;
  /** Files up to this size are kept in memory, laid out, for all threads, as long as a quarter of it lasts. */
  readonly smallFile: number;
  /** Reads of one disk at a time, in all: Node's pool of four threads is there for everything else, too. */
  readonly reads: number;
  readonly rto: RtoLimits;
  /** Silence after which a client counts as gone, once it has shown that it hears us. */
  readonly patience: number;
  /** Silence after which a request counts as forged or its sender as gone. */
  readonly probation: number;
  /** How long a source may take to answer, and a disk to read. */
  readonly sourcePatience: number;
  /**
   * How often an opening packet is sent to an address that may be forged. Once would do for a first block, which is much
   * longer than its request; but then a first ACK that gets lost ends the transfer of a client that is slow to repeat it.
   */
  readonly openings: number;
  /** How long `close` lets running transfers go on. */
  readonly grace: number;
}

export const DEFAULT_LIMITS: TftpLimits = {
  transfers: 2048,
  transfersPerClient: 512,
  requestsPerSecond: 500,
  requestBurst: 1000,
  blockSize: 65464,
  windowSize: 64,
  windowBytes: 256 * 1024,
  memory: 64 * 1024 * 1024,
  smallFile: 4 * 1024 * 1024,
  reads: 3,
  // Some clients (atftp) start their own time-out anew at each packet, even one that they ignore: once in a while the
  // pause must be longer than any client's patience.
  rto: { initial: 1000, min: 50, max: 8000 },
  patience: 30_000,
  probation: 6_000,
  sourcePatience: 30_000,
  openings: 3,
  grace: 1_000,
};

/** What may be agreed with a client whose path carries blocks of `maxBlockSize`. */
export function negotiationLimits(limits: TftpLimits, maxBlockSize: number): NegotiationLimits {
  return {
    maxBlockSize: Math.min(maxBlockSize, limits.blockSize),
    maxWindowSize: limits.windowSize,
    maxWindowBytes: limits.windowBytes,
  };
}
