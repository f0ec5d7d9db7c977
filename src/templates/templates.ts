import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import Handlebars from "handlebars";
import { parse } from "yaml";
import { z } from "zod";
import { BootwireError } from "../errors.ts";
import { templateHelpers } from "./helpers.ts";

/** A file of the templates folders as it lies on the disk. */
export interface TemplateSource {
  /** Absolute path: the admin's own file, where there is one. */
  readonly path: string;
  readonly text: string;
}

/** The files of a templates folder by their names. */
export type TemplateSources = ReadonlyMap<string, TemplateSource>;

const KEPT = z.array(z.object({ name: z.string(), path: z.string(), text: z.string() }));

/**
 * The files of the templates folder by name (`boot/install.ipxe.hbs`): `*.hbs` are Handlebars templates, others are
 * taken as they are.
 */
export class Templates {
  readonly #sources: TemplateSources;
  readonly #compiled = new Map<string, HandlebarsTemplateDelegate>();
  readonly #handlebars = Handlebars.create();

  constructor(sources: TemplateSources) {
    this.#sources = sources;
    // Handlebars' own `log` writes to the console, and `lookup` yields undefined where strict mode would fail.
    for (const name of ["log", "lookup"]) this.#handlebars.unregisterHelper(name);
    for (const [name, helper] of templateHelpers()) this.#handlebars.registerHelper(name, helper);
  }

  /**
   * Renders a template. Throws BW_TEMPLATE_MISSING when there is none of that name, BW_TEMPLATE (with the file and the
   * line) when it is malformed or names a value that is not there.
   */
  render(name: string, view: object): string {
    const source = this.source(name);
    try {
      let template = this.#compiled.get(name);
      if (!template) {
        template = this.#handlebars.compile(source.text, { strict: true, noEscape: true });
        this.#compiled.set(name, template);
      }
      return template(view);
    } catch (error) {
      throw renderingFailed(source, error);
    }
  }

  /**
   * Renders a template that stands in the config itself; `where` names the place in messages. Throws BW_TEMPLATE.
   */
  renderText(where: string, text: string, view: object): string {
    try {
      return this.#handlebars.compile(text, { strict: true, noEscape: true })(view);
    } catch (error) {
      throw renderingFailed({ path: where, text }, error);
    }
  }

  /**
   * Renders a template that is YAML, for formats of which YAML is the readable form. Throws what `render` throws, and
   * BW_TEMPLATE when what comes of it is not YAML.
   */
  renderYaml(name: string, view: object): unknown {
    const rendered = this.render(name, view);
    try {
      return parse(rendered);
    } catch (error) {
      throw renderingFailed(this.source(name), error);
    }
  }

  /** A file as it is. Throws BW_TEMPLATE_MISSING. */
  source(name: string): TemplateSource {
    const source = this.#sources.get(name);
    if (source) return source;
    throw new BootwireError(
      "BW_TEMPLATE_MISSING",
      `there is no template ${name}`,
      "It belongs to the program: install it anew, or put a file of that name into your templates folder.",
    );
  }

  /** All of them as one text, to be kept; the same files give the same text. */
  toText(): string {
    const names = [...this.#sources.keys()].sort();
    return JSON.stringify(names.map((name) => ({ name, ...this.source(name) })));
  }

  /** What `toText` made. Throws what JSON and zod say of any other text. */
  static fromText(text: string): Templates {
    const files = KEPT.parse(JSON.parse(text));
    return new Templates(new Map(files.map(({ name, ...source }) => [name, source])));
  }

  /** Names of all files below a folder (`image/`), sorted. */
  names(prefix: string): readonly string[] {
    return [...this.#sources.keys()].filter((name) => name.startsWith(prefix)).sort();
  }
}

/** The folder of the templates that come with the program. */
export function builtInTemplates(): string {
  return fileURLToPath(new URL("../../templates/", import.meta.url));
}

/**
 * Reads the templates: those of the program, and the admin's own folder, whose files win one by one. Throws
 * BW_TEMPLATES_UNREADABLE.
 */
export async function loadTemplates(builtIn: string, override: string | undefined): Promise<Templates> {
  return new TemplateReader(builtIn).load(override);
}

/**
 * The same for one who reads them again: the program's own stay as they were when they were first read, since an upgrade
 * may replace the files below a running daemon.
 */
export class TemplateReader {
  readonly #folder: string;
  #builtIn: TemplateSources | undefined;

  constructor(builtIn: string) {
    this.#folder = builtIn;
  }

  async load(override: string | undefined): Promise<Templates> {
    this.#builtIn ??= await readTree(this.#folder);
    const own = override === undefined ? [] : await readTree(override);
    return new Templates(new Map([...this.#builtIn, ...own]));
  }
}

async function readTree(folder: string): Promise<TemplateSources> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    // All at once: one after the other each would wait for whatever else a busy daemon does.
    const sources = entries
      .filter((entry) => entry.isFile())
      .map(async (entry): Promise<[string, TemplateSource]> => {
        const path = join(entry.parentPath, entry.name);
        const name = relative(folder, path).split(sep).join("/");
        return [name, { path, text: await readFile(path, "utf8") }];
      });
    return new Map(await Promise.all(sources));
  } catch (error) {
    throw new BootwireError(
      "BW_TEMPLATES_UNREADABLE",
      `the templates in ${folder} cannot be read: ${error instanceof Error ? error.message : error}`,
      'Check the folder and its rights, or leave "templates" out of the config.',
      { cause: error },
    );
  }
}

function renderingFailed({ path, text }: TemplateSource, error: unknown): BootwireError {
  const message = error instanceof Error ? error.message : String(error);
  const line = lineOf(error, message);
  const place = line === undefined ? path : `${path}:${line}`;
  const written = line === undefined ? undefined : text.split("\n")[line - 1]?.trim();
  // Handlebars adds line and column once more, and draws an arrow below a piece of the template.
  const reason = message
    .replace(/ - \d+:\d+$/, "")
    .replace(/^(Parse|Lexical) error on line \d+[\s\S]*$/, "it is not well-formed");
  return new BootwireError(
    "BW_TEMPLATE",
    `${place}: ${reason}${written === undefined ? "" : `, in: ${written}`}`,
    "Correct the template, or give the value: a profile's or host's vars, for a name that starts with vars.",
    { cause: error },
  );
}

/** Handlebars says the line in different ways: a property, or in its parser's text. */
function lineOf(error: unknown, message: string): number | undefined {
  if (error instanceof Error && "lineNumber" in error && typeof error.lineNumber === "number") {
    return error.lineNumber;
  }
  const line = /^(?:Parse|Lexical) error on line (\d+)/.exec(message)?.[1];
  return line === undefined ? undefined : Number(line);
}
