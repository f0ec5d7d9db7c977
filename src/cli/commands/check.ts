import path from "node:path";
import { Command } from "commander";
import { loadConfig } from "../../config/load.ts";
import type { Config } from "../../config/model.ts";
import { type ConfigProblem, formatProblem } from "../../config/problem.ts";
import { BootwireError } from "../../errors.ts";
import type { Cli } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { type ConfigOption, type JsonOption, withConfig, withExamples, withJson } from "../options.ts";
import { count, paint } from "../text.ts";

/** Something that cannot be rendered for a machine. */
interface RenderProblem {
  readonly machine: string;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** `bootwire check`: everything that is wrong with a config, without a daemon. */
export function checkCommand({ io, run }: Cli): Command {
  const command = withJson(withConfig(new Command("check")))
    .summary("say whether the config is right")
    .description(
      "Say whether the config is right: everything that is wrong with it, with line and column, and whether every machine's files can be rendered. Needs no daemon.",
    )
    .action(async (options: ConfigOption & JsonOption) =>
      run(options, async () => {
        const file = path.resolve(options.config);
        const loaded = await loadConfig(file, { checkMedia: true, now: Date.now });
        const problems = loaded.ok ? [] : loaded.problems;
        const rendering = loaded.ok ? await renderProblems(loaded.config) : [];
        const ok = loaded.ok && rendering.length === 0;
        if (options.json === true) {
          const { warnings } = loaded;
          io.out(`${JSON.stringify({ ok, file, problems, rendering, warnings }, null, 2)}\n`);
        } else {
          io.out(warningsAndProblems(loaded.warnings, problems, rendering));
          io.out(
            `${verdict(file, loaded.ok ? loaded.config : undefined, problems.length + rendering.length)}\n`,
          );
        }
        return ok ? EXIT.ok : EXIT.config;
      }),
    );
  return withExamples(command, [
    "bootwire check --config /etc/bootwire/bootwire.yaml",
    "bootwire check --json",
  ]);

  function verdict(file: string, config: Config | undefined, wrong: number): string {
    if (!config || wrong > 0) return paint(io, "red", `${file}: ${count(wrong, "problem")}`);
    const { profiles, hosts, dhcp } = config;
    const what = `${count(profiles.size, "profile")}, ${count(hosts.length, "host")}, DHCP ${dhcp.mode}`;
    return paint(io, "green", `${file} is right: ${what}`);
  }
}

function warningsAndProblems(
  warnings: readonly ConfigProblem[],
  problems: readonly ConfigProblem[],
  rendering: readonly RenderProblem[],
): string {
  return [
    ...problems.map((problem) => formatProblem(problem, "error")),
    ...rendering.map((one) => `${one.machine}: error: ${one.message} [${one.code}]\n    hint: ${one.hint}`),
    ...warnings.map((warning) => formatProblem(warning, "warning")),
  ]
    .map((text) => `${text}\n`)
    .join("");
}

/**
 * What templates and installers refuse (a missing variable, an answer that an installer cannot express), and what media
 * and memory would make fail.
 */
async function renderProblems(config: Config): Promise<RenderProblem[]> {
  const { renderMachine } = await import("../../offline/render.ts");
  const problems: RenderProblem[] = [];
  for (const host of config.hosts) {
    if (!host.profile) continue;
    const firmware = host.firmware ?? (host.profile.loader === "pxelinux" ? "bios" : "uefi");
    try {
      await renderMachine(config, host.name, undefined, firmware);
    } catch (error) {
      if (!(error instanceof BootwireError)) throw error;
      problems.push({ machine: host.name, code: error.code, message: error.message, hint: error.hint });
    }
  }
  const { preflight } = await import("../../offline/preflight.ts");
  return [...problems, ...(await preflight(config))];
}
