import { expect, test } from "vitest";
import { moduleInfo, neededLibraries } from "../../../src/assets/elf.ts";
import { selectModules } from "../../../src/assets/kernel-modules.ts";
import { elfFile } from "./elf-file.ts";

/** A module as the kernel's build makes it: its own description, as NUL-separated lines in .modinfo. */
function ko(...info: string[]): Buffer {
  return elfFile({ ".modinfo": Buffer.from(`${info.join("\0")}\0`) });
}

function tree(modules: Record<string, Buffer>, builtIn: readonly string[] = []) {
  return {
    paths: Object.keys(modules),
    builtIn,
    read: async (path: string) => modules[path] ?? Buffer.alloc(0),
  };
}

test("reads what a module says of itself", () => {
  const info = moduleInfo(
    ko("license=GPL", "alias=pci:v00001AF4d*", "alias=virtio:d00000002v*", "depends=a,b"),
  );
  expect(info.get("alias")).toEqual(["pci:v00001AF4d*", "virtio:d00000002v*"]);
  expect(info.get("depends")).toEqual(["a,b"]);
});

test("reads the libraries that a program needs", () => {
  const names = Buffer.from("\0libc.so.6\0libz.so.1\0");
  const dynamic = Buffer.alloc(48);
  dynamic.writeBigUInt64LE(1n, 0);
  dynamic.writeBigUInt64LE(1n, 8);
  dynamic.writeBigUInt64LE(1n, 16);
  dynamic.writeBigUInt64LE(11n, 24);
  expect(neededLibraries(elfFile({ ".dynstr": names, ".dynamic": dynamic }))).toEqual([
    "libc.so.6",
    "libz.so.1",
  ]);
});

test("refuses what is no such file", () => {
  expect(() => moduleInfo(Buffer.from("\x7fELF\x01\x01, of 32 bits"))).toThrow(RangeError);
  expect(() => neededLibraries(Buffer.from("#!/bin/sh\n"))).toThrow(RangeError);
});

test("takes along what modules need, and lists it so that the last comes first", async () => {
  const modules = tree({
    "kernel/fs/ext4/ext4.ko": ko("depends=jbd2,mbcache", "softdep=pre: crc32c", "alias=fs-ext4"),
    "kernel/fs/jbd2/jbd2.ko": ko("depends=mbcache"),
    "kernel/fs/mbcache.ko": ko("depends="),
    "kernel/crypto/crc32c.ko": ko("depends="),
    "kernel/drivers/other.ko": ko("depends="),
  });
  const selection = await selectModules(modules, ["ext4"]);
  expect([...selection.files.keys()]).toEqual([
    "kernel/crypto/crc32c.ko",
    "kernel/fs/ext4/ext4.ko",
    "kernel/fs/jbd2/jbd2.ko",
    "kernel/fs/mbcache.ko",
  ]);
  expect(selection.dependencies).toContain(
    "kernel/fs/ext4/ext4.ko: kernel/crypto/crc32c.ko kernel/fs/jbd2/jbd2.ko kernel/fs/mbcache.ko\n",
  );
  expect(selection.aliases).toBe("alias fs-ext4 ext4\n");
  expect(selection.absent).toEqual([]);
});

test("takes - and _ for the same, and drops the ending of packed modules", async () => {
  const modules = tree({ "kernel/fs/nls/nls_iso8859-1.ko.xz": ko("depends=") });
  const selection = await selectModules(modules, ["nls_iso8859_1"]);
  expect([...selection.files.keys()]).toEqual(["kernel/fs/nls/nls_iso8859-1.ko"]);
});

test("says which wishes the kernel has neither as a module nor inside", async () => {
  const modules = tree({ "kernel/a.ko": ko("depends=", "softdep=pre: crypto-gone post: later") }, [
    "kernel/lib/inside.ko",
  ]);
  expect((await selectModules(modules, ["a", "inside", "gone"])).absent).toEqual(["gone"]);
});

test("modules that need one another do not loop", async () => {
  const modules = tree({ "a.ko": ko("depends=b"), "b.ko": ko("depends=a") });
  expect((await selectModules(modules, ["a"])).dependencies).toBe("a.ko: b.ko\nb.ko: a.ko\n");
});
