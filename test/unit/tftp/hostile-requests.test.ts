import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FolderSource } from "../../../src/tftp/folder-source.ts";
import { encodeAck, encodeError, encodeRequest } from "../../../src/tftp/packet.ts";
import { describePacket, Probe, request, serve, type TestServer } from "./probe.ts";

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
