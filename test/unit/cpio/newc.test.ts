import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type CpioEntry, cpioFrame, decodeCpio, encodeCpio } from "../../../src/cpio/newc.ts";
import { describeIf } from "../../support/require.ts";

const name = fc
  .array(fc.string({ unit: fc.constantFrom("a", "b", "-", "ä", "0"), minLength: 1, maxLength: 9 }), {
    minLength: 1,
    maxLength: 3,
  })
  .map((parts) => parts.join("/"));
const permissions = fc.integer({ min: 0, max: 0o7777 });
const number = fc.integer({ min: 0, max: 0xffffffff });

const entry: fc.Arbitrary<CpioEntry> = fc.oneof(
  fc.record({ kind: fc.constant("directory"), path: name, permissions }),
  fc.record({
    kind: fc.constant("file"),
    path: name,
    permissions,
    data: fc.uint8Array({ maxLength: 70 }).map((data) => Buffer.from(data)),
  }),
  fc.record({ kind: fc.constant("link"), path: name, target: fc.string({ minLength: 1 }) }),
  fc.record({
    kind: fc.constant("device"),
    path: name,
    permissions,
    type: fc.constantFrom("char", "block"),
    major: number,
    minor: number,
  }),
);

test("what is encoded is decoded again", () => {
  fc.assert(
    fc.property(fc.array(entry), (entries) => {
      const archive = encodeCpio(entries);
      expect(archive.length % 4).toBe(0);
      expect(decodeCpio(archive)).toEqual(entries);
    }),
  );
});

test("the same entries give the same bytes", () => {
  const entries: CpioEntry[] = [{ kind: "file", path: "a", permissions: 0o644, data: Buffer.from("x") }];
  expect(encodeCpio(entries)).toEqual(encodeCpio(entries));
});

test.each(["/abs", "a/../b", "", "a//b", "./a", "a\0b", "TRAILER!!!"])("refuses the path %j", (path) => {
  expect(() => encodeCpio([{ kind: "link", path, target: "x" }])).toThrow(RangeError);
});

test("damaged archives are refused, wherever they end", () => {
  const archive = encodeCpio([
    { kind: "file", path: "some/file", permissions: 0o644, data: Buffer.from("content") },
  ]);
  for (let length = 0; length < archive.length - 4; length++) {
    expect(() => decodeCpio(archive.subarray(0, length)), `${length} bytes`).toThrow(RangeError);
  }
});

describeIf({ commands: ["cpio"] }, "the cpio program", () => {
  test("lists what we wrote", () => {
    const archive = encodeCpio([
      { kind: "directory", path: "dev", permissions: 0o755 },
      { kind: "device", path: "dev/console", permissions: 0o600, type: "char", major: 5, minor: 1 },
      { kind: "file", path: "init", permissions: 0o755, data: Buffer.from("#!/bin/sh\n") },
      { kind: "link", path: "sh", target: "bin/busybox" },
    ]);
    const { stdout, status } = spawnSync("cpio", ["-itv"], {
      input: archive,
      encoding: "utf8",
      env: { ...process.env, TZ: "UTC", LC_ALL: "C" },
    });
    expect(status).toBe(0);
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => line.replace(/\s+/g, " "));
    expect(lines).toEqual([
      "drwxr-xr-x 2 root root 0 Jan 1 1970 dev",
      "crw------- 1 root root 5, 1 Jan 1 1970 dev/console",
      "-rwxr-xr-x 1 root root 10 Jan 1 1970 init",
      "lrwxrwxrwx 1 root root 11 Jan 1 1970 sh -> bin/busybox",
    ]);
  });

  test("writes what we read", async () => {
    const folder = await mkdtemp(join(tmpdir(), "bootwire-cpio-"));
    const made = spawnSync(
      "sh",
      [
        "-c",
        "mkdir d && printf content >d/f && chmod 640 d/f && ln -s f d/l && find d | sort | cpio -o -H newc",
      ],
      { cwd: folder },
    );
    await rm(folder, { recursive: true });
    const entries = decodeCpio(made.stdout);
    expect(entries).toEqual([
      { kind: "directory", path: "d", permissions: expect.any(Number) },
      { kind: "file", path: "d/f", permissions: 0o640, data: Buffer.from("content") },
      { kind: "link", path: "d/l", target: "f" },
    ]);
  });
});

test("the frame around one file's data is what encoding the file gives", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("proxmox.iso", "a/b/file"),
      fc.uint8Array({ maxLength: 70 }),
      (path, bytes) => {
        const data = Buffer.from(bytes);
        const { before, behind } = cpioFrame(path, data.length);
        const folders = path
          .split("/")
          .slice(0, -1)
          .map((_, depth, all): CpioEntry => {
            const above = all.slice(0, depth + 1).join("/");
            return { kind: "directory", path: above, permissions: 0o755 };
          });
        const whole = encodeCpio([...folders, { kind: "file", path, permissions: 0o644, data }]);
        expect(Buffer.concat([before, data, behind])).toEqual(whole);
      },
    ),
  );
});

test("a frame holds up to 4 GiB less one byte", () => {
  expect(cpioFrame("proxmox.iso", 0xffffffff).behind.length % 4).toBe(1);
  expect(() => cpioFrame("proxmox.iso", 0x100000000)).toThrow(RangeError);
  expect(() => cpioFrame("../up", 1)).toThrow(RangeError);
});
