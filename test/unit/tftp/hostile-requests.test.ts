import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FolderSource } from "../../../src/tftp/folder-source.ts";
import { encodeAck, encodeError, encodeRequest } from "../../../src/tftp/packet.ts";
import { keptMemory } from "../support/memory.ts";
import { describePacket, fetchFile, Probe, request, serve, type TestServer } from "./probe.ts";

const MIB = 1024 * 1024;

const base = mkdtempSync(join(tmpdir(), "bootwire-hostile-"));
writeFileSync(join(base, "secret"), "must never leave");
const root = join(base, "root");

let served: TestServer;

beforeAll(async () => {
  const { mkdirSync } = await import("node:fs");
  mkdirSync(root);
  writeFileSync(join(root, "ok"), "fine");
  const source = new FolderSource(root);
  served = await serve((asked) => source.resolve(asked));
});

afterAll(async () => {
  await served.close();
  rmSync(base, { recursive: true });
});

const raw = (text: string) => Buffer.from(text, "latin1");
const long = "a".repeat(900);

const requests: readonly (readonly [string, Buffer, string])[] = [
  ["traversal", request("../secret"), "error 2"],
  ["traversal from a folder", request("x/../../secret"), "error 2"],
  ["traversal with backslashes", request("..\\secret"), "error 2"],
  ["traversal, mixed", request("/..\\/..//secret"), "error 2"],
  ["traversal at the end", request("ok/../../secret"), "error 2"],
  ["traversal after a leading slash", request("/../secret"), "error 2"],
  ["traversal with a doubled slash", request("..//secret"), "error 2"],
  ["traversal with both slashes", request("..\\/secret"), "error 2"],
  ["traversal far beyond the top", request("../".repeat(100)), "error 2"],
  ["dots filtered once are still dots", request("....//secret"), "error 1"],
  ["percent encoding twice", request("%252e%252e%252fsecret"), "error 1"],
  ["percent encoding of the slash", request("..%2fsecret"), "error 1"],
  ["a semicolon after the dots", request("..;/secret"), "error 1"],
  ["UTF-16", raw("\0\x01.\0.\0/\0s\0\0octet\0"), "error 4"],
  ["a NUL in the dots", raw("\0\x01..\0/secret\0octet\0"), "error 4"],
  ["wide dots", request("\uff0e\uff0e/secret"), "error 1"],
  ["a share", request("\\\\host\\secret"), "error 1"],
  ["a home", request("~/secret"), "error 1"],
  ["a URL", request(`file://${join(base, "secret")}`), "error 1"],
  ["an absolute path", request(join(base, "secret")), "error 1"],
  ["a drive letter", request("C:\\secret"), "error 1"],
  ["percent encoding is a name", request("%2e%2e/secret"), "error 1"],
  ["overlong UTF-8 dots", raw("\0\x01\xc0\xae\xc0\xae/secret\0octet\0"), "error 1"],
  ["dots only", request(".."), "error 2"],
  ["the root itself", request("/"), "error 2"],
  ["a dot", request("."), "error 2"],
  ["a name of blanks", request(" "), "error 1"],
  ["a long name", request(long), "error 1"],
  ["a name with control characters", request("a\r\n\x1b[31m"), "error 1"],
  ["a write", encodeRequest("write", "ok", "octet", []), "error 2"],
  ["a write outside", encodeRequest("write", "../secret", "octet", []), "error 2"],
  ["mode mail", request("ok", {}, "mail"), "error 4"],
  ["mode nonsense", request("ok", {}, "binary"), "error 4"],
  ["no mode", raw("\0\x01ok\0"), "error 4"],
  ["no NUL at all", raw("\0\x01ok"), "error 4"],
  ["an empty name", raw("\0\x01\0octet\0"), "error 4"],
  ["no NUL after the mode", raw("\0\x01ok\0octet"), "error 4"],
  ["far too long", raw(`\0\x01ok\0octet\0${"x\0y\0".repeat(500)}`), "error 4"],
  ["an ACK", encodeAck(1), "silence"],
  ["an ERROR", encodeError(0, "boo"), "silence"],
  ["data", raw("\0\x03\0\x01data"), "silence"],
  ["an OACK", raw("\0\x06blksize\x00512\0"), "silence"],
  ["opcode 255", raw("\0\xffok\0octet\0"), "silence"],
  ["one octet", raw("\x01"), "silence"],
  ["nothing", Buffer.alloc(0), "silence"],
  ["noise", Buffer.alloc(1400, 0xa5), "silence"],
  ["an option without a value", raw("\0\x01ok\0octet\0blksize\0"), "data 1 (4)"],
  ["options without values", raw("\0\x01ok\0octet\0blksize\0\0windowsize\0\0tsize\0\0"), "data 1 (4)"],
  ["an option without a name", raw("\0\x01ok\0octet\0\x001024\0"), "data 1 (4)"],
  [
    "huge numbers",
    request("ok", { blksize: "9".repeat(39), tsize: "9".repeat(39), windowsize: "9".repeat(39) }),
    "oack",
  ],
  ["negative numbers", request("ok", { blksize: "-1", windowsize: "-1", timeout: "-1" }), "data 1 (4)"],
  ["numbers that are none", request("ok", { blksize: "NaN", windowsize: "0x10", timeout: "" }), "data 1 (4)"],
  ["upper case", request("ok", {}, "OcTeT"), "data 1 (4)"],
];

describe("hostile requests", () => {
  test.each(requests)("%s", async (_what, bytes, wanted) => {
    const probe = await Probe.open();
    try {
      probe.send(bytes, served.port);
      // A request from the same socket follows: what answers first tells whether the hostile one was answered.
      if (wanted === "silence") probe.send(request("missing"), served.port);
      const answer = describePacket((await probe.next()).bytes);
      if (wanted === "silence") expect(answer).toBe("error 1 file not found");
      else expect(answer.startsWith(wanted), answer).toBe(true);
      expect(answer).not.toContain(base);
      expect(answer).not.toContain("must never leave");
    } finally {
      probe.close();
    }
  });

  test("after all of them the server still serves", async () => {
    const probe = await Probe.open();
    probe.send(request("ok"), served.port);
    const { bytes, from } = await probe.next();
    expect(describePacket(bytes)).toBe("data 1 (4)");
    probe.send(encodeAck(1), from.port);
    probe.close();
  });
});

test("what goes to an address that never answers is a small multiple of what it sent", async () => {
  const quiet = await serve(() => ({ kind: "bytes", bytes: Buffer.alloc(1_000_000) }), {
    limits: { rto: { initial: 5, min: 5, max: 10 }, probation: 50 },
  });
  const probe = await Probe.open();
  const asked = request("kernel", { blksize: "1468", windowsize: "64", tsize: "0" });
  probe.send(asked, quiet.port);
  const failed = await quiet.event("failed");
  expect(failed.reason).toBe("the client never answered");
  const heard = probe.unread.reduce((sum, { bytes }) => sum + bytes.length, 0);
  expect(heard).toBeGreaterThan(0);
  expect(heard).toBeLessThanOrEqual(3 * asked.length);
  probe.close();
  await quiet.close();
});

test("a client without options that never answers hears the first block three times", async () => {
  const quiet = await serve(() => ({ kind: "bytes", bytes: Buffer.alloc(1_000_000) }), {
    // Time for three, on a machine that gets to it late, and for many more.
    limits: { rto: { initial: 5, min: 5, max: 10 }, probation: 1000 },
  });
  const probe = await Probe.open();
  probe.send(request("kernel"), quiet.port);
  expect(await quiet.event("failed")).toMatchObject({ reason: "the client never answered" });
  const first = "data 1 (512)";
  expect(probe.unread.map(({ bytes }) => describePacket(bytes))).toEqual([first, first, first]);
  probe.close();
  await quiet.close();
});

describe("foreign senders at a transfer's port", () => {
  test.each<readonly [string, Buffer, string | undefined]>([
    ["an ACK", encodeAck(1), "error 5 unknown transfer"],
    ["an ACK of everything", encodeAck(65_535), "error 5 unknown transfer"],
    ["an ERROR", encodeError(0, "die"), undefined],
    ["a request", request("other"), undefined],
    ["data", raw("\0\x03\0\x01data"), "error 5 unknown transfer"],
    ["noise", Buffer.alloc(1400, 0xa5), undefined],
    ["nothing", Buffer.alloc(0), undefined],
  ])("%s: it goes on", async (_what, bytes, wanted) => {
    const one = await serve(() => ({ kind: "bytes", bytes: Buffer.alloc(1300, 7) }));
    const probe = await Probe.open();
    // The client's own port, at another address: a forger who has guessed it.
    const strangers = [await Probe.open(), await Probe.open("127.0.0.2", probe.port)];
    probe.send(request("x"), one.port);
    const { from } = await probe.next();
    for (const stranger of strangers) {
      stranger.send(bytes, from.port);
      if (wanted !== undefined) expect(describePacket((await stranger.next()).bytes)).toBe(wanted);
    }
    for (const [block, wants] of [
      [1, "data 2 (512)"],
      [2, "data 3 (276)"],
    ] as const) {
      probe.send(encodeAck(block), from.port);
      expect(describePacket((await probe.next()).bytes)).toBe(wants);
    }
    probe.send(encodeAck(3), from.port);
    await one.event("completed");
    for (const stranger of strangers) {
      expect(stranger.unread).toEqual([]);
      stranger.close();
    }
    expect(one.events.filter(({ kind }) => kind === "failed" || kind === "aborted")).toEqual([]);
    probe.close();
    await one.close();
  });
});

test("whatever a datagram holds, one answer at most, and none that is longer than an error or a block", async () => {
  const alphabet = fc.oneof(
    fc.uint8Array({ maxLength: 600 }),
    // Something like a request: an opcode, and words in between zeroes.
    fc
      .tuple(
        fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7, 255),
        fc.array(
          fc.oneof(
            fc.constantFrom(
              "ok",
              "octet",
              "netascii",
              "blksize",
              "tsize",
              "windowsize",
              "timeout",
              "rollover",
            ),
            fc.constantFrom("..", "/", "\\", "0", "1", "-1", "65464", "4294967296", "1e3", "ok/../../secret"),
            fc.string({ maxLength: 12 }),
          ),
          { maxLength: 12 },
        ),
        fc.boolean(),
      )
      .map(([opcode, words, ended]) =>
        Buffer.concat([
          Buffer.from([0, opcode]),
          Buffer.from(words.join("\0") + (ended ? "\0" : ""), "latin1"),
        ]),
      ),
  );
  await fc.assert(
    fc.asyncProperty(alphabet, async (bytes) => {
      const probe = await Probe.open();
      const after = await Probe.open();
      try {
        probe.send(Buffer.from(bytes), served.port);
        after.send(request("missing"), served.port);
        expect(describePacket((await after.next()).bytes)).toBe("error 1 file not found");
        expect(probe.unread.length).toBeLessThanOrEqual(1);
        for (const { bytes: answer } of probe.unread) {
          expect(answer.length).toBeLessThanOrEqual(516);
          expect(answer.includes("must never leave")).toBe(false);
        }
      } finally {
        probe.close();
        after.close();
      }
    }),
    { numRuns: 300 },
  );
});

test("a flood from thousands of forged addresses: little to each of them, flat memory, and then it serves on", async () => {
  const limits = { rto: { initial: 10, min: 10, max: 20 }, probation: 50, transfers: 300 };
  const flooded = await serve(() => ({ kind: "bytes", bytes: Buffer.alloc(100_000) }), { limits });
  const asked = request("kernel", { blksize: "1468", windowsize: "64", tsize: "0" });
  let heard = 0;
  const flood = async (round: number) => {
    for (let i = 0; i < 20; i++) {
      const addresses = Array.from({ length: 100 }, (_none, j) => `127.${round + 1}.${i}.${j + 1}`);
      const probes = await Promise.all(addresses.map((address) => Probe.open(address)));
      for (const probe of probes) probe.send(asked, flooded.port);
      // A request that the server has looked at is counted, in whatever way.
      const seen = (round * 20 + i + 1) * 100;
      while (flooded.server.counters().requests < seen) await new Promise(setImmediate);
      for (const probe of probes) {
        const octets = probe.unread.reduce((sum, { bytes }) => sum + bytes.length, 0);
        expect(octets).toBeLessThanOrEqual(3 * asked.length);
        heard += octets;
        probe.close();
      }
    }
    const { rss } = process.memoryUsage();
    while (flooded.server.counters().running > 0) await new Promise(setImmediate);
    return { rss, kept: await keptMemory() };
  };
  await flood(0);
  const before = await flood(1);
  let after = before;
  for (let round = 2; round < 6; round++) after = await flood(round);
  expect(heard).toBeGreaterThan(0);
  // 2 MiB of it are the events that this test collects; the rest of what the process holds is garbage, which may wait.
  expect(after.kept - before.kept).toBeLessThan(6 * MIB);
  expect(after.rss - before.rss).toBeLessThan(96 * MIB);
  expect(await fetchFile(flooded, "kernel", { blksize: "1468" })).toEqual(Buffer.alloc(100_000));
  await flooded.close();
});

test("a flood of requests ends in a few transfers, flat memory, and a server that still answers", async () => {
  const flooded = await serve(() => ({ kind: "bytes", bytes: Buffer.alloc(100_000) }), {
    limits: {
      transfersPerClient: 20,
      requestBurst: 200,
      requestsPerSecond: 1,
      rto: { initial: 20, min: 20, max: 40 },
      probation: 100,
    },
  });
  const probes = await Promise.all(Array.from({ length: 40 }, () => Probe.open()));
  const memory = process.memoryUsage().rss;
  for (let i = 0; i < 50; i++) for (const probe of probes) probe.send(request(`f${i}`), flooded.port);
  // Refusals are told only up to a rate, and counted all.
  const refused = (cause: string) =>
    flooded.server.counters().refusals.find((one) => one.cause === cause)?.requests ?? 0;
  while (refused("rate") < 1000) await new Promise((resolve) => setImmediate(resolve));
  expect(refused("full")).toBeGreaterThan(0);
  expect(flooded.events.filter(({ kind }) => kind === "refused").length).toBeLessThan(1000);
  expect(process.memoryUsage().rss - memory).toBeLessThan(150 * 1024 * 1024);
  for (const probe of probes) probe.close();
  await flooded.close();
});
