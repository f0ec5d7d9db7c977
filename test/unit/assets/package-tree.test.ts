import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { pickByPrefix, pickFile } from "../../../src/assets/package-tree.ts";

test("a package that does not have what was expected is named", async () => {
  const root = mkdtempSync(join(tmpdir(), "bootwire-tree-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, "boot"));
  const unexpected = { code: "BW_ASSETS_PACKAGE", message: expect.stringContaining(root) };
  await expect(pickFile(root, ["usr/lib/ipxe/ipxe.efi"])).rejects.toMatchObject(unexpected);
  await expect(pickByPrefix(root, "boot", "vmlinuz-")).rejects.toMatchObject(unexpected);
  writeFileSync(join(root, "boot", "vmlinuz-6"), "kernel");
  expect((await pickByPrefix(root, "boot", "vmlinuz-")).bytes.toString()).toBe("kernel");
});
