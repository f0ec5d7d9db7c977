import { readFile } from "node:fs/promises";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { configJsonSchema } from "../../../src/config/json-schema.ts";
import { isRawMap } from "../../../src/config/raw.ts";

describe("the JSON Schema for editors", () => {
  // Formats are for people here; which URL is right Bootwire itself says.
  const validate = new Ajv({ strict: true, strictTypes: false, validateFormats: false }).compile(
    configJsonSchema(),
  );
  const errors = (config: unknown) =>
    validate(config) ? [] : (validate.errors ?? []).map((one) => one.instancePath);

  test("accepts the starter", async () => {
    const starter: unknown = parse(await readFile("templates/bootwire.yaml", "utf8"));
    // `hosts:` with every host commented out: an empty value, which Bootwire takes for none and editors mark.
    const withHosts = isRawMap(starter) ? { ...starter, hosts: [] } : starter;
    expect(errors(withHosts)).toEqual([]);
  });

  test("accepts what the config can say", () => {
    expect(
      errors({
        interface: ["eth0"],
        dhcp: {
          mode: "server",
          subnets: [{ cidr: "10.0.0.0/24", pool: "a", dns: ["10.0.0.1"], options: { 42: ["x"] } }],
        },
        profiles: {
          p: {
            installer: "debian",
            kernel: "k",
            initrd: "i",
            suite: "s",
            mirror: { host: "m" },
            vars: { a: [1, { b: true }] },
          },
        },
        hosts: [
          {
            name: "a",
            mac: "52:54:00:00:00:01",
            network: { address: "10.0.0.5/24" },
            attempts: { limit: 3 },
          },
        ],
      }),
    ).toEqual([]);
  });

  test.each([
    [{ interfaces: "eth0" }, ""],
    [{ dhcp: { mode: "sever" } }, "/dhcp/mode"],
    [{ http: { port: 0 } }, "/http/port"],
    [{ hosts: [{ name: "a" }] }, "/hosts/0"],
    [{ hosts: [{ name: "a", mac: "x", network: { gateway: "10.0.0.1" } }] }, "/hosts/0/network"],
    [{ profiles: { p: { installer: "image" } } }, "/profiles/p"],
    [{ profiles: { p: { installer: "image", image: "a", kernel: "k" } } }, "/profiles/p"],
    [{ defaults: { attempts: { limit: "3" } } }, "/defaults/attempts/limit"],
  ])("refuses %j", (config, path) => {
    expect(errors(config)).toContain(path);
  });

  test("explains every key", () => {
    const silent: string[] = [];
    const walk = (schema: unknown, path: string) => {
      if (!isRawMap(schema)) return;
      for (const [key, child] of Object.entries(isRawMap(schema["properties"]) ? schema["properties"] : {})) {
        const plain = isRawMap(child) && child["description"] === undefined;
        const inner = isRawMap(child) && (child["properties"] !== undefined || child["anyOf"] !== undefined);
        if (plain && !inner) silent.push(`${path}.${key}`);
        walk(child, `${path}.${key}`);
      }
      walk(schema["items"], `${path}[]`);
      walk(schema["additionalProperties"], `${path}.*`);
      for (const branch of [...listOf(schema["anyOf"]), ...listOf(schema["oneOf"])]) walk(branch, path);
    };
    walk(configJsonSchema(), "");
    expect(silent).toEqual([]);
  });
});

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
