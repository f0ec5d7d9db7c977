import { archType } from "./arch.ts";
import { Option } from "./codes.ts";
import type { DhcpPacket } from "./packet.ts";

/** What a network boot client says of itself. */
export interface BootClient {
  /** `httpclient`: UEFI HTTP Boot, wants a URI; `pxe`: everything else that boots from the network. */
  readonly kind: "pxe" | "httpclient";
  readonly arch: number | undefined;
  readonly vendorClass: string | undefined;
  readonly userClass: string | undefined;
  /** Sub-options of iPXE's option 175; defined (maybe empty) whenever iPXE asks. */
  readonly ipxe: ReadonlyMap<number, Buffer> | undefined;
  readonly uuid: string | undefined;
}

/** Vendor classes that begin so belong to something that boots from the network, even without an architecture (93). */
const BOOT_VENDOR_CLASSES = ["PXEClient", "HTTPClient", "U-Boot"] as const;

/** `undefined` for a client that only wants an address: an installed system, a phone, a laptop. */
export function bootClient(packet: DhcpPacket): BootClient | undefined {
  const vendorClass = text(packet.options.get(Option.vendorClass));
  const archBytes = packet.options.get(Option.arch);
  const arch = archBytes !== undefined && archBytes.length >= 2 ? archBytes.readUInt16BE(0) : undefined;
  const userClass = readUserClass(packet.options.get(Option.userClass));
  const encapsulated = packet.options.get(Option.ipxe);
  const isIpxe = encapsulated !== undefined || userClass?.includes("iPXE") === true;
  const boots =
    arch !== undefined ||
    isIpxe ||
    BOOT_VENDOR_CLASSES.some((prefix) => vendorClass?.startsWith(prefix) === true);
  if (!boots) return undefined;
  const wantsUri =
    vendorClass === undefined
      ? arch !== undefined && archType(arch)?.transport === "http"
      : vendorClass.startsWith("HTTPClient");
  return {
    kind: wantsUri ? "httpclient" : "pxe",
    arch,
    vendorClass,
    userClass,
    ipxe: isIpxe ? readEncapsulated(encapsulated ?? Buffer.alloc(0)) : undefined,
    uuid: readUuid(packet.options.get(Option.uuid)),
  };
}

function text(bytes: Buffer | undefined): string | undefined {
  return bytes?.toString("latin1").replace(/\0+$/, "");
}

/**
 * RFC 3004 frames each class by its length; iPXE (and most of what copies it) sends the bare text. Several classes are
 * joined by commas.
 */
export function readUserClass(bytes: Buffer | undefined): string | undefined {
  if (bytes === undefined || bytes.length === 0) return undefined;
  const classes: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const length = bytes.readUInt8(at);
    if (length === 0 || at + 1 + length > bytes.length) return text(bytes);
    classes.push(bytes.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return classes.join(",");
}

/** Sub-options of an encapsulating option (43, 82, 175): code, length, value. Stops at the first that runs over. */
export function readEncapsulated(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const found = new Map<number, Buffer>();
  let at = 0;
  while (at < bytes.length) {
    const code = bytes.readUInt8(at++);
    if (code === 0) continue;
    if (code === 255 || at >= bytes.length) break;
    const length = bytes.readUInt8(at++);
    if (at + length > bytes.length) break;
    found.set(code, bytes.subarray(at, at + length));
    at += length;
  }
  return found;
}

/**
 * Option 97: type 0 and 16 octets. RFC 4578 §2.3 leaves the order of octets open; firmware sends EFI's, the first three
 * fields little-endian, which is also how hypervisors show it.
 */
export function readUuid(bytes: Buffer | undefined): string | undefined {
  if (bytes === undefined || bytes.length !== 17 || bytes[0] !== 0) return undefined;
  const uuid = Buffer.from(bytes.subarray(1));
  uuid.subarray(0, 4).reverse();
  uuid.subarray(4, 6).reverse();
  uuid.subarray(6, 8).reverse();
  const hex = uuid.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
