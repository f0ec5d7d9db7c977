import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadConfig } from "../../../src/config/load.ts";
import { demoConfig, MACHINE } from "../../../src/demo/demo-config.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "bootwire-demo-config-"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test("the demo's config says what the demo is about", async () => {
  const image = { path: "/cache/image.raw.zst", sha256: "ab".repeat(32), size: 1 };
  const path = join(folder, "bootwire.yaml");
  await writeFile(path, demoConfig({ bridge: "br0", image }));
  const loaded = await loadConfig(path);
  expect(loaded.ok ? [] : loaded.problems).toEqual([]);
  if (!loaded.ok) return;
  const { config } = loaded;
  expect(config.interfaces).toEqual(["br0"]);
  expect(config.media).toBe("/cache");
  expect(config.hosts).toHaveLength(1);
  expect(config.hosts[0]).toMatchObject({
    name: MACHINE.name,
    mac: MACHINE.mac,
    profile: {
      installer: "image",
      image: "image.raw.zst",
      sha256: image.sha256,
      system: { users: [{ name: MACHINE.user }] },
    },
  });
});
