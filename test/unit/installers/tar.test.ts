import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeTar } from "../../../src/installers/tar.ts";
import { describeIf } from "../../support/require.ts";

test.each(["", "../a", "a/../b", "a\0", "x".repeat(101)])("refuses the path %j", (path) => {
  expect(() => encodeTar([{ kind: "file", path, permissions: 0o644, text: "" }])).toThrow(RangeError);
});

describeIf({ commands: ["tar"] }, "GNU tar", () => {
  test("lists what was put in, as root's and with its rights", () => {
    const archive = encodeTar([
      { kind: "file", path: "etc/a", permissions: 0o600, text: "x".repeat(513) },
      { kind: "link", path: "etc/b", target: "/etc/a" },
    ]);
    expect(archive.length % 10_240).toBe(0);
    const listed = execFileSync("tar", ["-tvf", "-", "--utc", "--full-time"], {
      input: archive,
      encoding: "utf8",
    });
    expect(
      listed
        .trim()
        .split("\n")
        .map((line) => line.replace(/ +/g, " ")),
    ).toEqual([
      "-rw------- root/root 513 1970-01-01 00:00:00 etc/a",
      "lrwxrwxrwx root/root 0 1970-01-01 00:00:00 etc/b -> /etc/a",
    ]);
  });

  test("reads back any text", async () => {
    const folder = await mkdtemp(join(tmpdir(), "bootwire-tar-"));
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" }), { minLength: 1, maxLength: 4 }), (texts) => {
        const archive = encodeTar(
          texts.map((text, index) => ({ kind: "file", path: `f${index}`, permissions: 0o644, text })),
        );
        const read = execFileSync("tar", ["-xOf", "-"], { input: archive, cwd: folder });
        expect(read.equals(Buffer.from(texts.join("")))).toBe(true);
      }),
      { numRuns: 25 },
    );
    await rm(folder, { recursive: true });
  });
});
