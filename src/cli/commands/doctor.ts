import { Command } from "commander";
import { z } from "zod";
import type { Finding } from "../../doctor/finding.ts";
import { BootwireError } from "../../errors.ts";
import type { DaemonAnswer } from "../../offline/doctor.ts";
import { AdminClient } from "../admin-client.ts";
import type { Cli } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import {
  type DaemonOptions,
  type JsonOption,
  wholeNumber,
  withDaemon,
  withExamples,
  withJson,
} from "../options.ts";
import { type Colour, count, paint, printable } from "../text.ts";

interface DoctorOptions extends DaemonOptions, JsonOption {
  readonly wait: number;
}

const COLOURS: Readonly<Record<Finding["status"], Colour>> = { ok: "green", warn: "yellow", fail: "red" };
/** Nobody answered, or could be asked; what is wrong with the config is found once more by doctor itself. */
const NOT_ANSWERED: ReadonlySet<string> = new Set([
  "BW_DAEMON_UNREACHABLE",
  "BW_ADMIN_TOKEN",
  "BW_CONFIG_INVALID",
]);
const STATUS = z.object({ guarded: z.boolean() });

/** `bootwire doctor`: whether everything is there that a boot needs. */
export function doctorCommand({ io, run }: Cli): Command {
  const command = withJson(withDaemon(new Command("doctor")))
    .summary("look for what could keep machines from booting")
    .description(
      "Look at everything that a boot needs: interfaces, ports, rights, other DHCP servers (it asks the wire), loaders, media, time, firewall, space. Says what is wrong and what to do. Best run as root.",
    )
    .option("--wait <seconds>", "how long other DHCP servers may take to answer", wholeNumber(0, 60), 3)
    .action(async (options: DoctorOptions) =>
      run(options, async () => {
        const { diagnoseHost } = await import("../../offline/doctor.ts");
        const findings = await diagnoseHost({
          configPath: options.config,
          daemon: await runningDaemon(options),
          patience: options.wait * 1000,
        });
        const failed = findings.filter((finding) => finding.status === "fail");
        const ok = failed.length === 0;
        if (options.json === true) io.out(`${JSON.stringify({ ok, findings }, null, 2)}\n`);
        else io.out(`${findings.map((finding) => line(io, finding)).join("")}\n${verdict(io, findings)}\n`);
        if (failed.some((finding) => finding.check === "config")) return EXIT.config;
        return ok ? EXIT.ok : EXIT.failed;
      }),
    );
  return withExamples(command, ["bootwire doctor", "bootwire doctor --json --wait 0"]);
}

/** What the daemon says of itself; undefined where none answers, or where the config cannot even be read for that. */
async function runningDaemon(options: DaemonOptions): Promise<DaemonAnswer> {
  try {
    return await (await AdminClient.open(options)).get("/status", STATUS);
  } catch (error) {
    if (!(error instanceof BootwireError) || error.code === "BW_CA") throw error;
    return NOT_ANSWERED.has(error.code) ? undefined : error;
  }
}

function line(io: Pick<Io, "colour">, { check, status, code, text, remedy }: Finding): string {
  const what = text.split("\n").map(printable).join("\n");
  const head = `${paint(io, COLOURS[status], status.padEnd(4))}  ${check.padEnd(9)}  ${what}`;
  return code === null ? `${head}\n` : `${head} [${code}]\n    hint: ${printable(remedy)}\n`;
}

function verdict(io: Pick<Io, "colour">, findings: readonly Finding[]): string {
  const many = (status: Finding["status"]) => findings.filter((finding) => finding.status === status).length;
  if (many("fail") > 0)
    return paint(io, "red", `${count(many("fail"), "problem")}, ${count(many("warn"), "warning")}`);
  if (many("warn") > 0) return paint(io, "yellow", count(many("warn"), "warning"));
  return paint(io, "green", "all is well");
}
