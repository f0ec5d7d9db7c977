import { spawnSync } from "node:child_process";

/**
 * What shellcheck says of a script; nothing when it is right. Left out are opinions on style, names that only one of
 * the scripts using a shared part needs (SC2034) or gives (SC2154), and files that are not here (SC1091).
 */
export function shellFaults(script: string, shell: "sh" | "bash" = "sh"): string {
  const checked = spawnSync(
    "shellcheck",
    [`--shell=${shell}`, "--severity=warning", "--exclude=SC2034,SC2154,SC1091", "-"],
    { input: script, encoding: "utf8" },
  );
  return checked.stdout;
}
