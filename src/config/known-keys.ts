import { configJsonSchema, type JsonSchema } from "./json-schema.ts";
import { isRawMap, rawAt, rawList } from "./raw.ts";

/** The keys that the mapping at a path may have: found in the JSON Schema, so that there is one list of them. */
export function knownKeys(data: unknown, path: readonly (string | number)[]): string[] {
  let candidates: JsonSchema[] = branches([configJsonSchema()], data);
  path.forEach((step, index) => {
    const next = candidates.flatMap((schema) => {
      const child =
        typeof step === "number"
          ? schema["items"]
          : (rawAt(schema, ["properties", step]) ?? schema["additionalProperties"]);
      return isRawMap(child) ? [child] : [];
    });
    candidates = branches(next, rawAt(data, path.slice(0, index + 1)));
  });
  return [
    ...new Set(
      candidates.flatMap((schema) => Object.keys(isRawMap(schema["properties"]) ? schema["properties"] : {})),
    ),
  ];
}

/** Alternatives unfolded; of those told apart by a constant (`installer`), the ones that the data chose. */
function branches(schemas: readonly JsonSchema[], value: unknown): JsonSchema[] {
  return schemas.flatMap((schema) => {
    const alternatives = [...rawList(schema["anyOf"]), ...rawList(schema["oneOf"])].filter(isRawMap);
    if (alternatives.length === 0) return [schema];
    return branches(alternatives, value).filter((branch) => {
      const constant = rawAt(branch, ["properties", "installer", "const"]);
      return constant === undefined || constant === rawAt(value, ["installer"]);
    });
  });
}
