import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Apt, unpackPackage } from "../../../src/assets/apt.ts";
import { baseInitrd, gzipForInitrd } from "../../../src/assets/base-initrd.ts";
import { selectModules } from "../../../src/assets/kernel-modules.ts";
import { openModuleTree, pickByPrefix, pickFile } from "../../../src/assets/package-tree.ts";
import { encodeCpio } from "../../../src/cpio/newc.ts";

/** Longest that a machine may run, in milliseconds. */
const DEADLINE = 5 * 60 * 1000;

/** Debian's kernel with some of its modules and busybox: a Linux that runs one script and ends. */
export interface PlainLinux {
  /** Path of the kernel. */
  readonly kernel: string;
  /** An initrd whose `/init` runs the script, to which others may be joined. */
  initrd(script: string): Buffer;
}

/** Takes the kernel out of its package, downloaded into `folder`. */
export async function plainLinux(folder: string, modules: readonly string[]): Promise<PlainLinux> {
  const apt = new Apt(join(folder, "apt"), () => undefined);
  const name = await apt.kernelPackage("linux-image-cloud-amd64");
  const root = (of: string) => join(folder, "unpacked", of);
  for (const file of await apt.download([name, "busybox-static"], join(folder, "packages"))) {
    await unpackPackage(file, root(file.name));
  }
  const { bytes: busybox, from } = await pickFile(root("busybox-static"), ["bin/busybox", "usr/bin/busybox"]);
  const tree = await openModuleTree(root(name), join(root("busybox-static"), from));
  const selection = await selectModules(tree, modules);
  if (selection.absent.length > 0) throw new Error(`no module ${selection.absent.join(", ")}`);
  const base = baseInitrd({
    kernelVersion: tree.kernelVersion,
    modules: selection,
    builtIn: tree.builtIn,
    programs: new Map([["bin/busybox", busybox]]),
    libraries: new Map(),
  });
  const kernel = join(folder, "linux");
  await writeFile(kernel, (await pickByPrefix(root(name), "boot", "vmlinuz-")).bytes);
  return {
    kernel,
    initrd: (script) =>
      Buffer.concat([
        base,
        gzipForInitrd(
          encodeCpio([
            {
              kind: "file",
              path: "init",
              permissions: 0o755,
              data: Buffer.from(
                [
                  "#!/bin/busybox sh",
                  "/bin/busybox --install -s /bin",
                  "export PATH=/bin:/sbin",
                  "mount -t proc proc /proc",
                  "mount -t sysfs sysfs /sys",
                  "mount -t devtmpfs dev /dev",
                  script,
                  "poweroff -f",
                  "",
                ].join("\n"),
              ),
            },
          ]),
        ),
      ]),
  };
}

/** Runs it until it ends by itself, without a network. Resolves with what its console showed. */
export async function runLinux(options: {
  readonly kernel: string;
  readonly initrd: string;
  readonly disks: readonly string[];
  readonly console: string;
  readonly memory: number;
}): Promise<string> {
  const child = spawn(
    "qemu-system-x86_64",
    [
      ...["-accel", "tcg,thread=multi", "-cpu", "max", "-m", String(options.memory), "-nodefaults"],
      ...["-display", "none", "-no-reboot", "-serial", `file:${options.console}`],
      ...["-kernel", options.kernel, "-initrd", options.initrd],
      ...["-append", "console=ttyS0 quiet panic=-1"],
      ...options.disks,
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  const timer = setTimeout(() => child.kill("SIGKILL"), DEADLINE);
  await once(child, "exit");
  clearTimeout(timer);
  return readFile(options.console, "utf8");
}
