import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Catalogue } from "../../../src/media/catalogue.ts";

let root: string;
let catalogue: Catalogue;

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "bootwire-catalogue-")));
  await mkdir(join(root, "media", "debian"), { recursive: true });
  await writeFile(join(root, "secret"), "secret");
  await writeFile(join(root, "media", "debian", "linux"), "kernel");
  await symlink(join(root, "secret"), join(root, "media", "leak"));
  await symlink("..", join(root, "media", "up"));
  await symlink("debian/linux", join(root, "media", "inside"));
  const assets = { path: (name: string) => (name === "ipxe.efi" ? "/assets/ipxe.efi" : undefined) };
  catalogue = new Catalogue(assets, () => join(root, "media"));
});

afterAll(() => rm(root, { recursive: true }));

describe("content paths", () => {
  it.each([
    ["media/debian/linux", "media/debian/linux"],
    ["media/inside", "media/debian/linux"],
  ])("%s is a file of the media folder", async (path, expected) => {
    expect(await catalogue.locate(path)).toEqual({ kind: "file", path: join(root, expected) });
  });

  it("assets are found by name alone", async () => {
    expect(await catalogue.locate("assets/ipxe.efi")).toEqual({ kind: "file", path: "/assets/ipxe.efi" });
    expect(await catalogue.locate("assets/other")).toMatchObject({ kind: "missing" });
  });

  it.each([
    "media/../secret",
    "media/debian/../../secret",
    "media/leak",
    "media/up/secret",
    "media/debian/linux/more",
    `media/${"x".repeat(300)}`,
    "media/debian/linux\0",
    "media/nothing",
    "secret",
    "",
  ])("%j leads nowhere", async (path) => {
    expect(await catalogue.locate(path)).toMatchObject({ kind: "missing" });
  });
});
