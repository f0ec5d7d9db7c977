import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bootwire } from "./run.ts";

describe("shell completion", () => {
  let folder: string;
  let config: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "bootwire-complete-"));
    config = join(folder, "bootwire.yaml");
    await writeFile(
      config,
      "hosts:\n  - {name: web-1, mac: 52:54:00:12:34:56}\n  - {name: db-1, mac: 52:54:00:12:34:57}\n",
    );
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function completed(...words: string[]): Promise<string[]> {
    const ran = await bootwire(["__complete", "--", ...words]);
    expect(ran).toMatchObject({ code: 0, err: "" });
    return ran.out.split("\n").filter((line) => line !== "");
  }

  test("of commands", async () => {
    expect(await completed("")).toEqual(
      expect.arrayContaining(["serve", "explain", "doctor", "watch", "help"]),
    );
    expect(await completed("re")).toEqual(["render", "reinstall"]);
    expect(await completed("--ver")).toEqual(["--version"]);
    expect(await completed("")).not.toContain("__complete");
  });

  test.each([
    [
      ["explain", "--config", "CONFIG", ""],
      ["web-1", "db-1"],
    ],
    [["reinstall", "-c", "CONFIG", "w"], ["web-1"]],
    [["explain", "--config", "CONFIG", "--firm"], ["--firmware"]],
    [
      ["explain", "--firmware", ""],
      ["bios", "uefi", "uefi-http"],
    ],
    [["explain", "--firmware", "uefi-"], ["uefi-http"]],
    [["serve", "--log", "d"], ["debug"]],
    [["check", "--config", ""], [":files"]],
    [["explain", "--pcap", ""], [":files"]],
    [["events", "--limit", ""], []],
    [
      ["completion", ""],
      ["bash", "zsh", "fish"],
    ],
    [["explain", "--config", "/nonexistent.yaml", ""], []],
  ])("of %j", async (words, expected) => {
    expect(await completed(...words.map((word) => (word === "CONFIG" ? config : word)))).toEqual(expected);
  });

  test.each(["bash", "zsh", "fish"])("there is a script for %s", async (shell) => {
    const ran = await bootwire(["completion", shell]);
    expect(ran).toMatchObject({ code: 0, err: "" });
    expect(ran.out).toContain("bootwire __complete --");
    expect((await bootwire(["completion", "tcsh"])).code).toBe(2);
  });
});
