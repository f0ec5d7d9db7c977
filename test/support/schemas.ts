import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * Where the grammars of other people's formats lie: `BOOTWIRE_SCHEMAS`, or `shared/schemas` beside the clone. They are
 * no part of it, since each has a licence of its own. Tests that need one say so by `describeIf({ files: [path] }, …)`.
 */
export function schemaPath(name: string): string {
  const beside = fileURLToPath(new URL("../../../shared/schemas", import.meta.url));
  return `${process.env["BOOTWIRE_SCHEMAS"] ?? beside}/${name}`;
}

/** A JSON Schema. Throws what reading throws. */
export function readSchema(name: string): Record<string, unknown> {
  const schema: unknown = JSON.parse(readFileSync(schemaPath(name), "utf8"));
  if (typeof schema !== "object" || schema === null) throw new TypeError(`${name} is not a schema`);
  return { ...schema };
}
