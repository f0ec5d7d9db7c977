import { describe, expect, test } from "vitest";
import type { Dialect } from "../../../src/boot/content-paths.ts";
import { scriptView, templateOf } from "../../../src/boot/script-view.ts";
import type { LinuxPlan } from "../../../src/installers/installer.ts";
import { builtInTemplates, loadTemplates } from "../../../src/templates/templates.ts";
import { goldenMachines } from "../installers/golden.ts";

/*
 * One plan, three loaders: what each of them reads out of its script has to be the same kernel, initrd and arguments.
 */

const templates = await loadTemplates(builtInTemplates(), undefined);

/** A profile of each installer that boots a Linux kernel by every loader, as its own tests have them. */
const PROFILES: Readonly<Record<string, string>> = {
  image: "    installer: image\n    image: debian.raw.zst",
  debian: `    installer: debian
    kernel: trixie/linux
    initrd: trixie/initrd.gz
    suite: trixie
    mirror: {host: mirror.example}`,
  ubuntu: "    installer: ubuntu\n    iso: ubuntu-24.04.iso",
  kickstart: "    installer: kickstart\n    family: rhel9\n    tree: rocky.iso",
  proxmox: `    installer: proxmox
    iso: proxmox-ve_9.2-1.iso
    domain: lab.example
    diskFilter: {ID_SERIAL: "*"}
    users: [{name: root, passwordHash: '$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2'}]`,
};

/** What a loader takes out of a script. */
interface Loaded {
  readonly kernel: string;
  readonly initrd: string | undefined;
  readonly args: readonly string[];
}

const BASE = "http://192.0.2.1:8080";

function scriptOf(plan: LinuxPlan, dialect: Dialect): string {
  const script = { kind: "install", title: "installing", plan } as const;
  return templates.render(templateOf(script, dialect), scriptView(script, dialect, BASE, "self"));
}

/** Reads a script as its loader does. */
const READERS: Readonly<Record<Dialect, (script: string) => Loaded>> = {
  // A line is a command, split at blanks; nothing is quoted, `||` ends it, and settings would be expanded (ipxe/core/exec.c).
  ipxe: (script) => {
    expect(script).not.toMatch(/\$\{/);
    const command = (name: string) => {
      const line = script.split("\n").find((one) => one.startsWith(`${name} `)) ?? "";
      return (
        line
          .split(" || ")[0]
          ?.split(/[ \t]+/)
          .slice(1) ?? []
      );
    };
    const [kernel = "", ...args] = command("kernel");
    const initrd = command("initrd").at(-1);
    const own = args.filter((arg) => !arg.startsWith("initrd="));
    return {
      kernel: withoutBase(kernel),
      initrd: initrd === undefined ? undefined : withoutBase(initrd),
      args: own,
    };
  },
  // A shell: `;` and `&` end a command, `#` begins a comment, quotes are a POSIX shell's (GRUB's script lexer).
  grub: (script) => {
    const command = (name: string) => {
      const line = script.split("\n").find((one) => one.startsWith(`${name} `)) ?? "";
      return grubWords(line).slice(1);
    };
    const [kernel = "", ...args] = command("linux");
    return { kernel: kernel.replace(/^\//, ""), initrd: command("initrd")[0]?.replace(/^\//, ""), args };
  },
  // APPEND is the rest of its line.
  pxelinux: (script) => {
    const value = (name: string) => new RegExp(`^\\s*${name} (.*)$`, "m").exec(script)?.[1];
    return {
      kernel: value("KERNEL") ?? "",
      initrd: value("INITRD"),
      args: value("APPEND")?.split(/\s+/) ?? [],
    };
  },
};

function withoutBase(url: string): string {
  expect(url.startsWith(`${BASE}/`)).toBe(true);
  return url.slice(BASE.length + 1);
}

/** The words of the first command on a line. */
function grubWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const char = line[at] ?? "";
    if (char === "'") {
      const end = line.indexOf("'", at + 1);
      word = (word ?? "") + line.slice(at + 1, end);
      at = end;
    } else if (char === "\\") word = (word ?? "") + (line[++at] ?? "");
    else if (/[ \t]/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (/[;&|<>]/.test(char) || (char === "#" && word === undefined)) break;
    else {
      expect(char).not.toMatch(/["$`{}]/);
      word = (word ?? "") + char;
    }
  }
  return word === undefined ? words : [...words, word];
}

for (const [name, profile] of Object.entries(PROFILES)) {
  describe(name, async () => {
    const without = name === "proxmox" ? (["users"] as const) : [];
    const machines = await goldenMachines({ profile, without });
    test.each(machines)("$label: every loader loads the same", ({ installer, context }) => {
      const plan = installer.boot(context);
      if (plan.kind !== "linux") throw new Error("no kernel");
      for (const dialect of ["ipxe", "grub", "pxelinux"] as const) {
        if (!installer.loaders.has(dialect)) continue;
        const read = READERS[dialect](scriptOf(plan, dialect));
        expect(read, dialect).toEqual({ kernel: plan.kernel, initrd: plan.initrd, args: plan.commandLine });
      }
    });
  });
}

test("semicolons, quotes and what a shell would expand come through every loader", () => {
  const commandLine = [
    "ds=nocloud-net;s=http://192.0.2.1/a/t/",
    "BOOTIF=01-52-54-00-00-00-01",
    "a='b'",
    'c="d"',
    "e=$f",
    "g&h",
    "i#j",
    "---",
  ];
  const plan: LinuxPlan = { kind: "linux", kernel: "media/k", initrd: "media/i", commandLine };
  for (const dialect of ["ipxe", "grub", "pxelinux"] as const) {
    expect(READERS[dialect](scriptOf(plan, dialect)).args, dialect).toEqual(commandLine);
  }
});

test("an argument that iPXE would expand is an error, not another argument", () => {
  const plan: LinuxPlan = { kind: "linux", kernel: "k", initrd: "i", commandLine: ["talos.config=${mac}"] };
  expect(() => scriptOf(plan, "ipxe")).toThrow(expect.objectContaining({ code: "BW_BOOT_ARGUMENT" }));
});
