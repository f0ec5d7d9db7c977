import { formatIpv4, parseCidr, parseIpv4 } from "../net/ipv4.ts";
import { OPTION_TABLE, type OptionEntry, type OptionForm, RESERVED_OPTIONS } from "./option-table.ts";
import { type Fault, fault, type Reading, read } from "./reading.ts";
import { didYouMean } from "./suggest.ts";

/** An option's value as it stands in the config. */
export type OptionValue = string | number | boolean | readonly (string | number)[];

const TAGGED_HINT = "say what it is: hex:0a000001, text:…, ip:10.0.0.1, u8:1, u16:1, u32:1";

/** Which option a key of an `options` mapping means: a number of 1 to 254, or a name of the table. */
export function readOptionKey(key: string): Reading<OptionEntry> {
  if (/^\d{1,3}$/.test(key)) {
    const code = Number(key);
    const reserved = RESERVED_OPTIONS.get(code);
    if (reserved !== undefined) {
      return fault("BW_CONFIG_OPTION", `DHCP option ${code} cannot be set here`, reserved);
    }
    if (code <= 254) {
      return read(OPTION_TABLE.find((entry) => entry.code === code) ?? { code, name: key, form: "tagged" });
    }
  }
  const byName = OPTION_TABLE.find((entry) => entry.name === key);
  if (byName) return read(byName);
  const near = didYouMean(
    key,
    OPTION_TABLE.map((entry) => entry.name),
  );
  return fault(
    "BW_CONFIG_OPTION",
    `there is no DHCP option “${key}”`,
    near === undefined
      ? "write its number, from 1 to 254"
      : `did you mean ${near}? Any option can be given by its number`,
  );
}

/** The bytes of an option's value as they go on the wire. */
export function readOptionValue(entry: OptionEntry, value: OptionValue): Reading<Buffer> {
  const name = /^\d+$/.test(entry.name) ? `option ${entry.code}` : `option ${entry.code} (${entry.name})`;
  const items = typeof value === "object" ? value : [value];
  if (items.length === 0)
    return fault("BW_CONFIG_OPTION", `${name} has no value`, "remove it, or give it a value");
  const encoded = encode(entry.form, items);
  if (Buffer.isBuffer(encoded)) {
    if (encoded.length > 0) return read(encoded);
    return fault("BW_CONFIG_OPTION", `${name} has no value`, "remove it, or give it a value");
  }
  return fault("BW_CONFIG_OPTION", `${name}: ${encoded.message}`, encoded.hint);
}

type Refusal = Pick<Fault, "message" | "hint">;
type OptionItem = string | number | boolean;
type Encoder = (item: OptionItem) => Buffer | Refusal;

const ENCODERS: Readonly<Record<Exclude<OptionForm, "tagged">, Encoder>> = {
  address: encodeAddress,
  addresses: encodeAddress,
  domains: encodeDomain,
  routes: encodeRoute,
  text: encodeText,
  u8: (item) => encodeNumber(item, 1),
  u16: (item) => encodeNumber(item, 2),
  u32: (item) => encodeNumber(item, 4),
  i32: encodeSigned,
};

const LIST_FORMS: readonly OptionForm[] = ["addresses", "domains", "routes"];

function encode(form: OptionForm, items: readonly OptionItem[]): Buffer | Refusal {
  const [first] = items;
  // A value that names its own form wins over the table's.
  if (items.length === 1 && typeof first === "string" && /^(?:hex|text|ip|u8|u16|u32):/.test(first)) {
    return encodeTagged(first);
  }
  if (form === "tagged") return { message: "what its value means is not known", hint: TAGGED_HINT };
  if (items.length > 1 && !LIST_FORMS.includes(form)) {
    return { message: "one value is expected, not a list", hint: "write a single value" };
  }
  return joined(items, ENCODERS[form]);
}

function joined(items: readonly OptionItem[], one: Encoder): Buffer | Refusal {
  const parts: Buffer[] = [];
  for (const item of items) {
    const part = one(item);
    if (!Buffer.isBuffer(part)) return part;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function encodeTagged(text: string): Buffer | Refusal {
  const colon = text.indexOf(":");
  const tag = text.slice(0, colon);
  const rest = text.slice(colon + 1);
  switch (tag) {
    case "hex": {
      const digits = rest.replaceAll(/[\s:]/g, "");
      if (/^(?:[0-9a-f]{2})+$/i.test(digits)) return Buffer.from(digits, "hex");
      return {
        message: `“${rest}” are not bytes in hexadecimal`,
        hint: "write two digits a byte, like hex:0a000001",
      };
    }
    case "text":
      return Buffer.from(rest, "utf8");
    case "ip":
      return joined(
        rest.split(",").map((part) => part.trim()),
        encodeAddress,
      );
    case "u8":
      return encodeNumber(rest, 1);
    case "u16":
      return encodeNumber(rest, 2);
    case "u32":
      return encodeNumber(rest, 4);
    default:
      return { message: `“${text}” is not understood`, hint: TAGGED_HINT };
  }
}

function encodeAddress(item: OptionItem): Buffer | Refusal {
  const address = typeof item === "string" ? parseIpv4(item) : undefined;
  if (address === undefined) {
    return { message: `“${item}” is not an IPv4 address`, hint: "write it like 10.0.0.1, several as a list" };
  }
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(address);
  return bytes;
}

function encodeText(item: OptionItem): Buffer | Refusal {
  if (typeof item === "string") return Buffer.from(item, "utf8");
  return { message: `${item} is not text`, hint: `put it in quotes: "${item}"` };
}

function encodeNumber(item: OptionItem, octets: 1 | 2 | 4): Buffer | Refusal {
  const max = 256 ** octets - 1;
  const value = typeof item === "string" && /^\d{1,10}$/.test(item) ? Number(item) : item;
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > max) {
    return {
      message: `“${item}” is not a whole number of 0 to ${max}`,
      hint: `write a number of 0 to ${max}`,
    };
  }
  const bytes = Buffer.alloc(octets);
  bytes.writeUIntBE(value, 0, octets);
  return bytes;
}

function encodeSigned(item: OptionItem): Buffer | Refusal {
  if (typeof item !== "number" || !Number.isInteger(item) || Math.abs(item) > 0x7fff_ffff) {
    return { message: `“${item}” is not a whole number`, hint: "write a number, like 3600 or -3600" };
  }
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(item);
  return bytes;
}

/** RFC 1035 §3.1 labels, as RFC 3397 wants them, uncompressed. */
function encodeDomain(item: OptionItem): Buffer | Refusal {
  const labels = typeof item === "string" ? item.replace(/\.$/, "").split(".") : [];
  const good =
    labels.length > 0 && labels.every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?$/i.test(label));
  if (!good || labels.join(".").length > 253) {
    return { message: `“${item}” is not a domain`, hint: "write it like lab.example.org, several as a list" };
  }
  const parts = labels.map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`, "latin1"));
  return Buffer.concat([...parts, Buffer.of(0)]);
}

/** RFC 3442: the prefix length, as many octets of the network as it covers, the router. */
function encodeRoute(item: OptionItem): Buffer | Refusal {
  const match = typeof item === "string" ? /^(\S+)\s+via\s+(\S+)$/.exec(item) : null;
  const target = match?.[1] === "default" ? "0.0.0.0/0" : match?.[1];
  const cidr = target === undefined ? undefined : parseCidr(target);
  const router = match?.[2] === undefined ? undefined : parseIpv4(match[2]);
  if (!cidr || router === undefined) {
    return {
      message: `“${item}” is not a route`,
      hint: "write it like 10.1.0.0/16 via 10.0.0.1, several as a list",
    };
  }
  const octets = formatIpv4(cidr.network)
    .split(".")
    .slice(0, Math.ceil(cidr.prefix / 8))
    .map(Number);
  return Buffer.from([cidr.prefix, ...octets, ...formatIpv4(router).split(".").map(Number)]);
}
