import type { JsonSchema } from "./json-schema.ts";
import { isRawMap, type RawMap, rawList } from "./raw.ts";

/**
 * The reference of the config for people (docs/config.md), made of the JSON Schema that editors read, so that there is one
 * truth: the schema that reads the file. Pure.
 */
export function configReference(schema: JsonSchema): string {
  const definitions = isRawMap(schema["definitions"]) ? schema["definitions"] : {};
  const lines = [...HEAD];
  section(schema, [], lines, definitions, 2);
  return `${lines.join("\n")}\n`;
}

const HEAD = [
  "# The config, setting by setting",
  "",
  "Made of the schema by `npm run docs`: change the schema, not this file. `bootwire schema` prints the same for editors.",
  "`…` stands for each entry of a list, `NAME` for a name that you choose. Settings of `defaults` may stand in a profile and at",
  "a host as well; the closest one wins.",
];
/** Said once, in `defaults`; profiles and hosts have them too. */
const SHARED = ["defaults"];

/** The settings of one mapping as a table, then a section for each mapping inside. */
function section(
  schema: RawMap,
  path: readonly string[],
  lines: string[],
  definitions: RawMap,
  level: number,
): void {
  const properties = propertiesOf(schema);
  const required = rawList(schema["required"]);
  const common = path.length > 0 && !SHARED.includes(path[0] ?? "") ? commonKeys(lines) : new Set<string>();
  const shown = Object.entries(properties).filter(([key]) => !common.has(`${SHARED[0]}.${key}`));
  if (shown.length > 0) {
    lines.push("", "| setting | what it is | default, or examples |", "|---|---|---|");
    for (const [key, value] of shown) {
      const one = resolved(value, definitions);
      const name = [...path, key].join(".");
      const must = required.includes(key) ? " **(must be there)**" : "";
      lines.push(`| \`${name}\` | ${description(one)}${must} | ${usual(one)} |`);
    }
  }
  for (const [key, value] of shown) {
    for (const inner of mappingsIn(value, definitions)) {
      const at = [...path, key, ...inner.steps];
      const name = at.join(".");
      const what = inner.title === undefined ? "" : ` (\`installer: ${inner.title}\`)`;
      lines.push("", `${"#".repeat(Math.min(level, 4))} \`${name}\`${what}`);
      section(inner.schema, at, lines, definitions, level + 1);
    }
  }
}

interface Inner {
  readonly schema: RawMap;
  readonly steps: readonly string[];
  readonly title: string | undefined;
}

/** The mappings with settings of their own in a value: itself, in a list, behind names, or one of several kinds. */
function mappingsIn(value: unknown, definitions: RawMap): Inner[] {
  const schema = resolved(value, definitions);
  if (Object.keys(propertiesOf(schema)).length > 0) {
    const title = schema["title"];
    return [{ schema, steps: [], title: typeof title === "string" ? title : undefined }];
  }
  const below = (inner: unknown, step: string): Inner[] =>
    mappingsIn(inner, definitions).map((one) => ({ ...one, steps: [step, ...one.steps] }));
  if (isRawMap(schema["items"])) return below(schema["items"], "…");
  const named = schema["additionalProperties"];
  if (isRawMap(named) && value !== named) return below(named, "NAME");
  return [...rawList(schema["oneOf"]), ...rawList(schema["anyOf"])].flatMap((one) =>
    mappingsIn(one, definitions),
  );
}

/** Names that the tables so far have explained. */
function commonKeys(lines: readonly string[]): Set<string> {
  return new Set(lines.flatMap((line) => /^\| `(defaults\.[^.`]+)`/.exec(line)?.[1] ?? []));
}

function propertiesOf(schema: RawMap): RawMap {
  return isRawMap(schema["properties"]) ? schema["properties"] : {};
}

/** A schema that only names another one is the other one. Values for templates contain themselves: they are left alone. */
function resolved(value: unknown, definitions: RawMap): RawMap {
  if (!isRawMap(value)) return {};
  const name = /^#\/definitions\/(.+)$/.exec(String(value["$ref"] ?? ""))?.[1];
  const found = name === undefined ? undefined : definitions[name];
  return isRawMap(found) ? { type: found["type"], description: found["description"] } : value;
}

function description(schema: RawMap): string {
  const own = schema["description"];
  if (typeof own === "string") return cell(own);
  const inner = [...rawList(schema["anyOf"]), schema["items"]].find(
    (one) => isRawMap(one) && typeof one["description"] === "string",
  );
  return isRawMap(inner) ? cell(String(inner["description"])) : "";
}

function usual(schema: RawMap): string {
  const told: string[] = [];
  const words = rawList(schema["enum"]);
  if (words.length > 0) told.push(words.map(code).join(", "));
  if (schema["default"] !== undefined) told.push(`default ${code(schema["default"])}`);
  const inner = rawList(schema["anyOf"]).find(isRawMap);
  const examples = [...rawList(schema["examples"]), ...rawList(inner?.["examples"])];
  if (examples.length > 0 && told.length === 0) told.push(`such as ${examples.map(code).join(", ")}`);
  return told.join("; ");
}

function code(value: unknown): string {
  return `\`${cell(typeof value === "string" ? value : JSON.stringify(value))}\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
