/** A 48-bit IEEE 802 hardware address in its canonical spelling: lower case, colons (`52:54:00:12:34:56`). */
export type Mac = string & { readonly __brand: "Mac" };

const SPELLINGS = [
  /^([0-9a-f]{2})[:]([0-9a-f]{2})[:]([0-9a-f]{2})[:]([0-9a-f]{2})[:]([0-9a-f]{2})[:]([0-9a-f]{2})$/,
  /^([0-9a-f]{2})-([0-9a-f]{2})-([0-9a-f]{2})-([0-9a-f]{2})-([0-9a-f]{2})-([0-9a-f]{2})$/,
  /^([0-9a-f]{2})([0-9a-f]{2})\.([0-9a-f]{2})([0-9a-f]{2})\.([0-9a-f]{2})([0-9a-f]{2})$/,
  /^([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/,
];

function isMac(text: string): text is Mac {
  return /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(text);
}

/**
 * Reads a MAC in the usual spellings: `aa:bb:cc:dd:ee:ff`, `AA-BB-CC-DD-EE-FF`, `aabb.ccdd.eeff`, `aabbccddeeff`.
 * Anything else yields `undefined`.
 */
export function parseMac(text: string): Mac | undefined {
  const lower = text.trim().toLowerCase();
  for (const spelling of SPELLINGS) {
    const match = spelling.exec(lower);
    if (match) {
      const mac = match.slice(1).join(":");
      return isMac(mac) ? mac : undefined;
    }
  }
  return undefined;
}

/** The MAC of six raw octets, as `chaddr` carries it; `undefined` for any other length. */
export function macFromBytes(bytes: Uint8Array): Mac | undefined {
  return bytes.length === 6 ? macAt(bytes, 0) : undefined;
}

/** The MAC that starts at `offset`; `undefined` when six octets are not there. Called for every packet. */
export function macAt(bytes: Uint8Array, offset: number): Mac | undefined {
  let text = HEX[bytes[offset] ?? -1] ?? "";
  for (let at = offset + 1; at < offset + 6; at++) text += `:${HEX[bytes[at] ?? -1]}`;
  return isMac(text) ? text : undefined;
}

const HEX = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, "0"));

/** The six octets of a MAC. */
export function macToBytes(mac: Mac): Buffer {
  return Buffer.from(mac.replaceAll(":", ""), "hex");
}

/** The spelling that loaders put into file names: `52-54-00-12-34-56`. */
export function macWithHyphens(mac: Mac): string {
  return mac.replaceAll(":", "-");
}
