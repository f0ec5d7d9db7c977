import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { baseInitrd } from "../../../src/assets/base-initrd.ts";
import { fetchAssets } from "../../../src/assets/fetch.ts";
import { prepareAssets, scriptsInitrd } from "../../../src/assets/installer-initrd.ts";
import { loadAssets } from "../../../src/assets/load.ts";
import { sha256 } from "../../../src/assets/manifest.ts";
import { builtInRecipe, readRecipe } from "../../../src/assets/recipe.ts";
import { decodeCpio } from "../../../src/cpio/newc.ts";
import { builtInTemplates, loadTemplates } from "../../../src/templates/templates.ts";
import { describeIf } from "../../support/require.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "bootwire-assets-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Writes files and a manifest that lists them, as a fetch would have. */
async function filled(files: Record<string, string>): Promise<string> {
  const into = join(folder, "assets");
  const listed = [];
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(into, name)), { recursive: true });
    await writeFile(join(into, name), text);
    listed.push({ name, sha256: sha256(Buffer.from(text)), size: text.length, package: "p", version: "1" });
  }
  const manifest = { format: 1, recipe: "r", packages: [], files: listed };
  await writeFile(join(into, "manifest.json"), JSON.stringify(manifest));
  return into;
}

describe("loading", () => {
  test("gives the files by content path", async () => {
    const into = await filled({ "ipxe.efi": "loader", "installer/linux": "kernel" });
    const assets = await loadAssets(into);
    expect([...assets.files.keys()]).toEqual(["assets/ipxe.efi", "assets/installer/linux"]);
    expect(assets.path("installer/linux")).toBe(join(into, "installer/linux"));
    expect(assets.path("nothing")).toBeUndefined();
  });

  test("says what is wrong with a folder, and what to do", async () => {
    const missing = { code: "BW_ASSETS_MISSING", hint: expect.stringContaining("dist/assets/main.js fetch") };
    await expect(loadAssets(join(folder, "nowhere"))).rejects.toMatchObject(missing);
    const into = await filled({ "ipxe.efi": "loader" });
    await writeFile(join(into, "ipxe.efi"), "changed");
    await expect(loadAssets(into)).rejects.toMatchObject({ code: "BW_ASSETS_DAMAGED" });
    await rm(join(into, "ipxe.efi"));
    await expect(loadAssets(into)).rejects.toMatchObject({ code: "BW_ASSETS_DAMAGED" });
  });
});

describe("the image installer's initrd", () => {
  test("is the base and behind it the scripts, made once", async () => {
    const into = await filled({ "installer/base.cpio.gz": "base" });
    const templates = await loadTemplates(builtInTemplates(), undefined);
    const cache = join(folder, "cache");
    const assets = await prepareAssets(into, templates, cache);
    const path = assets.path("installer/initrd.gz") ?? "";
    const bytes = await readFile(path);
    expect(bytes.subarray(0, 4).toString()).toBe("base");
    expect(bytes.subarray(4)).toEqual(scriptsInitrd(templates));
    const { mtimeMs } = await stat(path);
    expect((await prepareAssets(into, templates, cache)).path("installer/initrd.gz")).toBe(path);
    expect((await stat(path)).mtimeMs).toBe(mtimeMs);
  });

  test("holds every script of templates/image, executable, and no template", async () => {
    const templates = await loadTemplates(builtInTemplates(), undefined);
    const entries = decodeCpio(gunzipSync(scriptsInitrd(templates)));
    const paths = entries.map((entry) => entry.path);
    expect(paths).toContain("init");
    expect(paths).toContain("lib/bootwire/write-image.sh");
    expect(paths.filter((path) => path.endsWith(".hbs"))).toEqual([]);
    expect(entries).toContainEqual(expect.objectContaining({ path: "init", permissions: 0o755 }));
  });

  test("the base has every folder before what is in it, and a console", () => {
    const base = baseInitrd({
      kernelVersion: "6.1.0",
      modules: {
        files: new Map([["kernel/a/b.ko", Buffer.from("ko")]]),
        dependencies: "kernel/a/b.ko:\n",
        aliases: "",
        absent: [],
      },
      builtIn: ["kernel/c.ko"],
      programs: new Map([["opt/deep/tool", Buffer.from("tool")]]),
      libraries: new Map([
        ["ld-linux-x86-64.so.2", Buffer.from("ld")],
        ["libz.so.1", Buffer.from("z")],
      ]),
    });
    expect(base.length % 4).toBe(0);
    const entries = decodeCpio(gunzipSync(base));
    const seen = new Set<string>();
    for (const { path } of entries) {
      const parent = dirname(path);
      expect(parent === "." || seen.has(parent), path).toBe(true);
      seen.add(path);
    }
    expect(entries).toContainEqual({
      kind: "device",
      path: "dev/console",
      permissions: 0o600,
      type: "char",
      major: 5,
      minor: 1,
    });
    for (const path of [
      "lib/modules/6.1.0/kernel/a/b.ko",
      "lib/modules/6.1.0/modules.dep",
      "lib64/ld-linux-x86-64.so.2",
      "lib/x86_64-linux-gnu/libz.so.1",
    ]) {
      expect(seen).toContain(path);
    }
  });
});

describe("without apt", () => {
  const path = process.env["PATH"];
  beforeEach(() => {
    process.env["PATH"] = folder;
  });
  afterEach(() => {
    process.env["PATH"] = path;
  });
  const fetch = (into: string) =>
    fetchAssets({ into, recipe: builtInRecipe(), force: false, note: () => undefined });

  test("lists exactly which files to put where", async () => {
    const into = join(folder, "assets");
    const error = await fetch(into).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "BW_ASSETS_NO_APT", message: expect.stringContaining(into) });
    const { recipe } = await readRecipe(builtInRecipe());
    const names = recipe.loaders.flatMap((source) => Object.keys(source.files));
    for (const name of [...names, "installer/linux", "installer/base.cpio.gz"]) {
      expect(error).toMatchObject({
        message: expect.stringMatching(new RegExp(`^  ${name.replaceAll(".", "\\.")}: `, "m")),
      });
    }
  });

  test("takes files that an admin has put there, once they are all there", async () => {
    const into = join(folder, "assets");
    const { recipe } = await readRecipe(builtInRecipe());
    const names = recipe.loaders.flatMap((source) => Object.keys(source.files));
    for (const name of [...names, "installer/linux", "installer/base.cpio.gz"]) {
      await mkdir(dirname(join(into, name)), { recursive: true });
      await writeFile(join(into, name), name);
    }
    expect(await fetch(into)).toBe(true);
    expect((await loadAssets(into)).files.size).toBe(names.length + 2);
    expect(await fetch(into)).toBe(false);
  });
});

describeIf({ commands: ["apt-get", "dpkg-deb", "busybox"] }, "with apt", () => {
  test("leaves nothing behind when the packages cannot be had", async () => {
    const recipe = join(folder, "packages.yaml");
    await writeFile(
      recipe,
      "loaders: []\ninstaller: {kernel: no-such-package-at-all, modules: [], programs: [], libraries: []}\n",
    );
    // A broken apt stands for a machine without a network: no test waits for real servers.
    const bin = join(folder, "bin");
    await mkdir(bin);
    for (const name of ["apt-get", "apt-cache"]) {
      await writeFile(
        join(bin, name),
        '#!/bin/sh\n[ "$1" = --version ] && exit 0\necho "E: no network" >&2\nexit 100\n',
        { mode: 0o755 },
      );
    }
    const path = process.env["PATH"];
    process.env["PATH"] = `${bin}:${path}`;
    try {
      await expect(
        fetchAssets({ into: join(folder, "into", "assets"), recipe, force: false, note: () => undefined }),
      ).rejects.toMatchObject({
        code: "BW_ASSETS_DOWNLOAD",
        message: expect.stringContaining("E: no network"),
      });
    } finally {
      process.env["PATH"] = path;
    }
    expect(await readdir(join(folder, "into"))).toEqual([]);
  });
});

describeIf({ commands: ["busybox", "shellcheck"] }, "the scripts of the image installer", () => {
  test("are sound", async () => {
    const templates = await loadTemplates(builtInTemplates(), undefined);
    const scripts = templates.names("image/").filter((name) => !name.endsWith(".hbs"));
    expect(scripts.length).toBeGreaterThan(5);
    for (const name of scripts) {
      const { path } = templates.source(name);
      expect(spawnSync("busybox", ["sh", "-n", path], { encoding: "utf8" }).stderr, name).toBe("");
      // SC1091: the files that they read lie elsewhere in the initrd.
      const checked = spawnSync("shellcheck", ["-s", "dash", "-e", "SC1091", path], { encoding: "utf8" });
      expect(checked.stdout, name).toBe("");
    }
  });
});
