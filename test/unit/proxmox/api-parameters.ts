import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/*
 * The parameters of Proxmox's API as npm's `proxmox-api` has them: its types are generated from the schema that Proxmox
 * publishes. `qm create --name value` takes what POST /nodes/{node}/qemu takes, and so on.
 */

const model = readFileSync(
  createRequire(import.meta.url)
    .resolve("proxmox-api")
    .replace(/(?:esm|cjs)\/.*$/, "esm/model.d.ts"),
  "utf8",
);

/** Names of a call's parameters, each with the name of its type. Throws for a call that there is not. */
export function parametersOf(method: string, path: string): ReadonlyMap<string, string> {
  const call = `* ${method} ${path.replaceAll("{", "\\{").replaceAll("}", "\\}")}\n`;
  const from = model.indexOf(call);
  if (from < 0) throw new Error(`Proxmox's API has no ${method} ${path}`);
  const begin = model.indexOf("{", model.indexOf("$", from + call.length));
  const body = model.slice(begin + 1, model.indexOf("}): Promise", begin));
  return new Map(
    [...body.matchAll(/^\s*(?:'([^']+)'|(\w+))\??: ([^;]+);$/gm)].map((match) => [
      match[1] ?? match[2] ?? "",
      match[3] ?? "",
    ]),
  );
}

/** What is wrong with a parameter's value; undefined: nothing that the types know of. */
export function faultOf(type: string, value: string): string | undefined {
  const at = model.indexOf(`    type ${type} = `);
  if (at < 0) return type === "boolean" && !/^[01]$/.test(value) ? `${value} is not 0 or 1` : undefined;
  const words = [...model.slice(at, model.indexOf(";", at)).matchAll(/'([^']+)'/g)].map((match) => match[1]);
  if (words.length > 0) return words.includes(value) ? undefined : `${value} is none of ${words.join(", ")}`;
  const format = /@format (\{.*\})\s*\n\s*\*\/\s*$/.exec(model.slice(model.lastIndexOf("/**", at), at))?.[1];
  return format === undefined ? undefined : faultInParts(JSON.parse(format), value);
}

interface Part {
  readonly enum?: readonly string[];
  readonly default_key?: number;
  readonly alias?: string;
  readonly type?: string;
}

function faultInParts(parts: Readonly<Record<string, Part>>, value: string): string | undefined {
  for (const word of value.split(",")) {
    const [, key, text] = /^([\w-]+)=(.*)$/.exec(word) ?? [];
    const bare = Object.entries(parts).find(([, part]) => part.default_key === 1)?.[0];
    const name = key ?? bare;
    const part = name === undefined ? undefined : parts[name];
    if (!part) return `${word} is not part of ${Object.keys(parts).join(", ")}`;
    const said = text ?? word;
    if (part.enum && !part.enum.includes(said)) return `${said} is none of ${part.enum.join(", ")}`;
    if (part.type === "boolean" && !/^[01]$/.test(said)) return `${said} is not 0 or 1`;
    if (part.type === "integer" && !/^\d+$/.test(said)) return `${said} is not a number`;
  }
  return undefined;
}
