import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeIso } from "../../../src/iso9660/writer.ts";
import { bootwire } from "./run.ts";

let root: string;
let config: string;

const UBUNTU = encodeIso(
  [
    { path: ".disk/info", data: Buffer.from('Ubuntu-Server 24.04.3 LTS "Noble Numbat" - Release amd64 (2)') },
    { path: "casper/vmlinuz", data: Buffer.from("kernel") },
    { path: "casper/initrd", data: Buffer.from("initrd") },
  ],
  { label: "Ubuntu-Server_24", modifiedAt: new Date(0) },
);

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "bootwire-cli-media-"));
  config = join(root, "bootwire.yaml");
  await writeFile(config, "dhcp: { mode: 'off' }\n");
  await writeFile(join(root, "u.iso"), UBUNTU);
});

afterAll(() => rm(root, { recursive: true }));

function media(...args: readonly string[]) {
  return bootwire(["media", ...args, "--config", config]);
}

test("an empty or missing folder is said to be so", async () => {
  expect(await media("list")).toMatchObject({ code: 0, out: expect.stringContaining("Nothing in") });
});

test("an ISO is added, and said what it is and how to use it", async () => {
  const { code, out, err } = await media("add", join(root, "u.iso"));
  expect(code).toBe(0);
  expect(out).toContain("u.iso: added");
  expect(out).toContain('Ubuntu-Server 24.04.3 LTS "Noble Numbat"');
  expect(out).toContain("media/u.iso/casper/vmlinuz");
  expect(out).toContain("profiles:\n  ubuntu-24.04.3:\n    installer: ubuntu\n    iso: u.iso\n");
  expect(err).toContain("SHA-256");
});

test("it is listed beside what is damaged, what is no ISO, and what is not whole", async () => {
  await mkdir(join(root, "media/debian"), { recursive: true });
  await writeFile(join(root, "media/debian/linux"), "kernel");
  await writeFile(join(root, "media/cut.iso"), UBUNTU.subarray(0, UBUNTU.length - 2048));
  await writeFile(join(root, "media/broken.iso"), UBUNTU.subarray(0, 20 * 2048));
  await mkdir(join(root, "media/.partial"), { recursive: true });
  await writeFile(join(root, "media/.partial/half.iso"), "half");
  const { code, out } = await media("list");
  expect(code).toBe(0);
  expect(out).not.toContain("half");
  const lines = out.split("\n");
  expect(lines.find((line) => line.startsWith("u.iso"))).toMatch(/KiB {2}Ubuntu-Server 24\.04\.3/);
  expect(lines.find((line) => line.startsWith("cut.iso"))).toContain("not fetched to its end");
  expect(lines.find((line) => line.startsWith("broken.iso"))).toContain("damaged");
  expect(lines.find((line) => line.startsWith("debian/linux"))).toMatch(/KiB$/);
  const { out: json } = await media("list", "--json");
  expect(JSON.parse(json).media).toContainEqual(
    expect.objectContaining({ path: "u.iso", iso: expect.objectContaining({ product: "ubuntu" }) }),
  );
});

test.each([
  [["show", "nothing.iso"], 1, "BW_MEDIA_MISSING"],
  [["add", "nothing.iso"], 1, "BW_MEDIA_MISSING"],
  [["add", "x.iso", "--sha256", "abc"], 1, "BW_MEDIA_DIGEST"],
  [["add"], 2, "missing required argument"],
  [["frobnicate"], 2, "unknown command"],
])("media %j ends with %i: %s", async (args, code, text) => {
  const ran = await media(...args);
  expect(ran.code).toBe(code);
  expect(ran.err).toContain(text);
});
