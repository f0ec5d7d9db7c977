import type { RequestOption, RequestPacket } from "./packet.ts";

/** RFC 2348 §2. */
const MIN_BLOCK_SIZE = 8;
export const MAX_BLOCK_SIZE = 65464;
/** What a transfer without options uses (RFC 1350 §2). */
export const DEFAULT_BLOCK_SIZE = 512;

export interface NegotiationLimits {
  /** Largest block that fits the path without fragments. */
  readonly maxBlockSize: number;
  /** Largest window in blocks. */
  readonly maxWindowSize: number;
  /** Largest window in octets: the window shrinks rather than the block. */
  readonly maxWindowBytes: number;
}

/** What both sides will use. `oack` is empty when no known option was asked for: then data follows at once. */
export interface Agreement {
  readonly blockSize: number;
  readonly windowSize: number;
  /** Seconds between retransmissions that the client asked for (RFC 2349). */
  readonly timeout: number | undefined;
  /** Block number after 65535. */
  readonly rollover: 0 | 1;
  readonly oack: readonly RequestOption[];
}

/**
 * Answers the options of a read request (RFC 2347 to 2349, RFC 7440, and the `rollover` of tftp-hpa). Unknown options
 * and values out of their range are left out of the OACK, which refuses them; larger sizes than we like are lowered.
 * `size` is the length of what will be sent, or undefined when it is not known before the end (netascii files).
 */
export function negotiate(
  options: RequestPacket["options"],
  size: number | undefined,
  limits: NegotiationLimits,
): Agreement {
  const wantedBlock = number(options.get("blksize"), MIN_BLOCK_SIZE, Number.MAX_VALUE);
  const blockSize =
    wantedBlock === undefined
      ? DEFAULT_BLOCK_SIZE
      : Math.min(wantedBlock, MAX_BLOCK_SIZE, Math.max(limits.maxBlockSize, MIN_BLOCK_SIZE));
  const wantedWindow = number(options.get("windowsize"), 1, Number.MAX_VALUE);
  const windowCap = Math.max(1, Math.floor(limits.maxWindowBytes / blockSize));
  const windowSize = Math.min(wantedWindow ?? 1, limits.maxWindowSize, windowCap);
  const timeout = number(options.get("timeout"), 1, 255);
  const rollover = number(options.get("rollover"), 0, 1);
  const sizeAsked = number(options.get("tsize"), 0, Number.MAX_VALUE) !== undefined;

  const oack: RequestOption[] = [];
  for (const [key, { name, value }] of options) {
    if (key === "blksize" && wantedBlock !== undefined) oack.push({ name, value: String(blockSize) });
    else if (key === "windowsize" && wantedWindow !== undefined)
      oack.push({ name, value: String(windowSize) });
    else if (key === "timeout" && timeout !== undefined) oack.push({ name, value });
    else if (key === "rollover" && rollover !== undefined) oack.push({ name, value });
    // A size of 0 is left out: curl takes it for nonsense and gives up, and nobody needs it.
    else if (key === "tsize" && sizeAsked && size) oack.push({ name, value: String(size) });
  }
  return { blockSize, windowSize, timeout, rollover: rollover === 1 ? 1 : 0, oack };
}

/** A plain decimal within the range, else undefined. */
function number(option: RequestOption | undefined, min: number, max: number): number | undefined {
  if (!option || !/^\d{1,40}$/.test(option.value)) return undefined;
  const value = Number(option.value);
  return value >= min && value <= max ? value : undefined;
}
