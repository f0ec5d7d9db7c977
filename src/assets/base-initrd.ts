import { gzipSync } from "node:zlib";
import type { CpioEntry } from "../cpio/newc.ts";
import { encodeCpio } from "../cpio/newc.ts";
import type { ModuleSelection } from "./kernel-modules.ts";

/** What the image installer's initrd is made of, but for our own scripts. */
export interface BaseInitrdParts {
  /** `uname -r` of the kernel. */
  readonly kernelVersion: string;
  readonly modules: ModuleSelection;
  /** Lines of the kernel's `modules.builtin`. */
  readonly builtIn: readonly string[];
  /** Path in the initrd → file. */
  readonly programs: ReadonlyMap<string, Buffer>;
  /** Shared libraries by their name. */
  readonly libraries: ReadonlyMap<string, Buffer>;
}

/** The dynamic loader must be where the x86-64 ABI says; every other library goes to Debian's own place. */
const DYNAMIC_LOADER = "ld-linux-x86-64.so.2";
const LIBRARIES = "lib/x86_64-linux-gnu";

const DIRECTORIES = [
  "bin",
  "dev",
  "etc",
  "lib",
  "lib/modules",
  LIBRARIES,
  "lib64",
  "mnt",
  "proc",
  "run",
  "sbin",
  "sys",
  "tmp",
  "usr",
  "usr/bin",
  "usr/sbin",
  "var",
];

/** The base initrd as a gzip'd cpio archive, padded so that another may follow. Pure. */
export function baseInitrd(parts: BaseInitrdParts): Buffer {
  const modulesFolder = `lib/modules/${parts.kernelVersion}`;
  const text = (path: string, content: string): CpioEntry => ({
    kind: "file",
    path: `${modulesFolder}/${path}`,
    permissions: 0o644,
    data: Buffer.from(content),
  });
  const files: CpioEntry[] = [
    ...[...parts.programs].map(([path, data]) => ({ kind: "file", path, permissions: 0o755, data }) as const),
    ...[...parts.libraries].map(
      ([name, data]) => ({ kind: "file", path: libraryPath(name), permissions: 0o755, data }) as const,
    ),
    ...[...parts.modules.files].map(
      ([path, data]) =>
        ({ kind: "file", path: `${modulesFolder}/${path}`, permissions: 0o644, data }) as const,
    ),
    text("modules.dep", parts.modules.dependencies),
    text("modules.alias", parts.modules.aliases),
    text("modules.builtin", parts.builtIn.map((line) => `${line}\n`).join("")),
    // The kernel itself starts these two: the shell of /init, and modprobe when a file system is asked for.
    { kind: "link", path: "bin/sh", target: "busybox" },
    { kind: "link", path: "sbin/modprobe", target: "../bin/busybox" },
  ];
  const folders = new Set(DIRECTORIES);
  for (const { path } of files) for (const parent of parentsOf(path)) folders.add(parent);
  return gzipForInitrd(
    encodeCpio([
      ...[...folders].sort().map((path) => ({ kind: "directory", path, permissions: 0o755 }) as const),
      // /init's output goes to /dev/console, before anything could be mounted on /dev.
      { kind: "device", path: "dev/console", permissions: 0o600, type: "char", major: 5, minor: 1 },
      { kind: "device", path: "dev/null", permissions: 0o666, type: "char", major: 1, minor: 3 },
      ...files,
    ]),
  );
}

/** Compresses an archive; NULs behind it bring the next one to a multiple of four bytes, as the kernel wants it. */
export function gzipForInitrd(archive: Buffer): Buffer {
  const packed = gzipSync(archive, { level: 9 });
  return Buffer.concat([packed, Buffer.alloc((4 - (packed.length % 4)) % 4)]);
}

function libraryPath(name: string): string {
  return name === DYNAMIC_LOADER ? `lib64/${name}` : `${LIBRARIES}/${name}`;
}

function parentsOf(path: string): readonly string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}
