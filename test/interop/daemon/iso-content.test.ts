import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Running } from "../../../src/bench/lab.ts";
import { joinPath, mediaPath } from "../../../src/media/content-path.ts";
import { makeIso, NAMINGS, sha256 } from "../../support/iso.ts";
import { describeIf } from "../../support/require.ts";
import { DAEMON_NEEDS, DaemonLab } from "./daemon-lab.ts";

/*
 * What is no file as it lies on the disk, as foreign clients get it from the daemon as it is shipped: files inside an ISO,
 * and several contents in one.
 */

const SERVER = "10.99.0.1";
const BASE = `http://${SERVER}:8080`;

// No sizes that are multiples of anything: of a sector, a block of TFTP, or the four bytes of joined contents.
const kernel = randomBytes(1_234_567);
const initrd = randomBytes(654_321);
const extra = randomBytes(70_003);

const INSIDE = mediaPath("isos/disc.iso", "boot/a kernel");
const JOINED = joinPath([
  { content: mediaPath("isos/disc.iso", "boot/initrd.img") },
  { content: mediaPath("extra.cpio") },
]);

/** What is served, by content path, with the bytes that it must have. */
const CONTENTS = [
  { name: "a file inside an ISO", path: INSIDE, bytes: kernel },
  {
    name: "an initrd inside an ISO joined with a file",
    path: JOINED,
    bytes: Buffer.concat([initrd, Buffer.alloc(3), extra]),
  },
] as const;

describeIf(
  { ...DAEMON_NEEDS, commands: ["ip", "curl", "atftp", "xorriso", "cpio"] },
  "contents that are put together",
  () => {
    let lab: DaemonLab;
    let daemon: Running;

    beforeAll(async () => {
      lab = new DaemonLab("iso", "dhcp: { mode: 'off' }\n");
      mkdirSync(lab.path("tree/boot"), { recursive: true });
      writeFileSync(lab.path("tree/boot/a kernel"), kernel);
      writeFileSync(lab.path("tree/boot/initrd.img"), initrd);
      mkdirSync(lab.path("media/isos"));
      makeIso(lab.path("media/isos/disc.iso"), lab.path("tree"), NAMINGS["Rock Ridge"]);
      writeFileSync(lab.path("media/extra.cpio"), extra);
      await lab.address("10.99.0.2");
      daemon = await lab.start();
    });

    afterAll(async () => {
      await daemon?.stop();
      lab?.close();
    });

    describe.each(CONTENTS)("$name", ({ path, bytes }) => {
      const size = bytes.length;
      const url = `${BASE}/${encodeURI(path)}`;

      test("curl gets it whole", async () => {
        expect(await download()).toMatchObject({ code: "200", body: sha256(bytes) });
      });

      test.each([
        ["the first bytes", "0-99", 0, 100],
        ["the middle", "600000-700000", 600_000, 700_001],
        ["one byte", "654322-654322", 654_322, 654_323],
        ["from a place on", "654320-", 654_320, size],
        ["the last bytes", "-70", size - 70, size],
        ["beyond the end", `${size - 5}-${size + 500}`, size - 5, size],
      ])("curl gets a range: %s", async (_what, range, from, to) => {
        const got = await download("-r", range);
        expect(got).toMatchObject({ code: "206", body: sha256(bytes.subarray(from, to)) });
        expect(got.headers).toMatch(new RegExp(`^content-range: bytes ${from}-${to - 1}/${size}\r$`, "im"));
      });

      test("curl is told that a range is not there", async () => {
        const got = await download("-r", `${size}-`);
        expect(got.code).toBe("416");
        expect(got.headers).toMatch(new RegExp(`^content-range: bytes \\*/${size}\r$`, "im"));
      });

      test("curl goes on where it broke off, when it is still the same, and else gets the whole", async () => {
        const { stdout } = await curl("-I", url);
        const etag = /^etag: (.*)\r$/im.exec(stdout)?.[1] ?? "";
        expect(etag).toMatch(/^"[^"]+"$/);
        expect(await download("-r", "500000-", "-H", `If-Range: ${etag}`)).toMatchObject({
          code: "206",
          body: sha256(bytes.subarray(500_000)),
        });
        expect(await download("-r", "500000-", "-H", 'If-Range: "another"')).toMatchObject({
          code: "200",
          body: sha256(bytes),
        });
        expect(await download("-H", `If-None-Match: ${etag}`)).toMatchObject({ code: "304" });
      });

      test("curl asks for its size alone", async () => {
        const { stdout } = await curl("-I", url);
        expect(stdout).toMatch(/^HTTP\/1.1 200/);
        expect(stdout).toMatch(new RegExp(`^content-length: ${size}\r$`, "im"));
        expect(stdout).toMatch(/^accept-ranges: bytes\r$/im);
      });

      test.each([
        ["as in RFC 1350", []],
        ["blksize 1432 and tsize, as iPXE asks", ["--option", "blksize 1432", "--option", "tsize 0"]],
        ["windowsize 16", ["--option", "windowsize 16", "--option", "blksize 1400"]],
      ])("atftp gets it, %s", async (_what, options) => {
        const local = lab.path("got");
        const got = await lab.client("atftp", "-g", ...options, "-r", path, "-l", local, SERVER);
        expect(got.stderr + got.stdout).not.toMatch(/error|timeout/i);
        expect(readFileSync(local).equals(bytes)).toBe(true);
      });

      test("curl gets it by TFTP", async () => {
        const local = lab.path("curled");
        const got = await curl("--output", local, `tftp://${SERVER}/${encodeURI(path)}`);
        expect(got.stderr).toBe("");
        expect(readFileSync(local).equals(bytes)).toBe(true);
      });

      /** Downloads it with these options of curl's; the body comes as its SHA-256. */
      async function download(...options: readonly string[]) {
        const local = lab.path("downloaded");
        const headers = lab.path("headers");
        writeFileSync(local, "");
        const { stdout } = await curl("-w", "%{http_code}", "-D", headers, "-o", local, ...options, url);
        return { code: stdout, headers: readFileSync(headers, "utf8"), body: sha256(readFileSync(local)) };
      }
    });

    test("a content that is wrapped is unpacked by cpio under its name, whichever way it came", async () => {
      const path = joinPath([{ content: INSIDE, as: "disc/kernel" }]);
      await curl("-o", lab.path("http.cpio"), `${BASE}/${encodeURI(path)}`);
      await lab.client("atftp", "-g", "-r", path, "-l", lab.path("tftp.cpio"), SERVER);
      for (const way of ["http", "tftp"]) {
        mkdirSync(lab.path(way));
        const archive = lab.path(`${way}.cpio`);
        const unpacked = await lab.client("cpio", "-i", "--quiet", "-D", lab.path(way), "-F", archive);
        expect(unpacked).toMatchObject({ status: 0, stderr: "" });
        expect(readFileSync(lab.path(`${way}/disc/kernel`)).equals(kernel)).toBe(true);
      }
    });

    test.each([
      ["a folder of the ISO as a file", "media/isos/disc.iso/boot", "301"],
      ["what the ISO has not", "media/isos/disc.iso/boot/other", "404"],
      ["a way out of the ISO", "media/isos/disc.iso/../../../secret", "40[04]"],
      ["a joined content with a part that is not there", "join/media/extra.cpio/+/media/none", "404"],
    ])("nobody gets %s", async (_what, path, code) => {
      const got = await curl("--path-as-is", "-w", "%{http_code}", "-o", "/dev/null", `${BASE}/${path}`);
      expect(got.stdout).toMatch(new RegExp(`^${code}$`));
      const tftp = await lab.client("atftp", "-g", "-r", path, "-l", lab.path("stolen"), SERVER);
      expect(tftp.stdout + tftp.stderr).toMatch(/file not found|access violation/i);
    });

    function curl(...args: readonly string[]) {
      return lab.client("curl", "-sS", ...args);
    }
  },
);
