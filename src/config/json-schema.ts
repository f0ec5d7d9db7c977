import { z } from "zod";
import { fileSchema } from "./schema.ts";

/** A JSON Schema as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * The JSON Schema (draft 7, which editors know best) of what an admin writes. Editors complete and explain keys by it;
 * what takes more than one place to be wrong only `bootwire check` sees.
 */
export function configJsonSchema(): JsonSchema {
  return { ...z.toJSONSchema(fileSchema, { io: "input", target: "draft-7" }) };
}
