/**
 * Netascii as RFC 764 and RFC 1350 §1 have it, sending side: LF becomes CR LF, a bare CR becomes CR NUL. (A CR LF that
 * is in the file therefore goes out as CR NUL CR LF, and comes back as it was.)
 */

const LF = 10;
const CR = 13;

/** Octets that `source` takes up in netascii. */
export function netasciiLength(source: Uint8Array): number {
  let length = source.length;
  for (const octet of source) if (octet === LF || octet === CR) length++;
  return length;
}

/** Where a conversion stands: a second octet of a pair may be owed to the next output. */
export interface NetasciiPosition {
  /** Octets of the source taken. */
  readonly taken: number;
  /** The octet that still has to go out first, or -1. */
  readonly owed: number;
}

export const NETASCII_START: NetasciiPosition = { taken: 0, owed: -1 };

/**
 * Fills `target` from `source`, whose first octet is the one at `position.taken`. Returns what was written and where it
 * stands; `written` is less than `target.length` only when the source is used up.
 */
export function convertNetascii(
  source: Uint8Array,
  target: Uint8Array,
  position: NetasciiPosition,
): { readonly written: number; readonly position: NetasciiPosition } {
  let written = 0;
  let read = 0;
  let owed = position.owed;
  while (written < target.length) {
    if (owed >= 0) {
      target[written++] = owed;
      owed = -1;
      continue;
    }
    const octet = source[read];
    if (octet === undefined) break;
    read++;
    if (octet === LF) {
      target[written++] = CR;
      owed = LF;
    } else {
      target[written++] = octet;
      if (octet === CR) owed = 0;
    }
  }
  return { written, position: { taken: position.taken + read, owed } };
}
