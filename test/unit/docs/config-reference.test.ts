import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { configJsonSchema } from "../../../src/config/json-schema.ts";
import { configReference } from "../../../src/config/reference.ts";

test("docs/config.md is what the schema says; if not: npm run docs", () => {
  expect(readFileSync("docs/config.md", "utf8")).toBe(configReference(configJsonSchema()));
});

test("every setting has a line, and is explained", () => {
  const reference = configReference({
    properties: {
      list: {
        type: "array",
        items: { properties: { key: { description: "A | B.", default: 5 } }, required: ["key"] },
      },
      kind: { enum: ["a", "b"], description: "One of two." },
    },
  });
  expect(reference).toContain("| `kind` | One of two. | `a`, `b` |");
  expect(reference).toContain("## `list.…`");
  expect(reference).toContain("| `list.….key` | A \\| B. **(must be there)** | default `5` |");
});
