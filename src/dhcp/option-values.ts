import { type Cidr, contains, formatCidr, formatIpv4, type Ipv4, networkOf, readIpv4 } from "../net/ipv4.ts";
import { readEncapsulated, readUuid } from "./boot-client.ts";
import { decodeDomains, encodeDomains } from "./domain-list.ts";

/** A destination network and the router to it (RFC 3442). */
export interface Route {
  readonly network: Cidr;
  readonly router: Ipv4;
}

/** The value of an option, by the form that it has on the wire. */
export type OptionValue =
  | { readonly codec: "address"; readonly value: Ipv4 }
  | { readonly codec: "addresses"; readonly value: readonly Ipv4[] }
  | { readonly codec: "text"; readonly value: string }
  | { readonly codec: "u8" | "u16" | "u32" | "i32"; readonly value: number }
  | { readonly codec: "u8s" | "u16s"; readonly value: readonly number[] }
  | { readonly codec: "flag"; readonly value: boolean }
  | { readonly codec: "domains"; readonly value: readonly string[] }
  | { readonly codec: "routes"; readonly value: readonly Route[] }
  | { readonly codec: "suboptions"; readonly value: ReadonlyMap<number, Buffer> }
  /** Machine UUID (97), canonical text. Read only. */
  | { readonly codec: "uuid"; readonly value: string }
  | { readonly codec: "octets"; readonly value: Buffer };

export type OptionCodec = OptionValue["codec"];

/** The octets of a value. Throws a RangeError for what the form cannot hold (a number too large, an empty domain). */
export function encodeValue(option: OptionValue): Buffer {
  switch (option.codec) {
    case "address":
      return numbers([option.value], 4);
    case "addresses":
      return numbers(option.value, 4);
    case "text":
      return Buffer.from(option.value, "utf8");
    case "u8":
      return numbers([option.value], 1);
    case "u16":
      return numbers([option.value], 2);
    case "u32":
      return numbers([option.value], 4);
    case "i32": {
      const bytes = Buffer.alloc(4);
      bytes.writeInt32BE(option.value);
      return bytes;
    }
    case "u8s":
      return numbers(option.value, 1);
    case "u16s":
      return numbers(option.value, 2);
    case "flag":
      return Buffer.of(option.value ? 1 : 0);
    case "domains":
      return encodeDomains(option.value);
    case "routes":
      return Buffer.concat(option.value.map(encodeRoute));
    case "suboptions":
      return Buffer.concat(
        [...option.value].map(([code, value]) => Buffer.concat([numbers([code, value.length], 1), value])),
      );
    case "uuid":
      throw new RangeError("a machine's UUID is its own");
    case "octets":
      return option.value;
  }
}

/** The value of octets, `undefined` where they do not have the form. */
export function decodeValue(codec: OptionCodec, bytes: Buffer): OptionValue | undefined {
  switch (codec) {
    case "address":
      return bytes.length === 4 ? { codec, value: readIpv4(bytes) } : undefined;
    case "addresses": {
      const value = readNumbers(bytes, 4)?.map((_, index) => readIpv4(bytes, index * 4));
      return value && { codec, value };
    }
    case "text":
      return { codec, value: bytes.toString("utf8").replace(/\0+$/, "") };
    case "u8":
    case "u16":
    case "u32": {
      const size = codec === "u8" ? 1 : codec === "u16" ? 2 : 4;
      return bytes.length === size ? { codec, value: bytes.readUIntBE(0, size) } : undefined;
    }
    case "i32":
      return bytes.length === 4 ? { codec, value: bytes.readInt32BE(0) } : undefined;
    case "u8s":
    case "u16s": {
      const value = readNumbers(bytes, codec === "u8s" ? 1 : 2);
      return value && { codec, value };
    }
    case "flag":
      return bytes.length === 1 ? { codec, value: bytes[0] !== 0 } : undefined;
    case "domains": {
      const value = decodeDomains(bytes);
      return value && { codec, value };
    }
    case "routes": {
      const value = decodeRoutes(bytes);
      return value && { codec, value };
    }
    case "suboptions":
      return { codec, value: readEncapsulated(bytes) };
    case "uuid": {
      const value = readUuid(bytes);
      return value === undefined ? undefined : { codec, value };
    }
    case "octets":
      return { codec, value: bytes };
  }
}

/** A value for people. */
export function formatValue(option: OptionValue): string {
  switch (option.codec) {
    case "address":
      return formatIpv4(option.value);
    case "addresses":
      return option.value.map(formatIpv4).join(", ");
    case "text":
      return JSON.stringify(option.value);
    case "u8s":
    case "u16s":
    case "domains":
      return option.value.join(", ");
    case "routes":
      return option.value
        .map((route) => `${formatCidr(route.network)} via ${formatIpv4(route.router)}`)
        .join(", ");
    case "suboptions":
      return [...option.value].map(([code, value]) => `${code}=${value.toString("hex")}`).join(" ");
    case "octets":
      return option.value.toString("hex");
    default:
      return String(option.value);
  }
}

function numbers(values: readonly number[], size: number): Buffer {
  const bytes = Buffer.alloc(values.length * size);
  values.forEach((value, index) => {
    bytes.writeUIntBE(value, index * size, size);
  });
  return bytes;
}

function readNumbers(bytes: Buffer, size: number): number[] | undefined {
  if (bytes.length === 0 || bytes.length % size !== 0) return undefined;
  return Array.from({ length: bytes.length / size }, (_, index) => bytes.readUIntBE(index * size, size));
}

/** RFC 3442: the prefix length, as many octets of the network as it covers, the router. */
function encodeRoute({ network, router }: Route): Buffer {
  const significant = Math.ceil(network.prefix / 8);
  return Buffer.concat([
    numbers([network.prefix], 1),
    numbers([network.network], 4).subarray(0, significant),
    numbers([router], 4),
  ]);
}

function decodeRoutes(bytes: Buffer): Route[] | undefined {
  const routes: Route[] = [];
  let at = 0;
  while (at < bytes.length) {
    const prefix = bytes.readUInt8(at);
    const significant = Math.ceil(prefix / 8);
    const end = at + 1 + significant + 4;
    if (prefix > 32 || end > bytes.length) return undefined;
    const octets = Buffer.alloc(4);
    bytes.copy(octets, 0, at + 1, at + 1 + significant);
    const cidr = { network: networkOf(readIpv4(octets), prefix), prefix };
    if (!contains(cidr, readIpv4(octets))) return undefined;
    routes.push({ network: cidr, router: readIpv4(bytes, end - 4) });
    at = end;
  }
  return routes.length > 0 ? routes : undefined;
}
