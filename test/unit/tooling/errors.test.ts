import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CONFIG_CODES } from "../../../src/config/codes.ts";
import { STALLS } from "../../../src/timeline/stalls.ts";

function textOf(folder: string, ending: RegExp): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && ending.test(entry.name) && entry.name !== "errors.test.ts")
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
    .join("\n");
}

/** Codes as they are written in a source: a string, or a key of a table. */
function codesIn(source: string): ReadonlySet<string> {
  return new Set(
    [...source.matchAll(/(?:"|^\s+)(BW_[A-Z0-9]+(?:_[A-Z0-9]+)*)\b(?:"|:)/gm)].flatMap(
      ([, code]) => code ?? [],
    ),
  );
}

const page = readFileSync("docs/errors.md", "utf8");
const rows = new Map(
  [...page.matchAll(/^\| `(BW_\w+)` \| (.+) \|$/gm)].map(([, code, rest]) => [code, rest]),
);
const codes = [...codesIn(textOf("src", /\.tsx?$/))].toSorted();

describe("every error", () => {
  test("is found in the source", () => {
    expect(codes.length).toBeGreaterThan(100);
    expect(codes).toEqual(expect.arrayContaining(["BW_PORT_IN_USE", "BW_CONFIG_MAC", "BW_STALL_NO_LOADER"]));
  });

  test("has a line in docs/errors.md that says what to do, and no other has", () => {
    expect(
      codes.filter((code) => !rows.has(code)),
      "add a line to docs/errors.md",
    ).toEqual([]);
    expect([...rows.keys()].filter((code) => !codes.includes(code ?? ""))).toEqual([]);
  });

  test("is in a test, by its code", () => {
    const tests = textOf("test", /\.(?:ts|mjs)$/);
    const untested = codes.filter((code) => !new RegExp(`\\b${code}\\b`).test(tests));
    expect(untested, "write a test in which it happens").toEqual([]);
  });

  test("of a config, and every stall, is on the page in the words of the program", () => {
    for (const [code, text] of Object.entries(CONFIG_CODES)) expect(rows.get(code)).toContain(text);
    for (const [code, { remedy }] of Object.entries(STALLS)) expect(rows.get(code)).toContain(remedy);
  });
});
