import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { folderWith } from "./temporary-folder.ts";

/** A clone of ours in small: enough files for the checker to believe that it sees a clone. */
const clone = {
  "package.json": '{"name":"small","type":"module"}',
  "test/a.test.ts": 'import { x } from "../src/net/file0.ts";\nx;\n',
  ...Object.fromEntries(
    Array.from({ length: 80 }, (_, i) => [`src/net/file${i}.ts`, `export const x = ${i};\n`]),
  ),
};

function checkImports(folder: string) {
  const run = spawnSync(process.execPath, ["scripts/check-imports.mjs", folder], { encoding: "utf8" });
  return { status: run.status, text: run.stdout + run.stderr };
}

test("imports that keep to the rules pass", () => {
  const { status, text } = checkImports(folderWith(clone));
  expect(text).toContain("81 files, 1 imports");
  expect(text).toContain(" 0 problems");
  expect(status).toBe(0);
});

test("wrong imports fail and are named with their rules: of code, of types alone, from a folder without rules", () => {
  const wrong = {
    "src/dhcp/a.ts": 'import "../machines/b.ts";\n',
    "src/machines/b.ts": "export const x = 1;\n",
    "src/net/a.ts": 'import type { X } from "../tftp/b.ts";\nexport type Y = X;\n',
    "src/tftp/b.ts": "export type X = 1;\n",
    "src/helpers/a.ts": 'import "../net/file1.ts";\n',
  };
  const { status, text } = checkImports(folderWith({ ...clone, ...wrong }));
  expect(text).toContain("dhcp-imports: src/dhcp/a.ts → src/machines/b.ts");
  expect(text).toContain("net-imports: src/net/a.ts → src/tftp/b.ts");
  expect(text).toContain("known-folders: src/helpers/a.ts");
  expect(status).toBe(1);
});

test("a checker that sees next to nothing fails", () => {
  const { "package.json": manifest, "test/a.test.ts": testFile } = clone;
  const few = {
    "package.json": manifest,
    "test/a.test.ts": testFile,
    "src/net/file0.ts": "export const x = 1;\n",
  };
  const { status, text } = checkImports(folderWith(few));
  expect(text).toContain("only 2 files found");
  expect(status).toBe(1);
});
