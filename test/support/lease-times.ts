/** Options that say how long a lease lasts and when to ask for more (RFC 2132, 9.2, 9.11, 9.12): it goes on meanwhile. */
const TIMES = new Set([51, 58, 59]);
/** Where options begin, behind the fixed fields and the cookie. */
const OPTIONS_AT = 240;
const PAD = 0;
const END = 255;

/** A DHCP message in hex, with zeros where a lease's times stand: what is replayed later is said of the same lease. */
export function withoutLeaseTimes(message: Buffer): string {
  const bytes = Buffer.from(message);
  for (let at = OPTIONS_AT; at < bytes.length && bytes[at] !== END; ) {
    if (bytes[at] === PAD) {
      at += 1;
      continue;
    }
    const next = at + 2 + (bytes[at + 1] ?? 0);
    if (TIMES.has(bytes[at] ?? PAD)) bytes.fill(0, at + 2, next);
    at = next;
  }
  return bytes.toString("hex");
}
