import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Running } from "../../../src/bench/lab.ts";
import { describeIf } from "../../support/require.ts";
import { DAEMON_NEEDS, DaemonLab } from "./daemon-lab.ts";

// Foreign TFTP clients against the daemon as it is shipped. Some 3.3 MB: more blocks of 512 than a small counter holds,
// and a last block that is not full.

const SIZE = 3_300_001;
const SERVER = "10.99.0.1";

describeIf({ ...DAEMON_NEEDS, commands: ["ip", "atftp", "curl"] }, "TFTP clients of others", () => {
  const content = randomBytes(SIZE);
  let lab: DaemonLab;
  let daemon: Running;

  beforeAll(async () => {
    lab = new DaemonLab("tftp", "dhcp: { mode: 'off' }\ntftp: { root: ./files }\n");
    mkdirSync(lab.path("files/sub"), { recursive: true });
    writeFileSync(lab.path("files/big.bin"), content);
    writeFileSync(lab.path("files/sub/even.bin"), content.subarray(0, 1024));
    writeFileSync(lab.path("files/empty.bin"), "");
    writeFileSync(lab.path("secret"), "not for everybody");
    symlinkSync("../secret", lab.path("files/link"));
    await lab.address("10.99.0.2");
    daemon = await lab.start();
  });

  afterAll(async () => {
    await daemon?.stop();
    lab?.close();
  });

  test.each([
    ["as in RFC 1350", []],
    ["blksize 1432 and tsize, as iPXE asks", ["--option", "blksize 1432", "--option", "tsize 0"]],
    ["blksize 1468 and windowsize 4, as EDK2 asks", ["--option", "blksize 1468", "--option", "windowsize 4"]],
    ["a blksize above the wire's MTU", ["--option", "blksize 8192"]],
    ["windowsize 16", ["--option", "windowsize 16", "--option", "blksize 1400"]],
  ])("atftp, %s", async (_what, options) => {
    const local = lab.path("got");
    const got = await lab.client("atftp", "-g", ...options, "-r", "big.bin", "-l", local, SERVER);
    expect(got.stderr + got.stdout).not.toMatch(/error|timeout/i);
    expect(readFileSync(local).equals(content)).toBe(true);
  });

  test.each([
    ["big.bin", SIZE],
    ["sub/even.bin", 1024],
    ["/sub/even.bin", 1024],
    ["empty.bin", 0],
  ])("curl gets %s", async (name, size) => {
    const local = lab.path("curled");
    const got = await lab.client("curl", "-sS", "--output", local, `tftp://${SERVER}/${name}`);
    expect(got.stderr).toBe("");
    expect(readFileSync(local).equals(content.subarray(0, size))).toBe(true);
  });

  test("the client of npm's tftp2 gets a file", async () => {
    const script = resolve("test/interop/daemon/npm-tftp-client.mjs");
    const got = await lab.client(process.execPath, script, SERVER, "69", "big.bin");
    expect(got.stderr).toBe("");
    expect(Buffer.from(got.stdout, "hex").equals(content)).toBe(true);
  });

  test.each(["no-such-file", "../secret", "sub/../../secret", "link", "..\\secret"])(
    "nobody gets %s",
    async (name) => {
      const got = await lab.client("atftp", "-g", "-r", name, "-l", lab.path("stolen"), SERVER);
      expect(got.stdout + got.stderr).toMatch(/file not found|access violation/i);
    },
  );

  test("nobody writes", async () => {
    const got = await lab.client("atftp", "-p", "-l", lab.path("secret"), "-r", "new.bin", SERVER);
    expect(got.stdout + got.stderr).toContain("this server is read-only");
  });
});
