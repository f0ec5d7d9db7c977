import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { folderWith } from "./temporary-folder.ts";

/** The names of the lint rules that this text breaks when it stands at this path. */
function brokenRules(path: string, text: string): string[] {
  const grit = "scripts/lint/no-ambient-date.grit";
  const folder = folderWith({
    "biome.json": readFileSync("biome.json", "utf8").replace('"enabled": true', '"enabled": false'),
    [grit]: readFileSync(grit, "utf8"),
    [path]: text,
  });
  const biome = spawnSync(
    process.execPath,
    ["node_modules/@biomejs/biome/bin/biome", "lint", "--colors=off", `--config-path=${folder}`, folder],
    { encoding: "utf8" },
  );
  return [...(biome.stdout + biome.stderr).matchAll(/^\S+:\d+:\d+ (\S+)/gm)].map((match) => match[1] ?? "");
}

const ambient: Readonly<Record<string, string>> = {
  "export const x = Date.now();": "lint/nursery/noJsRestrictedProperties",
  "export const x = Math.random();": "lint/nursery/noJsRestrictedProperties",
  "export const x = process.hrtime.bigint();": "lint/nursery/noJsRestrictedProperties",
  "globalThis.setTimeout(() => undefined, 5);": "lint/nursery/noJsRestrictedProperties",
  "export const x = new Date();": "plugin",
  "export const x = performance.now();": "lint/style/noRestrictedGlobals",
  "setTimeout(() => undefined, 5);": "lint/style/noRestrictedGlobals",
  "setInterval(() => undefined, 5);": "lint/style/noRestrictedGlobals",
  'import { randomUUID } from "node:crypto";\nexport const x = randomUUID();':
    "lint/style/noRestrictedImports",
  'import { setTimeout as sleep } from "node:timers/promises";\nexport const x = sleep;':
    "lint/style/noRestrictedImports",
  'export const x = process.env["HOME"];': "lint/style/noProcessEnv",
};

test.each(Object.entries(ambient))("core code with `%s` is refused", (text, rule) => {
  expect(brokenRules("src/dhcp/engine.ts", text)).toContain(rule);
});

test("the shell may read the clock, take randomness and set timers", () => {
  const text = `setTimeout(() => undefined, 5);
export const x = [Date.now(), Math.random(), performance.now(), process.hrtime.bigint(), new Date()];
`;
  expect(brokenRules("src/daemon/daemon.ts", text)).toEqual([]);
});

test("core code may build a date of an instant that it was given, and hash", () => {
  const text = `import { createHash } from "node:crypto";
export const x = (instant: number) => new Date(instant).toISOString();
export const y = createHash("sha256").update("z").digest("hex");
`;
  expect(brokenRules("src/machines/life.ts", text)).toEqual([]);
});

test("a promise that nobody waits for is refused", () => {
  const text = `async function work(): Promise<number> {
  return 1;
}
export function start(): void {
  work();
}
`;
  expect(brokenRules("src/http/app.ts", text)).toEqual(["lint/nursery/noFloatingPromises"]);
});

test("an unchecked cast is refused, `as const` is not", () => {
  expect(brokenRules("src/dhcp/a.ts", "export const x = (y: unknown) => y as string;")).toEqual([
    "lint/nursery/noUnsafeTypeAssertion",
  ]);
  expect(brokenRules("src/dhcp/a.ts", "export const x = [1] as const;")).toEqual([]);
});
