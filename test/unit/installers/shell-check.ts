import { spawnSync } from "node:child_process";

/** What shellcheck has against a script that runs in the installer's shell; empty: nothing. */
export function shellProblems(script: string, shell: "dash" | "bash" = "dash"): string {
  // SC2016: single quotes are meant; SC2317: a function that this machine does not need.
  const args = ["-s", shell, "-e", "SC2016,SC2317", "-"];
  const checked = spawnSync("shellcheck", args, { input: script, encoding: "utf8" });
  return checked.stdout + checked.stderr;
}
