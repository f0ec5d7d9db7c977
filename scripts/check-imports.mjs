#!/usr/bin/env node
// The import rules (.dependency-cruiser.cjs), with two doubts removed: that the checker saw no files at all (it says
// "no violations" then), and that a rule has a typing error and matches nothing.
//
//   node scripts/check-imports.mjs [folder]     the clone to check; this one by default

import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { cruise } from "dependency-cruiser";
import extractTSConfig from "dependency-cruiser/config-utl/extract-ts-config";

const home = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const rules = createRequire(import.meta.url)("../.dependency-cruiser.cjs");

/** Fewer than this many files and something other than the imports is wrong. */
const FEWEST_FILES = 80;

/** One wrong import for each rule: the rule → the file that has it, what it imports, and further files. */
const PLANTED = {
  "net-imports": ["src/net/a.ts", "../dhcp/b.ts"],
  "dhcp-imports": ["src/dhcp/a.ts", "../config/b.ts"],
  "tftp-imports": ["src/tftp/a.ts", "../dhcp/b.ts"],
  "iso9660-imports": ["src/iso9660/a.ts", "../errors.ts"],
  "cpio-imports": ["src/cpio/a.ts", "../errors.ts"],
  "errors-imports": ["src/errors.ts", "./net/b.ts"],
  "config-imports": ["src/config/a.ts", "../machines/b.ts"],
  "store-imports": ["src/store/a.ts", "../machines/b.ts"],
  "media-imports": ["src/media/a.ts", "../boot/b.ts"],
  "assets-imports": ["src/assets/a.ts", "../boot/b.ts"],
  "templates-imports": ["src/templates/a.ts", "../installers/b.ts"],
  "machines-imports": ["src/machines/a.ts", "../boot/b.ts"],
  "installers-imports": ["src/installers/a.ts", "../boot/b.ts"],
  "proxmox-imports": ["src/proxmox/a.ts", "../installers/b.ts"],
  "boot-imports": ["src/boot/a.ts", "../http/b.ts"],
  "doctor-imports": ["src/doctor/a.ts", "../machines/b.ts"],
  "explain-imports": ["src/explain/a.ts", "../http/b.ts"],
  "syslog-imports": ["src/syslog/a.ts", "../machines/b.ts"],
  "hooks-imports": ["src/hooks/a.ts", "../http/b.ts"],
  "metrics-imports": ["src/metrics/a.ts", "../http/b.ts"],
  "http-imports": ["src/http/a.ts", "../cli/b.ts"],
  "ui-imports": ["src/ui/a.ts", "../machines/b.ts"],
  "simulate-imports": ["src/simulate/a.ts", "../machines/b.ts"],
  "cli-imports": ["src/cli/a.ts", "../http/b.ts"],
  "known-folders": ["src/elsewhere/a.ts", "../net/b.ts"],
  "wired-by-faces-alone": ["src/http/a.ts", "../daemon/b.ts"],
  "timeline-imports": ["src/timeline/a.ts", "../http/b.ts"],
  "monitor-imports": ["src/monitor/a.ts", "../http/b.ts"],
  "api-imports": ["src/api/a.ts", "../config/b.ts"],
  "api-types-imports": ["src/api-types.ts", "./config/b.ts"],
  "wiring-without-other-faces": ["src/daemon/a.ts", "../cli/b.ts"],
  "daemon-without-offline": ["src/daemon/a.ts", "../offline/b.ts"],
  "nothing-needs-demo-or-bench": ["src/cli/a.ts", "../bench/b.ts"],
  "nothing-imports-test": ["src/net/a.ts", "../../test/b.ts"],
  "product-without-dev-dependencies": ["src/net/a.ts", "fast-check"],
  "declared-dependencies": ["src/net/a.ts", "undeclared"],
  "no-cycles": ["src/net/a.ts", "./b.ts"],
  resolvable: ["src/net/a.ts", "./missing.ts"],
};

const problems = [];
const folder = realpathSync(process.argv[2] ?? home);
const checked = await check(folder);
for (const { rule, from, to } of checked.violations) problems.push(`${rule.name}: ${from} → ${to}`);

const files = ["src", "test"]
  .flatMap((name) => typeScriptFiles(join(folder, name)))
  .map((file) => relative(folder, file));
const seen = new Set(checked.modules.map((module) => module.source));
const unseen = files.filter((file) => !seen.has(file));
if (unseen.length > 0)
  problems.push(`the checker did not see ${unseen.length} files, ${unseen[0]} among them`);
if (files.length < FEWEST_FILES)
  problems.push(`only ${files.length} files found, expected ${FEWEST_FILES} at least`);
const edges = checked.modules.flatMap((module) => module.dependencies).length;
if (edges === 0) problems.push("the checker saw no import at all");

for (const rule of rules.forbidden) {
  if (!(rule.name in PLANTED)) problems.push(`no wrong import is planted for the rule ${rule.name}`);
}
for (const [rule, [file, imported]] of Object.entries(PLANTED)) {
  const caught = await violationsOfPlanted(file, imported);
  if (!caught.includes(rule)) problems.push(`a wrong import was not caught: ${rule}: ${file} → ${imported}`);
}

for (const problem of problems) process.stderr.write(`${problem}\n`);
process.stdout.write(
  `imports: ${files.length} files, ${edges} imports, ${rules.forbidden.length} rules, ${problems.length} problems\n`,
);
process.exitCode = problems.length === 0 ? 0 : 1;

async function check(baseDir) {
  const tsConfig = extractTSConfig(join(home, "tsconfig.json"));
  const { output } = await cruise(
    ["src", "test"],
    {
      ...rules.options,
      tsConfig: undefined,
      baseDir,
      ruleSet: { forbidden: rules.forbidden },
      validate: true,
    },
    undefined,
    { tsConfig },
  );
  if (typeof output === "string") throw new Error("dependency-cruiser answered with text");
  return { modules: output.modules, violations: output.summary.violations };
}

/** The names of the rules that fire on a tree in which `file` imports `imported`. */
async function violationsOfPlanted(file, imported) {
  const baseDir = realpathSync(mkdtempSync(join(tmpdir(), "bootwire-imports-")));
  const write = (path, text) => {
    mkdirSync(dirname(join(baseDir, path)), { recursive: true });
    writeFileSync(join(baseDir, path), text);
  };
  try {
    write(
      "package.json",
      JSON.stringify({ name: "planted", type: "module", devDependencies: { "fast-check": "*" } }),
    );
    for (const name of ["fast-check", "undeclared"]) {
      write(`node_modules/${name}/package.json`, JSON.stringify({ name, type: "module", main: "index.js" }));
      write(`node_modules/${name}/index.js`, "export const x = 1;\n");
    }
    write("test/b.ts", "export const x = 1;\n");
    const target =
      imported.startsWith(".") && !imported.includes("missing") ? join(dirname(file), imported) : undefined;
    // The other way round too, so that the rule on cycles has one to find.
    const back = target === undefined ? "" : relative(dirname(target), file);
    if (target !== undefined)
      write(target, `import "${back.startsWith(".") ? back : `./${back}`}";\nexport const x = 1;\n`);
    write(file, `import { x } from "${imported}";\nexport const y = x;\n`);
    return (await check(baseDir)).violations.map(({ rule }) => rule.name);
  } finally {
    rmSync(baseDir, { recursive: true, force: true });
  }
}

function typeScriptFiles(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.name.endsWith(".d.ts"))
    .map((entry) => join(entry.parentPath, entry.name));
}
