import type { OptionCodec } from "../dhcp/option-values.ts";
import { OPTIONS } from "../dhcp/options.ts";

/** Forms on the wire that can be written in a config. */
const FORMS = ["address", "addresses", "text", "u8", "u16", "u32", "i32", "domains", "routes"] as const;

/** How the value of a DHCP option is written in the config, and what becomes of it on the wire. */
export type OptionForm =
  | (typeof FORMS)[number]
  /** Not known by name: the value says its own form (`hex:…`, `text:…`, `ip:…`, `u8:…`, `u16:…`, `u32:…`). */
  | "tagged";

export interface OptionEntry {
  readonly code: number;
  readonly name: string;
  readonly form: OptionForm;
}

/** Those of the options known by name that an admin may want to set; of any other the number is clearer than a name. */
const NAMED: ReadonlySet<number> = new Set([
  ...[2, 3, 4, 6, 7, 12, 15, 17, 26, 28, 42, 44, 66, 67, 100, 101, 108, 114, 119, 121, 150],
  ...[209, 210, 211, 250, 251, 252],
]);

/** The options that an admin may call by name. */
export const OPTION_TABLE: readonly OptionEntry[] = OPTIONS.flatMap(({ code, name, codec }) => {
  const form = NAMED.has(code) ? formOf(codec) : undefined;
  return form ? [{ code, name, form }] : [];
});

function formOf(codec: OptionCodec): OptionForm | undefined {
  return FORMS.find((form) => form === codec);
}

/** Options that belong to the protocol or to a setting of their own, and what to do instead. */
export const RESERVED_OPTIONS: ReadonlyMap<number, string> = new Map([
  [0, "it is padding and carries no value: remove it"],
  [1, "the netmask follows from the subnet's `cidr`: remove this"],
  [50, "it is the client's own: remove it"],
  [51, "set the subnet's `leaseTime` instead"],
  [52, "it is part of the protocol: remove it"],
  [53, "it is part of the protocol: remove it"],
  [54, "set `advertise` to choose the address of this server"],
  [55, "it is the client's own: remove it"],
  [57, "it is the client's own: remove it"],
  [61, "it is the client's own: remove it"],
  [82, "it is the relay's own: remove it"],
  [255, "it ends a message and carries no value: remove it"],
]);
