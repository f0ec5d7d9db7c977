import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { checkHosts } from "./check-hosts.ts";
import { checkRest } from "./check-rest.ts";
import { checkSubnets } from "./check-subnets.ts";
import type { ConfigCode } from "./codes.ts";
import { readDocument } from "./document.ts";
import { gatherFacts } from "./facts.ts";
import { missingMedia } from "./missing-media.ts";
import type { Config } from "./model.ts";
import { createPasswordHasher, type PasswordHasher } from "./passwords.ts";
import { type ConfigProblem, sortProblems } from "./problem.ts";
import { Report } from "./report.ts";
import { resolveConfig } from "./resolve.ts";
import { fileSchema } from "./schema.ts";
import { shapeProblems } from "./shape-problems.ts";
import { readTlsFiles } from "./tls-files.ts";

interface LoadedAny {
  /** Tells one content of the file, and of the certificate, from another. */
  readonly digest: string;
  readonly warnings: readonly ConfigProblem[];
  /** Absolute paths of what was read besides: those of the certificate. */
  readonly files: readonly string[];
}

export interface LoadedConfig extends LoadedAny {
  readonly ok: true;
  readonly config: Config;
}

export interface RefusedConfig extends LoadedAny {
  readonly ok: false;
  /** Everything that is wrong; at least one. */
  readonly problems: readonly ConfigProblem[];
}

/** What came of reading a config. Problems and warnings are in the order of the file. */
export type LoadResult = LoadedConfig | RefusedConfig;

export interface LoadOptions {
  /**
   * Hashes plain passwords. Keep one for the life of the process and pass it to every load, so that reading a config
   * again does not change the hashes; without it a new one is made.
   */
  readonly hashPassword?: PasswordHasher;
  /** Whether to look if the files that profiles name are in the media folder, and warn of those that are not. */
  readonly checkMedia?: boolean;
  /** With it the certificate of the admin interface is read, and warned of where it is not valid at this time. */
  readonly now?: () => number;
}

/** Reads, validates and resolves a config file. Never throws for what is wrong with the file. */
export async function loadConfig(file: string, options: LoadOptions = {}): Promise<LoadResult> {
  const absolute = path.resolve(file);
  const text = await readConfigText(absolute);
  if (!text.ok) {
    const digest = digestOf(text.problem.message);
    return { ok: false, digest, problems: [text.problem], warnings: [], files: [] };
  }
  const parsed = parseConfig(text.text, absolute, options);
  const result = parsed.ok && options.now ? await withTls(text.text, parsed, options.now()) : parsed;
  if (!result.ok || !options.checkMedia) return result;
  const missing = await mediaWarnings(text.text, result.config);
  return { ...result, warnings: sortProblems([...result.warnings, ...missing]) };
}

/** The same, with what is in the files of `admin.tls`, or refused for that. */
async function withTls(text: string, loaded: LoadedConfig, now: number): Promise<LoadResult> {
  const { config } = loaded;
  const { tls } = config.admin;
  const { document } = readDocument(text, config.path);
  if (!tls || !document) return loaded;
  const report = new Report(document);
  const pem = await readTlsFiles(tls, now, report);
  const files = [tls.certificate, tls.key];
  const warnings = sortProblems([...loaded.warnings, ...report.warnings]);
  if (!pem) {
    const problems = sortProblems(report.errors);
    const digest = digestOf(JSON.stringify([loaded.digest, problems.map((problem) => problem.message)]));
    return { ok: false, digest, problems, warnings, files };
  }
  const digest = digestOf(JSON.stringify([loaded.digest, pem]));
  const admin = { ...config.admin, tls: { ...tls, pem } };
  return { ok: true, digest, config: { ...config, admin }, warnings, files };
}

/** What is in a config file, as text. Never throws for what is wrong with the file. */
export async function readConfigText(
  file: string,
): Promise<
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: ConfigProblem }
> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    return { ok: false, problem: unreadable(file, error) };
  }
  try {
    return { ok: true, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    const message = "the config file is not UTF-8 text";
    return {
      ok: false,
      problem: ofFile(
        file,
        "BW_CONFIG_ENCODING",
        message,
        "save it as UTF-8, without a NUL or Latin-1 letters",
      ),
    };
  }
}

/** Validates and resolves the text of a config file; pure but for hashing passwords. `file` is absolute. */
export function parseConfig(text: string, file: string, options: LoadOptions = {}): LoadResult {
  const digest = digestOf(text);
  const { document, problems: textual } = readDocument(text, file);
  if (!document) return { ok: false, digest, problems: sortProblems(textual), warnings: [], files: [] };
  const parsed = fileSchema.safeParse(document.data);
  const facts = gatherFacts(document.data);
  const report = new Report(document);
  checkSubnets(facts, report);
  checkHosts(facts, report);
  checkRest(facts, report);
  const shape = parsed.success ? [] : shapeProblems(document, parsed.error.issues);
  const problems = sortProblems([...textual, ...shape, ...report.errors]);
  const warnings = sortProblems(report.warnings);
  if (!parsed.success || problems.length > 0) return { ok: false, digest, problems, warnings, files: [] };
  const config = resolveConfig(parsed.data, file, options.hashPassword ?? createPasswordHasher());
  return { ok: true, digest, config, warnings, files: [] };
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function unreadable(file: string, error: unknown): ConfigProblem {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return ofFile(
        file,
        "BW_CONFIG_UNREADABLE",
        "there is no such config file",
        "name it with --config FILE, or write a starter config with `bootwire init`",
      );
    case "EACCES":
    case "EPERM":
      return ofFile(
        file,
        "BW_CONFIG_UNREADABLE",
        "the config file may not be read",
        "give the user that runs Bootwire the right to read it",
      );
    case "EISDIR":
      return ofFile(
        file,
        "BW_CONFIG_UNREADABLE",
        "the config file is a folder",
        "name the file in it, like bootwire.yaml",
      );
    default: {
      const why = error instanceof Error ? error.message : String(error);
      return ofFile(
        file,
        "BW_CONFIG_UNREADABLE",
        `the config file cannot be read: ${why}`,
        "check the disk that it is on",
      );
    }
  }
}

function ofFile(file: string, code: ConfigCode, message: string, hint: string): ConfigProblem {
  return { code, message, hint, file, line: 1, column: 1 };
}

async function mediaWarnings(text: string, config: Config): Promise<readonly ConfigProblem[]> {
  const { document } = readDocument(text, config.path);
  if (!document) return [];
  const report = new Report(document);
  for (const { profile, key, file } of await missingMedia(config)) {
    report.warn(
      "BW_CONFIG_MEDIA_MISSING",
      ["profiles", profile, key],
      `${file} is not in the media folder ${config.media}`,
      "put it there before a machine of this profile boots",
    );
  }
  return report.warnings;
}
