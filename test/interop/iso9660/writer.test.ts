import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { graftRootFile } from "../../../src/iso9660/graft.ts";
import { encodeIso } from "../../../src/iso9660/writer.ts";
import {
  assemble,
  extractIso,
  fileSource,
  makeIso,
  NAMINGS,
  sha256,
  treeOf,
  writeTree,
  xorriso,
} from "../../support/iso.ts";
import { describeIf } from "../../support/require.ts";

const TIME = new Date("2026-11-24T10:20:30Z");
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "bootwire-iso-writer-"));
});

afterAll(() => rm(root, { recursive: true }));

async function extracted(
  iso: string,
  name: string,
  args: readonly string[] = [],
): Promise<Map<string, string>> {
  const target = join(root, name);
  await mkdir(target);
  extractIso(iso, target, args);
  return treeOf(target);
}

describeIf({ commands: ["xorriso"] }, "images of our own, read by xorriso", () => {
  it.each<[string, string[]]>([
    ["Rock Ridge", []],
    ["Joliet", ["-read_fs", "norock"]],
  ])("have every file by its %s name", async (naming, args) => {
    const files = [
      { path: "user-data", data: Buffer.from("#cloud-config\n") },
      { path: "meta-data", data: Buffer.alloc(5000, "m") },
      { path: "empty", data: Buffer.alloc(0) },
      { path: "Ünïcode ñame.txt", data: Buffer.from("u") },
      { path: "openstack/latest/user_data", data: Buffer.from("nested") },
      ...Array.from({ length: 200 }, (_, n) => ({
        path: `many/file-number-${n}.text`,
        data: Buffer.from(`${n}`),
      })),
    ];
    const iso = join(root, `own-${naming}.iso`);
    await writeFile(iso, encodeIso(files, { label: "cidata", modifiedAt: TIME }));
    expect(await extracted(iso, `own-${naming}`, args)).toEqual(
      new Map(files.map(({ path, data }) => [path, sha256(data)])),
    );
  });

  it("are what xorriso finds nothing to say about", async () => {
    const iso = join(root, "checked.iso");
    await writeFile(
      iso,
      encodeIso([{ path: "a/b", data: Buffer.from("x") }], { label: "L", modifiedAt: TIME }),
    );
    expect(() => xorriso("-abort_on", "WARNING", "-indev", iso, "-check_media", "--")).not.toThrow();
  });
});

describeIf({ commands: ["xorriso"] }, "an image with a file put into its root, read by xorriso", () => {
  it.each<[keyof typeof NAMINGS, string[]]>([
    ["Rock Ridge", []],
    ["Rock Ridge and Joliet", []],
    ["Rock Ridge and Joliet", ["-read_fs", "norock"]],
    ["Joliet", []],
  ])("with %s (%s): has it beside every other file unchanged", async (names, args) => {
    const name = `graft ${names} ${args.length}`;
    const tree = join(root, `${name} tree`);
    await writeTree(tree, {
      "boot/initrd.img": Buffer.alloc(100_000, "i"),
      "auto-installer-mode.toml.old": "old",
      ...Object.fromEntries(
        Array.from({ length: 60 }, (_, n) => [`a file of the root, number ${n}`, `${n}`]),
      ),
    });
    makeIso(join(root, `${name}.iso`), tree, NAMINGS[names]);
    const source = fileSource(join(root, `${name}.iso`));
    const file = {
      name: "auto-installer-mode.toml",
      plainName: "AUTOINST.TOM;1",
      data: Buffer.from('mode = "http"\n'),
      modifiedAt: TIME,
    };
    const patched = await assemble(source, await graftRootFile(source, file));
    source.close();
    await writeFile(join(root, `${name} patched.iso`), patched);
    const expected = await treeOf(tree);
    expected.set(file.name, sha256(file.data));
    expect(await extracted(join(root, `${name} patched.iso`), `${name} out`, args)).toEqual(expected);
  });
});
