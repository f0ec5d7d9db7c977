import type { Mac } from "../net/mac.ts";

/** The lines that make an unknown machine one of `hosts:`. Pure. */
export function hostYaml(mac: Mac, profiles: readonly string[]): string {
  const name = `machine-${mac.replaceAll(":", "").slice(-6)}`;
  const [first, ...others] = profiles;
  const choice = others.length > 0 ? `     # or: ${others.join(", ")}` : "";
  const profile =
    first === undefined ? "# profile: the name of one, once there is one" : `profile: ${first}${choice}`;
  return `  - name: ${name}\n    mac: "${mac}"\n    ${profile}\n`;
}
