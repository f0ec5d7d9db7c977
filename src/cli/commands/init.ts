import { writeFile } from "node:fs/promises";
import path from "node:path";
import { Command } from "commander";
import { acceptedSchema, statusSchema } from "../../api/status.ts";
import type { ApiAccepted } from "../../api-types.ts";
import { configJsonSchema } from "../../config/json-schema.ts";
import { BootwireError } from "../../errors.ts";
import type { InitReport } from "../../offline/init.ts";
import { AdminClient } from "../admin-client.ts";
import type { Cli } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { type DaemonOptions, type JsonOption, withDaemon, withExamples, withJson } from "../options.ts";

/** `bootwire init`: the first run, or the word that a state found lost is that of a new lab. */
export function initCommand({ io, run }: Cli): Command {
  const command = withJson(withDaemon(new Command("init")))
    .summary("make a starter config and the state folder")
    .description(
      "Make a starter config where there is none, and the state folder. Where the state was found lost, this says that it is a new lab: machines that were never seen may be installed.",
    )
    .action(async (options: DaemonOptions & JsonOption) =>
      run(options, async () => {
        const configPath = path.resolve(options.config);
        const report = await initializeOrAccept({ ...options, config: configPath });
        const schema = await writeSchema(configPath, io);
        if (options.json === true) {
          // What scripts print ends up in logs: they have the token's file.
          io.out(`${JSON.stringify({ ...report, newToken: undefined, schema }, null, 2)}\n`);
        } else io.out(describe(report, schema));
        return EXIT.ok;
      }),
    );
  return withExamples(command, ["bootwire init", "bootwire init --config /etc/bootwire/bootwire.yaml"]);
}

type Done = InitReport | (ApiAccepted & { readonly running: true; readonly liftedGuard: boolean });

/** While a daemon runs the state is its own: then it is told, not the files changed. */
async function initializeOrAccept(options: DaemonOptions): Promise<Done> {
  const { initialize } = await import("../../offline/init.ts");
  try {
    return await initialize({ configPath: options.config });
  } catch (error) {
    if (!(error instanceof BootwireError) || error.code !== "BW_STATE_IN_USE") throw error;
  }
  const client = await AdminClient.open(options);
  const { guarded } = await client.get("/status", statusSchema);
  if (!guarded) return { running: true, liftedGuard: false, armed: [], kept: [] };
  const accepted = await client.post("/accept-state", acceptedSchema, { unseen: "arm" });
  return { running: true, liftedGuard: true, ...accepted };
}

/**
 * Writes the JSON Schema that the starter's first line names beside the config, for editors. Nothing depends on it, so a
 * folder that cannot be written to is no failure.
 */
async function writeSchema(configPath: string, io: Io): Promise<string | null> {
  const file = path.join(path.dirname(configPath), "bootwire.schema.json");
  try {
    await writeFile(file, `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
    return file;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    io.err(`bootwire: the schema for editors was not written: ${why}\n`);
    return null;
  }
}

/** Said once: later it is in its file alone. */
function tokenLines(token: string, state: string): string[] {
  return [`Token of the dashboard and the admin API: ${token}`, `It stays in ${state}/admin-token.`];
}

function describe(done: Done, schema: string | null): string {
  const lines: string[] = [];
  if ("running" in done) {
    lines.push(
      done.liftedGuard
        ? "The running daemon was told: this is a new lab. Nothing is held back any longer."
        : "A daemon runs, and its state is in order: nothing to do.",
    );
  } else {
    lines.push(done.createdConfig ? `wrote  ${done.configPath}` : `found  ${done.configPath}`);
    if (schema !== null) lines.push(`wrote  ${schema}`);
    lines.push(done.createdState ? `made   ${done.state}` : `found  ${done.state}`);
    if (done.newToken !== undefined) lines.push("", ...tokenLines(done.newToken, done.state));
    if (done.liftedGuard) lines.push("The state was found lost before; now this counts as a new lab.");
    if (done.createdConfig)
      lines.push(
        "",
        `Next: add your machines to ${done.configPath}; the daemon (bootwire serve) takes them up at once.`,
      );
  }
  if (done.armed.length > 0) {
    lines.push("", `Their next network boot installs (and wipes the disk of): ${done.armed.join(", ")}`);
  }
  if ("kept" in done && done.kept.length > 0)
    lines.push("", `These stay on their own disks: ${done.kept.join(", ")}`);
  return `${lines.join("\n")}\n`;
}
