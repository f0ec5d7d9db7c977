import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError, Option } from "commander";
import { missingForCloudImage } from "./cloud-image.ts";
import { type DemoOutcome, runDemo } from "./demo.ts";
import { missingForNetwork } from "./namespace.ts";
import { missingForVm } from "./vm.ts";

interface Options {
  readonly firmware: "bios" | "uefi";
  readonly timeout: number;
}

const HOME = resolve(fileURLToPath(new URL("../..", import.meta.url)));
const MINUTE = 60_000;
const EXIT = { ok: 0, failed: 1, interrupted: 130 } as const;

process.exitCode = await main(process.argv);

async function main(argv: readonly string[]): Promise<number> {
  const program = new Command("npm run demo --")
    .description(
      "Watch a VM with a blank disk install itself over a private network, and boot from its own disk.",
    )
    .addOption(new Option("--firmware <kind>", "what the VM has").choices(["bios", "uefi"]).default("bios"))
    .option("--timeout <minutes>", "give up after this long", minutes, 45)
    .parse([...argv]);
  const { firmware, timeout } = program.opts<Options>();
  const say = (line: string) => console.log(line);

  const missing = missingFor(firmware);
  if (missing.length > 0) {
    console.error(`The demo needs on this machine:\n${missing.map((one) => `  - ${one}`).join("\n")}`);
    console.error("On Debian, packages are installed with: sudo apt install PACKAGE …");
    return EXIT.failed;
  }

  const interrupt = new AbortController();
  const onSignal = () => {
    console.error("ending, and cleaning up …");
    interrupt.abort();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
  const tooLong = AbortSignal.timeout(timeout * MINUTE);
  const began = Date.now();
  try {
    const outcome = await runDemo({
      firmware,
      cache: join(HOME, ".cache"),
      artifacts: join(HOME, "artifacts/demo"),
      say,
      signal: AbortSignal.any([interrupt.signal, tooLong]),
    });
    say(summary(outcome, Date.now() - began));
    return outcome.ok ? EXIT.ok : EXIT.failed;
  } catch (error) {
    if (interrupt.signal.aborted) return EXIT.interrupted;
    const reason = tooLong.aborted ? `it took longer than ${timeout} minutes` : String(error);
    console.error(`The demo failed: ${reason}`);
    return EXIT.failed;
  }
}

function minutes(text: string): number {
  const value = Number(text);
  // Beyond a month, timers wrap around.
  if (value > 0 && value < 40_000) return value;
  throw new InvalidArgumentError("A number of minutes is expected.");
}

function missingFor(firmware: "bios" | "uefi"): readonly string[] {
  if (process.platform !== "linux") return ["Linux: network namespaces are its own"];
  return [...missingForNetwork(), ...missingForVm(firmware), ...missingForCloudImage()];
}

function summary(outcome: DemoOutcome, milliseconds: number): string {
  if (!outcome.ok) return `The machine did not come up: ${outcome.reason}`;
  const { hostname, users } = outcome;
  const duration = (milliseconds / MINUTE).toFixed(1);
  return `
Done after ${duration} minutes: the VM installed itself, and booted from its own disk.
It says that its name is ${hostname} and its users are ${users}, as the config asked for.
Nothing is left behind but the disk image in .cache/, for the next time.`;
}
