import { Ajv, type AnySchema } from "ajv";
import { default as draft04 } from "ajv-draft-04";
import { readSchema } from "./schemas.ts";

/** What a schema finds wrong with data, one line each; none: it is valid. */
export type Validator = (data: unknown) => readonly string[];

/** A validator of a schema of the schemas folder. Unknown formats and keywords of theirs are let be. */
export function jsonSchemaValidator(name: string, draft: "04" | "07" = "07"): Validator {
  const options = { strict: false, allErrors: true, validateFormats: false };
  const ajv = draft === "04" ? new draft04.default(options) : new Ajv(options);
  const schema = readSchema(name);
  if (!isSchema(schema)) throw new Error(`${name} is not a schema`);
  const validate = ajv.compile(schema);
  return (data) => {
    if (validate(data)) return [];
    return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ""}`);
  };
}

function isSchema(value: unknown): value is AnySchema {
  return typeof value === "object" && value !== null;
}
