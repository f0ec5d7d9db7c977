import { z } from "zod";
import { type OptionValue, readOptionKey, readOptionValue } from "./read-option.ts";
import type { Reading } from "./reading.ts";

/** What an editor shows at a key. */
export interface FieldNotes {
  readonly description: string;
  readonly examples?: string[];
  readonly default?: unknown;
}

/** A zod field of text that `reader` understands. Its faults become issues that carry their code and hint. */
export function textField<T>(notes: FieldNotes, reader: (text: string) => Reading<T>) {
  return z
    .string()
    .meta({ ...notes })
    .transform((text, context): T => {
      const reading = reader(text);
      if (reading.ok) return reading.value;
      const { code, message, hint } = reading.fault;
      context.addIssue({ code: "custom", message, params: { code, hint } });
      return z.NEVER;
    });
}

/** One of something, or a list of them: always a list after reading. */
export function oneOrMany<S extends z.ZodType>(item: S) {
  return z
    .union([item, z.array(item)])
    .transform((value): z.output<S>[] => (Array.isArray(value) ? value : [value]));
}

const optionValue = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.array(z.union([z.string(), z.number()])),
]);

/** DHCP options: by number or well-known name, read into what goes on the wire. */
export const rawOptions = z
  .record(z.string(), optionValue)
  .meta({
    description:
      "DHCP options by number (1 to 254) or well-known name. A number that is not well-known wants a value that says what it is: hex:0a000001, text:…, ip:10.0.0.1, u8:1, u16:1, u32:1.",
    examples: [{ "ntp-servers": ["10.0.0.1"], "224": "hex:0a000001" }],
  })
  .transform((written, context): ReadonlyMap<number, Buffer> => {
    const options = new Map<number, Buffer>();
    const refuse = (key: string, code: string, message: string, hint: string, onKey: boolean) =>
      context.addIssue({ code: "custom", message, path: [key], params: { code, hint, onKey } });
    for (const [key, value] of Object.entries<OptionValue>(written)) {
      const entry = readOptionKey(key);
      if (!entry.ok) {
        refuse(key, entry.fault.code, entry.fault.message, entry.fault.hint, true);
        continue;
      }
      if (options.has(entry.value.code)) {
        const again = `DHCP option ${entry.value.code} is given twice, by number and by name`;
        refuse(key, "BW_CONFIG_OPTION", again, "keep one of the two", true);
        continue;
      }
      const bytes = readOptionValue(entry.value, value);
      if (bytes.ok) options.set(entry.value.code, bytes.value);
      else refuse(key, bytes.fault.code, bytes.fault.message, bytes.fault.hint, false);
    }
    return options;
  });
