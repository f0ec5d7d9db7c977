import { describe, expect, test } from "vitest";
import type { Dialect } from "../../../src/boot/content-paths.ts";
import { scriptView, templateOf } from "../../../src/boot/script-view.ts";
import type { ProfileConfig } from "../../../src/config/profiles/registry.ts";
import type { BootPlan, LinuxPlan } from "../../../src/installers/installer.ts";
import { refusalOf } from "../../../src/installers/refusal.ts";
import { builtInTemplates, loadTemplates } from "../../../src/templates/templates.ts";
import { type Dropped, goldenMachines } from "../installers/golden.ts";

/*
 * One plan, three loaders: what each of them reads out of its script has to be the same kernel, initrd and arguments.
 */

const templates = await loadTemplates(builtInTemplates(), undefined);

/** A profile of each installer, as its own tests have them, and what of the golden machines it cannot say. */
const PROFILES: Readonly<
  Record<ProfileConfig["installer"], { readonly profile: string; readonly without?: readonly Dropped[] }>
> = {
  image: { profile: "    installer: image\n    image: debian.raw.zst" },
  debian: {
    profile: `    installer: debian
    kernel: trixie/linux
    initrd: trixie/initrd.gz
    suite: trixie
    mirror: {host: mirror.example}`,
  },
  ubuntu: { profile: "    installer: ubuntu\n    iso: ubuntu-24.04.iso" },
  kickstart: { profile: "    installer: kickstart\n    family: rhel9\n    tree: rocky.iso" },
  proxmox: {
    profile: `    installer: proxmox
    iso: proxmox-ve_9.2-1.iso
    domain: lab.example
    diskFilter: {ID_SERIAL: "*"}
    users: [{name: root, passwordHash: '$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2'}]`,
    without: ["users"],
  },
  autoyast: { profile: "    installer: autoyast\n    iso: Leap-15.6.iso" },
  agama: { profile: "    installer: agama\n    iso: Leap-16.0.iso" },
  flatcar: {
    profile: `    installer: flatcar
    kernel: flatcar/pxe.vmlinuz
    initrd: flatcar/pxe_image.cpio.gz
    image: flatcar/image.bin.bz2`,
    without: ["packages", "locale", "keyboard", "timezone"],
  },
  coreos: {
    profile: `    installer: coreos
    kernel: fcos/kernel.x86_64
    initrd: fcos/initramfs.x86_64.img
    rootfs: fcos/rootfs.x86_64.img`,
    without: ["packages", "locale", "keyboard", "timezone"],
  },
  talos: {
    profile: `    installer: talos
    kernel: talos/vmlinuz-amd64
    initrd: talos/initramfs-amd64.xz
    version: v1.12.11
    role: worker
    cluster: {name: lab, endpoint: https://192.0.2.10:6443}
    secrets:
      cluster: {id: aWQ=, secret: c2VjcmV0}
      secrets: {bootstraptoken: abcdef.0123456789abcdef, secretboxencryptionsecret: c2VjcmV0Ym94}
      trustdinfo: {token: ghijkl.0123456789abcdef}
      certs:
        etcd: {crt: ZXRjZA==, key: ZXRjZGtleQ==}
        k8s: {crt: azhz, key: azhza2V5}
        k8saggregator: {crt: YWdn, key: YWdna2V5}
        k8sserviceaccount: {key: c2FrZXk=}
        os: {crt: b3M=, key: b3NrZXk=}`,
    without: ["packages", "commands", "users", "locale", "keyboard", "timezone"],
  },
  alpine: {
    profile: `    installer: alpine
    kernel: alpine/vmlinuz-virt
    initrd: alpine/initramfs-virt
    modloop: alpine/modloop-virt
    mirror: http://mirror.example.org/alpine/
    release: v3.22`,
    without: ["locale"],
  },
  fai: {
    profile: `    installer: fai
    kernel: fai/vmlinuz
    initrd: fai/initrd.img
    root: fai/nfsroot.squashfs
    mirror: {url: http://mirror.example.org/debian/, suite: bookworm}`,
  },
  windows: {
    profile: `    installer: windows
    folder: windows-11
    edition: Windows Server 2025 SERVERSTANDARD
    administratorPassword: secret`,
    without: ["packages", "commands", "users", "disk", "keyboard", "timezone"],
  },
  // What an admin may write for whatever system: all that some loader reads in its own way.
  custom: {
    profile: `    installer: custom
    kernel: other.iso/boot/vmlinuz
    initrd: [other.iso/boot/initrd.img, extra.cpio]
    commandLine:
      - "ds=nocloud;s={{attemptUrl}}/answers/"
      - BOOTIF={{bootif}}
      - e=$f
      - g&h
      - i#j
      - k\\x20l
      - m|n>o<p
      - "*?[q]"
      - "{r}"
      - ---`,
  },
};

/** What a loader takes out of a script. */
interface Loaded {
  readonly kernel: string;
  readonly initrd: string | undefined;
  readonly args: readonly string[];
}

const BASE = "http://192.0.2.1:8080";

const LOADERS = ["ipxe", "grub", "pxelinux"] as const;

function scriptOf(plan: BootPlan, dialect: Dialect): string {
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
    const own = args.filter((arg) => arg !== "initrd=initrd.img");
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

/** Reads what iPXE hands to wimboot: each file under its name. */
function wimbootOf(script: string): BootPlan {
  const lines = script.split("\n").map((line) => line.replace(/ \|\| goto failed$/, "").split(" "));
  const [, kernel = ""] = lines.find(([command]) => command === "kernel") ?? [];
  const files = lines.flatMap(([command, option, name = "", url = "", argument]) => {
    if (command !== "initrd") return [];
    expect([option, argument]).toEqual(["--name", name]);
    return [{ name, path: withoutBase(url) }];
  });
  return { kind: "wimboot", wimboot: withoutBase(kernel), files };
}

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

for (const [name, options] of Object.entries(PROFILES)) {
  describe(name, async () => {
    const machines = await goldenMachines(options);
    test.each(machines)("$label: every loader loads the same, or is refused", ({ installer, context }) => {
      const plan = installer.boot(context);
      for (const loader of LOADERS) {
        const refusal = refusalOf(installer, { ...context, profile: { ...context.profile, loader } });
        if (plan.kind === "wimboot" && loader !== "ipxe") {
          expect(refusal, loader).toMatchObject({
            code: "BW_INSTALLER_LOADER",
            message: expect.stringContaining(`cannot be started by loader ${loader}`),
            hint: "Write loader: ipxe.",
          });
          continue;
        }
        expect(refusal, loader).toBeUndefined();
        if (plan.kind === "wimboot") expect(wimbootOf(scriptOf(plan, "ipxe"))).toEqual(plan);
        else {
          expect(READERS[loader](scriptOf(plan, loader)), loader).toEqual({
            kernel: plan.kernel,
            initrd: plan.initrd,
            args: plan.commandLine,
          });
        }
      }
    });

    // Proxmox's installer asks every card by itself, and Windows has no kernel's command line.
    if (name === "proxmox" || name === "windows") return;
    test.each(machines)("$label: the kernel is told which card it booted from, once", (machine) => {
      const plan = machine.installer.boot(machine.context);
      const told = plan.kind === "linux" ? plan.commandLine.filter((arg) => arg.startsWith("BOOTIF=")) : [];
      expect(told).toEqual([`BOOTIF=01-${machine.context.host.mac.replaceAll(":", "-")}`]);
    });
  });
}

test("an initrd is named to the kernel where UEFI wants that (iPXE), and nowhere where there is none", () => {
  const plan: LinuxPlan = { kind: "linux", kernel: "media/k", initrd: "media/i", commandLine: ["a"] };
  const without: LinuxPlan = { ...plan, initrd: undefined };
  expect(scriptOf(plan, "ipxe")).toContain(`kernel ${BASE}/media/k initrd=initrd.img a `);
  for (const dialect of LOADERS) {
    expect(scriptOf(without, dialect), dialect).not.toMatch(/initrd/i);
    expect(READERS[dialect](scriptOf(without, dialect)), dialect).toEqual({
      kernel: "media/k",
      initrd: undefined,
      args: ["a"],
    });
  }
});

test.each(["kernel", "initrd"])("a path that some loader reads differently is refused in %s", async (key) => {
  const paths: Record<string, string> = {
    kernel: "a/vmlinuz",
    initrd: "a/initrd",
    [key]: "other system;1/file",
  };
  const profile = `    installer: custom\n    kernel: ${paths["kernel"]}\n    initrd: ${paths["initrd"]}`;
  await expect(goldenMachines({ profile })).rejects.toThrow(/has characters that loaders or installers read/);
});
