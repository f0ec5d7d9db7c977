import { Command, CommanderError } from "commander";
import { checkCommand } from "./commands/check.ts";
import { completeCommand, completionCommand } from "./commands/completion.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { eventsCommand } from "./commands/events.ts";
import { explainCommand } from "./commands/explain.ts";
import { initCommand } from "./commands/init.ts";
import { localCommand } from "./commands/local.ts";
import { machinesCommand } from "./commands/machines.ts";
import { mediaCommand } from "./commands/media.ts";
import { pctCommand } from "./commands/pct.ts";
import { qmCommand } from "./commands/qm.ts";
import { reinstallCommand } from "./commands/reinstall.ts";
import { renderCommand } from "./commands/render.ts";
import { schemaCommand } from "./commands/schema.ts";
import { seedCommand } from "./commands/seed.ts";
import { serveCommand } from "./commands/serve.ts";
import { watchCommand } from "./commands/watch.ts";
import type { Cli } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { reportFailure } from "./failure.ts";
import type { Io } from "./io.ts";

const EXIT_CODES = `
Exit codes:
  0  done
  1  it failed, or was refused
  2  the command line makes no sense
  3  the config cannot be used
  4  no daemon answers`;

/** Runs one command line (without node and script) and resolves with its exit code. Never rejects. */
export async function runCli(args: readonly string[], io: Io, version: string): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const cli: Cli = {
    io,
    run: async (options, action) => {
      try {
        code = await action();
      } catch (error) {
        code = reportFailure(io, error, options.json === true);
      }
    },
  };
  const program = new Command("bootwire")
    .description(
      "Boot server for labs: a machine with a blank disk installs itself and boots from its own disk.",
    )
    .version(version, "-V, --version", "print the version")
    .helpCommand("help [command]", "show what a command does")
    .addHelpText("after", EXIT_CODES)
    .showHelpAfterError("(see --help)");
  for (const add of [
    serveCommand,
    initCommand,
    checkCommand,
    renderCommand,
    qmCommand,
    pctCommand,
    seedCommand,
    machinesCommand,
    reinstallCommand,
    localCommand,
    eventsCommand,
    watchCommand,
    explainCommand,
    doctorCommand,
    mediaCommand,
    completionCommand,
    schemaCommand,
  ]) {
    program.addCommand(add(cli));
  }
  program.addCommand(completeCommand(cli), { hidden: true });
  for (const command of [program, ...program.commands, ...program.commands.flatMap((one) => one.commands)]) {
    command.exitOverride().configureOutput({ writeOut: io.out, writeErr: io.err });
  }
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportFailure(io, error, false);
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  return code;
}
