import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeIf } from "../../support/require.ts";
import { foreignClients, hashOf, type ServerProcess, startServer, tftpHpa, writePattern } from "./support.ts";

const base = mkdtempSync(join(tmpdir(), "bootwire-tftp-interop-"));
const root = join(base, "root");
const hpa = tftpHpa();
const sizes = [0, 1, 511, 512, 513, 100_000];
/** 65,536 blocks of 512 octets and one more octet: the numbers wrap. */
const LONG = 65_536 * 512 + 1;

afterAll(() => rmSync(base, { recursive: true, force: true }));

const needs = {
  commands: ["curl", "atftp", "busybox", ...(hpa === undefined ? ["tftp-hpa's tftp"] : [])],
  files: ["dist/bench/tftp-serve.js"],
};

describeIf(needs, "other people's clients", () => {
  beforeAll(() => {
    mkdirSync(root);
    for (const size of sizes) writePattern(join(root, `f${size}`), size);
    writePattern(join(root, "long"), LONG);
  });

  describe.each([
    { kind: "a thread with segmentation offload", workers: 1 },
    { kind: "two threads", workers: 2 },
    { kind: "one thread for all, plain sockets", workers: 0 },
  ])("$kind", ({ workers }) => {
    let server: ServerProcess;

    beforeAll(async () => {
      server = await startServer({ folder: root, workers });
      expect(server.description).toMatch(workers === 0 ? /node:dgram/ : /UDP_SEGMENT/);
    });

    afterAll(() => server.stop());

    test.each(foreignClients(hpa ?? "tftp"))("$name", async ({ fetch }) => {
      for (const size of sizes) {
        const target = join(base, "got");
        rmSync(target, { force: true });
        await fetch(`f${size}`, target, server);
        expect(hashOf(target), `${size} octets`).toBe(hashOf(join(root, `f${size}`)));
      }
      expect(server.complaints).toEqual([]);
    });

    test.each(foreignClients(hpa ?? "tftp").filter(({ maxBytes }) => maxBytes >= LONG && workers !== 2))(
      "$name, 65,537 blocks",
      async ({ fetch }) => {
        const target = join(base, "got");
        await fetch("long", target, server);
        expect(hashOf(target)).toBe(hashOf(join(root, "long")));
      },
    );
  });

  test("2 GiB and one octet, in windows", async () => {
    const path = join(root, "huge");
    const file = openSync(path, "w");
    const size = 2 * 1024 ** 3 + 1;
    ftruncateSync(file, size);
    for (let at = 0; at < size; at += 1_000_003) writeSync(file, Buffer.from(`${at} `), 0, undefined, at);
    closeSync(file);
    const server = await startServer({ folder: root });
    const atftp = `atftp --option 'windowsize 64' --option 'blksize 1468' --get -r huge -l /dev/stdout ${server.address} ${server.port}`;
    const check = spawn("sh", ["-c", `${atftp} 2>/dev/null | cmp - '${path}'`], { stdio: "inherit" });
    const [code] = await once(check, "exit");
    expect(code).toBe(0);
    await server.stop();
    rmSync(path);
  });
});
