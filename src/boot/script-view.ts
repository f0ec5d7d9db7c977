import { BootwireError } from "../errors.ts";
import type { BootPlan } from "../installers/installer.ts";
import type { Dialect } from "./content-paths.ts";

/** What a boot script says, before it is put into a loader's language. */
export type Script =
  | { readonly kind: "install"; readonly title: string; readonly plan: BootPlan }
  | { readonly kind: "local"; readonly reason: string }
  /** Nothing happens until the admin decides; the screen names the reason. */
  | { readonly kind: "hold"; readonly title: string; readonly reason: string }
  /** Not ready yet (media being prepared): ask again shortly. */
  | { readonly kind: "wait"; readonly title: string; readonly reason: string }
  | { readonly kind: "register"; readonly mac: string };

/** What a boot script template sees. */
export interface ScriptView {
  readonly title: string;
  readonly reason: string;
  readonly baseUrl: string;
  readonly kernel: string;
  /** Null where the kernel needs none. */
  readonly initrd: string | null;
  /** Windows' boot files by name; empty for Linux. */
  readonly files: readonly { readonly name: string; readonly path: string }[];
  /** Quoted for the dialect, joined. */
  readonly commandLine: string;
  /** URL or path of this very script, to ask again. */
  readonly self: string;
  readonly mac: string;
}

/** The template of a script: `boot/install.ipxe.hbs` and so on. */
export function templateOf(script: Script, dialect: Dialect): string {
  if (script.kind === "install" && script.plan.kind === "wimboot") return `boot/wimboot.${dialect}.hbs`;
  return `boot/${script.kind}.${dialect}.hbs`;
}

/** Puts a script's words into the form that its template wants. Pure. */
export function scriptView(script: Script, dialect: Dialect, baseUrl: string, self: string): ScriptView {
  const plan = script.kind === "install" ? script.plan : undefined;
  const linux = plan?.kind === "linux" ? plan : undefined;
  const windows = plan?.kind === "wimboot" ? plan : undefined;
  return {
    title: "title" in script ? shown(script.title, dialect) : "",
    reason: "reason" in script ? shown(script.reason, dialect) : "",
    baseUrl,
    kernel: linux?.kernel ?? windows?.wimboot ?? "",
    initrd: linux?.initrd ?? null,
    files: windows?.files ?? [],
    commandLine: linux ? quoteCommandLine(linux.commandLine, dialect) : "",
    self,
    mac: script.kind === "register" ? script.mac : "",
  };
}

/**
 * Joins kernel arguments in a loader's own quoting, so that the kernel is told the same by each. GRUB's shell splits at
 * blanks and ends a command at `;`, so an argument with anything special goes into single quotes. iPXE and pxelinux pass
 * the rest of the line as it is. Throws BW_BOOT_ARGUMENT for what a loader has no way to pass on.
 */
export function quoteCommandLine(args: readonly string[], dialect: Dialect): string {
  return args
    .flatMap((arg) => oneLine(arg).split(/ +/))
    .map((word) => quoteWord(word, dialect))
    .join(" ");
}

function quoteWord(word: string, dialect: Dialect): string {
  switch (dialect) {
    case "grub":
      // However it was quoted, GRUB puts a backslash before these on the kernel's command line (grub-core/lib/cmdline.c),
      // and the kernel takes it for a part of the value.
      if (/['"]|\\(?!x[0-9A-Fa-f]{2})/.test(word))
        throw unpassable(word, "GRUB, which would put backslashes in");
      return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word}'`;
    case "ipxe":
      // iPXE expands settings until none is left, ends a command at these words (core/exec.c), and knows no escape.
      if (word.includes("${")) throw unpassable(word, "iPXE, which would expand it");
      if (/^(?:#.*|\|\||&&|;)$/.test(word)) throw unpassable(word, "iPXE, whose command would end there");
      return word;
    case "pxelinux":
      return word;
  }
}

function unpassable(word: string, by: string): BootwireError {
  return new BootwireError(
    "BW_BOOT_ARGUMENT",
    `the kernel argument ${JSON.stringify(word)} cannot be passed through ${by}`,
    "Write it without these characters (the value itself instead of a $-expression), or choose another loader for this machine.",
  );
}

/** Text that a loader shows: in GRUB's single quotes, and without anything that iPXE would expand. */
function shown(text: string, dialect: Dialect): string {
  const line = oneLine(text);
  if (dialect === "grub") return line.replaceAll("'", `'\\''`);
  return line.replaceAll("${", "$ {");
}

/** Loader scripts are read line by line: nothing that came from elsewhere may start a line of its own. */
function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must go.
  return text.replace(/[\u0000-\u001f\u007f]+/g, " ").trim();
}
