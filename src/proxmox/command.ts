/** One call of a Proxmox program: `qm`, `pct` or another, with its words as they reach it. */
export interface ProxmoxCommand {
  readonly program: "qm" | "pct";
  /** `create`, `clone`, `set`, `disk resize`. */
  readonly verb: string;
  /** The guest's number, and what stands beside it without a name. */
  readonly operands: readonly string[];
  /** Options without their dashes, in the order to print them in. */
  readonly options: readonly (readonly [name: string, value: string])[];
}

/** What stands for the number of a guest that the config gives none: the shell asks Proxmox for the next free one. */
export const NEXT_ID = "$vmid";

/** What stands for the path of a file with SSH keys, which is made before the commands and removed after them. */
export const KEY_FILE = "$keys";

/** Everything that makes a guest, in order. */
export interface ProxmoxScript {
  readonly commands: readonly ProxmoxCommand[];
  /** SSH keys that a command reads from the file `$keys`. */
  readonly sshKeys: readonly string[];
}

/** Puts a script into the words of a shell on a Proxmox host. */
export function shellText({ commands, sshKeys }: ProxmoxScript): string {
  const lines: string[] = [];
  const used = commands.flatMap(({ operands, options }) => [
    ...operands,
    ...options.map(([, value]) => value),
  ]);
  if (used.includes(NEXT_ID)) lines.push("vmid=$(pvesh get /cluster/nextid)");
  if (used.includes(KEY_FILE)) {
    lines.push("keys=$(mktemp)", "cat >\"$keys\" <<'KEYS'", ...sshKeys, "KEYS");
  }
  lines.push(...commands.map(commandText));
  if (used.includes(KEY_FILE)) lines.push('rm "$keys"');
  return `${lines.join("\n")}\n`;
}

function commandText({ program, verb, operands, options }: ProxmoxCommand): string {
  const first = [program, verb, ...operands.map(quoted)].join(" ");
  return [first, ...options.map(([name, value]) => `--${name} ${quoted(value)}`)].join(" \\\n  ");
}

function quoted(word: string): string {
  if (word === NEXT_ID || word === KEY_FILE) return `"${word}"`;
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
