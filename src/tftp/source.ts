/** What this library asks of whoever uses it: which bytes a file name stands for. */

export interface TftpRequest {
  /** File name as the client sent it, backslashes and leading slashes included; never contains NUL. */
  readonly filename: string;
  readonly mode: "octet" | "netascii";
  readonly client: { readonly address: string; readonly port: number };
  /** Address the request was sent to, as far as it is known. */
  readonly server: string;
}

/**
 * The answer is plain data, so that a transfer can be handed to another thread:
 * `file`: an absolute path, already checked by the source to be allowed, opened by the transfer's owner;
 * `extents` (optional) name the parts of it that make up the content, in order, else it is the whole file.
 */
export type TftpContent =
  | { readonly kind: "file"; readonly path: string; readonly extents?: readonly Extent[] }
  | { readonly kind: "bytes"; readonly bytes: Buffer }
  /** Parts of files and of memory, one after the other. */
  | { readonly kind: "parts"; readonly parts: readonly TftpPart[] }
  /** An RFC 1350 error: 1 not found, 2 access violation, 0 other. */
  | { readonly kind: "error"; readonly code: number; readonly message: string };

/** A run of bytes of a file (an absolute path, already checked), or in memory. */
export type TftpPart =
  | ({ readonly kind: "file"; readonly path: string } & Extent)
  | { readonly kind: "bytes"; readonly bytes: Buffer };

/** A run of bytes in a file. */
export interface Extent {
  readonly offset: number;
  readonly length: number;
}

export interface TftpSource {
  resolve(request: TftpRequest): Promise<TftpContent>;
}

/** What became of a transfer; for logs, counters and timelines. */
export type TftpEvent =
  | { readonly kind: "started"; readonly transfer: TransferInfo }
  | { readonly kind: "progress"; readonly transfer: TransferInfo; readonly bytesAcked: number }
  | { readonly kind: "completed"; readonly transfer: TransferInfo; readonly stats: TransferStats }
  /** The client's own abort (a size probe ends so, and is normal). */
  | {
      readonly kind: "aborted";
      readonly transfer: TransferInfo;
      readonly stats: TransferStats;
      readonly reason: string;
    }
  | {
      readonly kind: "failed";
      readonly transfer: TransferInfo;
      readonly stats: TransferStats;
      readonly reason: string;
    }
  | {
      readonly kind: "refused";
      readonly filename: string | undefined;
      readonly client: { readonly address: string; readonly port: number };
      readonly code: number;
      readonly cause: RefusalCause;
      readonly reason: string;
    };

/** Why a request was refused, in one word that never changes. */
export type RefusalCause =
  /** Not a request that RFC 1350 knows. */
  | "malformed"
  | "write"
  | "mode"
  /** The client's network is not allowed to ask. */
  | "network"
  /** Too many requests a second. */
  | "rate"
  /** Too many transfers at a time. */
  | "full"
  | "not-found"
  | "access"
  /** The source or the file system failed, or took too long. */
  | "unavailable";

export interface TransferInfo {
  readonly filename: string;
  readonly client: { readonly address: string; readonly port: number };
  readonly size: number;
  readonly blockSize: number;
  readonly windowSize: number;
}

export interface TransferStats {
  readonly bytes: number;
  readonly blocks: number;
  readonly retransmissions: number;
  readonly milliseconds: number;
}

export interface TftpObserver {
  onEvent(event: TftpEvent): void;
}
