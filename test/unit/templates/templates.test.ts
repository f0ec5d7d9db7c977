import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { parse as parseToml } from "smol-toml";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { BootwireError } from "../../../src/errors.ts";
import { builtInTemplates, loadTemplates, Templates } from "../../../src/templates/templates.ts";

/** Templates of which each has the given text. */
function templates(texts: Record<string, string>): Templates {
  return new Templates(
    new Map(Object.entries(texts).map(([name, text]) => [name, { path: `/t/${name}`, text }])),
  );
}

function render(text: string, view: object): string {
  return templates({ "x.hbs": text }).render("x.hbs", view);
}

/** The message of the BW_TEMPLATE that rendering throws. */
function complaint(text: string, view: object): string {
  try {
    render(text, view);
  } catch (error) {
    if (error instanceof BootwireError && error.code === "BW_TEMPLATE") return error.message;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("what is missing is an error that names file and line", () => {
  test.each([
    ["a plain name", "one\n{{nope}}\n", /^\/t\/x\.hbs:2: .*"?nope/],
    ["a name inside of an object", "\n\n{{user.nope}}", /^\/t\/x\.hbs:3: .*nope/],
    ["a name given to a helper", "one\n{{yaml nope}}", /^\/t\/x\.hbs:2: .*yaml/],
    ["a condition", "{{#if nope}}x{{/if}}", /^\/t\/x\.hbs:1: .*#if/],
    ["a negated condition", "\n{{#unless nope}}x{{/unless}}", /^\/t\/x\.hbs:2: .*#unless/],
    ["a list", "{{#each nope}}x{{/each}}", /^\/t\/x\.hbs:1: .*#each/],
    ["an argument of a helper in a condition", "{{#if (eq nope 1)}}x{{/if}}", /^\/t\/x\.hbs:1: .*eq/],
    ["a helper that there is not", "{{quote user}}", /^\/t\/x\.hbs:1: .*quote/],
  ])("%s", (_label, text, message) => {
    expect(complaint(text, { user: { name: "a" } })).toMatch(message);
  });

  test("a template that is not well-formed", () => {
    expect(complaint("fine\n{{#if a}}\n", { a: 1 })).toMatch(/^\/t\/x\.hbs:\d: /);
    expect(complaint("{{a", { a: 1 })).toMatch(/^\/t\/x\.hbs:1: /);
  });

  test("a value of the wrong kind", () => {
    expect(complaint("\n{{join name ' '}}", { name: "a" })).toMatch(/:2: join wants a list/);
    expect(complaint("{{shell list}}", { list: ["a"] })).toMatch(/:1: not a text/);
    expect(complaint("{{preseed text}}", { text: "a\nb" })).toMatch(/:1: .*span lines/);
  });
});

test("what is there but empty is no error", () => {
  expect(render("{{#if a}}x{{else}}y{{/if}}{{#each b}}x{{/each}}{{c}}", { a: null, b: [], c: "" })).toBe("y");
  expect(render('{{#if (has vars "proxy")}}{{vars.proxy}}{{else}}none{{/if}}', { vars: {} })).toBe("none");
});

test("text goes out as it is, without HTML's escapes", () => {
  expect(render("{{a}}", { a: `<"&'>` })).toBe(`<"&'>`);
});

/** Whether XML 1.0 can say it at all (§2.2). */
function isXmlText(text: string): boolean {
  return /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u.test(text);
}

function unescapeXml(text: string): string {
  const named: Readonly<Record<string, string>> = {
    amp: "&",
    lt: "<",
    gt: ">",
    quot: '"',
    apos: "'",
    "#13": "\r",
  };
  return text.replace(/&([^;]+);/g, (_, name: string) => named[name] ?? `unknown: ${name}`);
}

describe("quoting", () => {
  const anyText = fc.string({
    unit: fc.oneof(
      fc.string({ minLength: 1, maxLength: 1 }),
      fc.constantFrom("'", '"', "\\", "\n", "$", "`", ": ", " #", "\u2028", "\u0085", "ä", "💾"),
    ),
  });

  test("yaml: a reader gets back what went in", () => {
    fc.assert(
      fc.property(anyText, (value) => {
        expect(parse(render("key: {{yaml value}}", { value }))).toEqual({ key: value });
      }),
    );
    expect(parse(render("{{yaml value}}", { value: ["a: b", 1, true, null, { c: "-" }] }))).toEqual([
      "a: b",
      1,
      true,
      null,
      { c: "-" },
    ]);
  });

  test("json: a reader gets back what went in", () => {
    fc.assert(
      fc.property(anyText, (value) => {
        expect(JSON.parse(render("{{json value}}", { value }))).toBe(value);
      }),
    );
  });

  test("toml: a reader gets back what went in", () => {
    const value = fc.oneof(
      anyText,
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
    );
    const tree = fc.oneof(value, fc.array(value), fc.dictionary(anyText, value));
    fc.assert(
      fc.property(tree, (input) => {
        // TOML knows no negative zero among its integers, and smol-toml's tables have no prototype.
        const plain = (read: unknown) => JSON.parse(JSON.stringify(read));
        expect(plain(parseToml(render("key = {{toml input}}", { input })))).toEqual(plain({ key: input }));
      }),
    );
    expect(complaint("{{toml input}}", { input: null })).toMatch(/:1: .*TOML/);
  });

  test("xml: a reader gets back what went in", () => {
    fc.assert(
      fc.property(fc.array(anyText.filter(isXmlText), { minLength: 1, maxLength: 20 }), (values) => {
        const text = render('{{#each values}}<a b="{{xml this}}">{{xml this}}</a>\n{{/each}}', { values });
        const read = [...text.matchAll(/<a b="([^"<]*)">([^<]*)<\/a>\n/g)].map((match) =>
          match.slice(1).map(unescapeXml),
        );
        expect(read).toEqual(values.map((value) => [value, value]));
      }),
    );
    expect(complaint("{{xml text}}", { text: "\u0000" })).toMatch(/:1: .*XML/);
  });

  test("kickstart: Python's shlex, which Anaconda uses, gets one word, as it went in", () => {
    const word = fc.string({ unit: fc.constantFrom("'", '"', "\\", "$", "#", " ", "%", "a", "ä") });
    // One Python for all of them: starting it takes longest.
    const values = fc.sample(word, 500);
    const input = render("{{#each values}}command {{kickstart this}}\n{{/each}}", { values });
    const program =
      "import json, shlex, sys\n" +
      "lines = sys.stdin.buffer.read().decode().split('\\n')[:-1]\n" +
      "print(json.dumps([shlex.split(line, comments=True) for line in lines]))";
    const { stdout, stderr } = spawnSync("python3", ["-c", program], { encoding: "utf8", input });
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual(values.map((value) => ["command", value]));
    expect(complaint("{{kickstart text}}", { text: "a\nreboot" })).toMatch(/:1: .*span lines/);
  });

  test("shell: a shell gets one word, as it went in", () => {
    const word = fc.string({
      unit: fc.constantFrom("'", '"', "\\", "\n", "$", "`", " ", "*", "!", "a", "ä"),
    });
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 40 }), (values) => {
        const script = render("{{#each values}}printf '%s\\0' {{shell this}}\n{{/each}}", { values });
        const { stdout } = spawnSync("sh", ["-c", script], { encoding: "utf8" });
        expect(stdout.split("\0").slice(0, -1)).toEqual(values);
      }),
      { numRuns: 30 },
    );
  });
});

describe("the folders", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "bootwire-templates-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test("an admin's files win one by one, and errors name them", async () => {
    await mkdir(join(folder, "image"));
    await writeFile(join(folder, "image/meta-data.hbs"), "mine: {{yaml hostname}}\n{{typo}}");
    const loaded = await loadTemplates(builtInTemplates(), folder);
    const file = join(folder, "image/meta-data.hbs");
    expect(() => loaded.render("image/meta-data.hbs", { hostname: "a" })).toThrow(`${file}:2: `);
    expect(loaded.source("image/init").path).toBe(join(builtInTemplates(), "image/init"));
  });

  test("names lists what is there, sorted", async () => {
    const loaded = await loadTemplates(builtInTemplates(), undefined);
    expect(loaded.names("debian/")).toContain("debian/preseed.cfg.hbs");
    expect(loaded.names("nothing/")).toEqual([]);
  });

  test("a template that is not there, and a folder that is not there", async () => {
    expect(() => templates({}).render("no.hbs", {})).toThrow(
      expect.objectContaining({ code: "BW_TEMPLATE_MISSING" }),
    );
    await expect(loadTemplates(builtInTemplates(), join(folder, "no"))).rejects.toMatchObject({
      code: "BW_TEMPLATES_UNREADABLE",
    });
  });
});
