/** A label of a domain: what resolvers take, which is a little more than a host name. */
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i;
const POINTER = 0xc0;
const LARGEST_POINTER = 0x3fff;

/**
 * A list of domains as DNS writes them (RFC 1035 §3.1), compressed as RFC 3397 §2 demands: what was written once is pointed
 * to. Throws a RangeError for what is not a domain.
 */
export function encodeDomains(domains: readonly string[]): Buffer {
  const octets: number[] = [];
  const written = new Map<string, number>();
  for (const domain of domains) {
    const labels = labelsOf(domain);
    let at = 0;
    for (; at < labels.length; at++) {
      const rest = labels.slice(at).join(".").toLowerCase();
      const known = written.get(rest);
      if (known !== undefined) {
        octets.push(POINTER | (known >>> 8), known & 255);
        break;
      }
      if (octets.length <= LARGEST_POINTER) written.set(rest, octets.length);
      const label = Buffer.from(labels[at] ?? "", "latin1");
      octets.push(label.length, ...label);
    }
    if (at === labels.length) octets.push(0);
  }
  return Buffer.from(octets);
}

function labelsOf(domain: string): string[] {
  const labels = domain.replace(/\.$/, "").split(".");
  if (domain.length > 254 || !labels.every((label) => LABEL.test(label))) {
    throw new RangeError(`not a domain: ${domain}`);
  }
  return labels;
}

/** The domains of such a list, `undefined` where it is none. A pointer may only point backwards, so this always ends. */
export function decodeDomains(bytes: Buffer): string[] | undefined {
  const domains: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const labels: string[] = [];
    const end = readLabels(bytes, at, labels);
    if (end === undefined || labels.length === 0) return undefined;
    domains.push(labels.join("."));
    at = end;
  }
  return domains.length > 0 ? domains : undefined;
}

/** Reads labels from `start`; returns where the next domain begins. */
function readLabels(bytes: Buffer, start: number, labels: string[]): number | undefined {
  let at = start;
  let end: number | undefined;
  let lowest = start;
  while (at < bytes.length) {
    const length = bytes.readUInt8(at);
    if (length === 0) return end ?? at + 1;
    if ((length & POINTER) === POINTER) {
      if (at + 2 > bytes.length) return undefined;
      const target = bytes.readUInt16BE(at) & LARGEST_POINTER;
      if (target >= lowest) return undefined;
      end ??= at + 2;
      lowest = target;
      at = target;
    } else {
      if (length > 63 || at + 1 + length > bytes.length) return undefined;
      labels.push(bytes.toString("latin1", at + 1, at + 1 + length));
      at += 1 + length;
    }
  }
  return undefined;
}
