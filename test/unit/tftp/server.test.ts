import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { encodeAck, encodeError } from "../../../src/tftp/packet.ts";
import type { TftpContent } from "../../../src/tftp/source.ts";
import { describePacket, fetchFile, Probe, request, serve } from "./probe.ts";

const folder = mkdtempSync(join(tmpdir(), "bootwire-tftp-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Octets that tell where they are. */
function pattern(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 9) + seed) & 0xff;
  return bytes;
}

const bytes = (content: Buffer | string): TftpContent => ({ kind: "bytes", bytes: Buffer.from(content) });
const file = (path: string): TftpContent => ({ kind: "file", path });
const quick = { rto: { initial: 30, min: 10, max: 100 } };

describe("files arrive whole", () => {
  const sizes = [0, 1, 511, 512, 513, 1024, 100_000, 5_000_000];

  test.each(sizes)("%d octets from memory and from disk, in lock-step and in windows", async (size) => {
    const content = pattern(size);
    const path = join(folder, `f${size}`);
    writeFileSync(path, content);
    const served = await serve(({ filename }) => (filename === "memory" ? bytes(content) : file(path)));
    for (const name of ["memory", "disk"]) {
      for (const options of [{}, { blksize: "1468", windowsize: "16", tsize: "0" }, { blksize: "8192" }]) {
        if (size > 1_000_000 && !("windowsize" in options)) continue;
        const got = await fetchFile(served, name, options);
        expect(Buffer.isBuffer(got) && got.equals(content), `${name} ${JSON.stringify(options)}`).toBe(true);
      }
    }
    await served.close();
  });

  test("more than 65,535 blocks", async () => {
    const content = pattern(70_000 * 8 + 3);
    const path = join(folder, "wraps");
    writeFileSync(path, content);
    const served = await serve(() => file(path));
    const got = await fetchFile(served, "x", { blksize: "8", windowsize: "32" });
    expect(Buffer.isBuffer(got) && got.equals(content)).toBe(true);
    await served.close();
  });

  test("parts of a file, in their order", async () => {
    const content = pattern(10_000);
    const path = join(folder, "extents");
    writeFileSync(path, content);
    const extents = [
      { offset: 5000, length: 3000 },
      { offset: 0, length: 10 },
      { offset: 100, length: 0 },
      { offset: 9999, length: 1 },
    ];
    const served = await serve(() => ({ kind: "file", path, extents }));
    const wanted = Buffer.concat(
      extents.map(({ offset, length }) => content.subarray(offset, offset + length)),
    );
    expect(await fetchFile(served, "x", { blksize: "700", windowsize: "4" })).toEqual(wanted);
    await served.close();
  });

  test("netascii, from memory with its size, from disk without", async () => {
    const text = Buffer.from("one\ntwo\r\nthree\r".repeat(10_000));
    const wanted = text.toString("latin1").replace(/\r|\n/g, (c) => (c === "\n" ? "\r\n" : "\r\0"));
    const path = join(folder, "text");
    writeFileSync(path, text);
    const served = await serve(({ filename }) => (filename === "memory" ? bytes(text) : file(path)));
    for (const name of ["memory", "disk"]) {
      for (const options of [{}, { blksize: "1400", windowsize: "8", tsize: "0" }]) {
        const got = await fetchFile(served, name, options, "netascii");
        expect(Buffer.isBuffer(got) && got.toString("latin1") === wanted, name).toBe(true);
      }
    }
    const probe = await Probe.open();
    for (const [name, oack] of [
      ["memory", `oack tsize=${wanted.length}`],
      ["disk", "data 1 (512)"],
    ] as const) {
      probe.send(request(name, { tsize: "0" }, "netascii"), served.port);
      const { bytes: answer, from } = await probe.next();
      expect(describePacket(answer)).toBe(oack);
      probe.send(encodeError(0, ""), from.port);
      await served.event("aborted");
    }
    probe.close();
    await served.close();
  });

  test("over IPv6", async () => {
    const served = await serve(() => bytes(pattern(5000)), { addresses: ["::1"] });
    const got = await fetchFile({ port: served.port, address: "::1" }, "x", {
      blksize: "1400",
      windowsize: "2",
    });
    expect(got).toEqual(pattern(5000));
    await served.close();
  });

  test("with all transfers at the request port", async () => {
    const served = await serve(() => bytes(pattern(50_000)), { singlePort: true });
    const probe = await Probe.open();
    probe.send(request("x"), served.port);
    const { from } = await probe.next();
    expect(from.port).toBe(served.port);
    probe.send(encodeError(0, ""), from.port);
    await served.event("aborted");
    probe.close();
    const all = await Promise.all(
      Array.from({ length: 10 }, () => fetchFile(served, "x", { blksize: "1000", windowsize: "4" })),
    );
    for (const got of all) expect(got).toEqual(pattern(50_000));
    await served.close();
  });

  test("from the ports that a firewall lets through", async () => {
    const ports = { first: 42_100, last: 42_103 };
    const served = await serve(() => bytes("x"), { ports });
    const probe = await Probe.open();
    for (let i = 0; i < 8; i++) {
      probe.send(request(`f${i}`), served.port);
      const { from } = await probe.next();
      expect(from.port).toBeGreaterThanOrEqual(ports.first);
      expect(from.port).toBeLessThanOrEqual(ports.last);
      probe.send(encodeAck(1), from.port);
      await served.event("completed");
    }
    probe.close();
    await served.close();
  });
});

describe("what the source says", () => {
  test("its errors reach the client; its troubles do not", async () => {
    const served = await serve(({ filename }) => {
      if (filename === "throws") throw new Error("secret path /srv/x");
      if (filename === "gone") return file(join(folder, "not-there"));
      if (filename === "folder") return file(folder);
      return { kind: "error", code: 2, message: "not for you" };
    });
    expect(await fetchFile(served, "x")).toBe("error 2 not for you");
    expect(await fetchFile(served, "throws")).toBe("error 0 the file cannot be served");
    expect(await fetchFile(served, "gone")).toBe("error 1 file not found");
    expect(await fetchFile(served, "folder")).toBe("error 0 the file cannot be served");
    const reasons = served.events.map((event) => ("reason" in event ? event.reason : ""));
    expect(reasons).toContain("secret path /srv/x");
    await served.close();
  });

  test("nothing, for too long", async () => {
    const served = await serve(() => new Promise(() => undefined), { limits: { sourcePatience: 30 } });
    expect(await fetchFile(served, "x")).toBe("error 0 the file cannot be served");
    await served.close();
  });

  test("what it is asked", async () => {
    const asked: unknown[] = [];
    const served = await serve((what) => {
      asked.push(what);
      return bytes("x");
    });
    const probe = await Probe.open();
    probe.send(request("\\Boot\\x64\\..\\bootmgfw.efi"), served.port);
    await probe.next();
    expect(asked).toEqual([
      {
        filename: "\\Boot\\x64\\..\\bootmgfw.efi",
        mode: "octet",
        client: { address: "127.0.0.1", port: probe.port },
        server: "127.0.0.1",
      },
    ]);
    probe.close();
    await served.close();
  });
});

describe("clients as they are", () => {
  test("a size probe is an abort, not a failure", async () => {
    const served = await serve(() => bytes(pattern(1234)));
    const probe = await Probe.open();
    probe.send(request("x", { tsize: "0", blksize: "1468", windowsize: "4" }), served.port);
    const { bytes: oack, from } = await probe.next();
    expect(describePacket(oack)).toBe("oack tsize=1234 blksize=1468 windowsize=4");
    probe.send(encodeError(8, "User aborted the transfer"), from.port);
    expect(await served.event("aborted")).toMatchObject({ stats: { bytes: 0, blocks: 0 } });
    expect(served.events.map(({ kind }) => kind)).toEqual(["aborted"]);
    probe.close();
    await served.close();
  });

  test("a foreign sender is told so, and the transfer goes on", async () => {
    const served = await serve(() => bytes(pattern(1300)));
    const [probe, stranger] = [await Probe.open(), await Probe.open()];
    probe.send(request("x"), served.port);
    const { from } = await probe.next();
    stranger.send(encodeAck(1), from.port);
    expect(describePacket((await stranger.next()).bytes)).toBe("error 5 unknown transfer");
    stranger.send(encodeError(0, "die"), from.port);
    probe.send(encodeAck(1), from.port);
    expect(describePacket((await probe.next()).bytes)).toBe("data 2 (512)");
    probe.send(encodeAck(2), from.port);
    expect(describePacket((await probe.next()).bytes)).toBe("data 3 (276)");
    probe.send(encodeAck(3), from.port);
    await served.event("completed");
    expect(stranger.unread).toEqual([]);
    probe.close();
    stranger.close();
    await served.close();
  });

  test("a request that comes twice is one transfer", async () => {
    const limits = { rto: { initial: 20_000, min: 20_000, max: 20_000 } };
    const served = await serve(() => bytes(pattern(600)), { limits });
    const probe = await Probe.open();
    probe.send(request("x"), served.port);
    const first = await probe.next();
    // At once it is the network's copy; the answer to it would come before that of a stranger's name.
    probe.send(request("x"), served.port);
    probe.send(Buffer.from("\0\x01name without its end"), served.port);
    expect(describePacket((await probe.next()).bytes)).toMatch(/^error 4/);
    probe.send(encodeAck(1), first.from.port);
    expect(describePacket((await probe.next()).bytes)).toBe("data 2 (88)");
    // A late copy, while the transfer is running and complete but for the last ACK: the client may begin anew.
    probe.send(encodeAck(2), first.from.port);
    await served.event("completed");
    probe.close();
    await served.close();
  });

  test("a request that is repeated because its answer was lost is answered from the same port", async () => {
    const limits = { rto: { initial: 4, min: 20_000, max: 20_000 }, openings: 1 };
    const served = await serve(() => bytes(pattern(600)), { limits });
    const probe = await Probe.open();
    probe.send(request("x"), served.port);
    const first = await probe.next();
    const again = setInterval(() => probe.send(request("x"), served.port), 5);
    const second = await probe.next();
    clearInterval(again);
    expect(second.from.port).toBe(first.from.port);
    expect(second.bytes).toEqual(first.bytes);
    probe.close();
    await served.close();
  });

  test("a new request at the same port replaces the old transfer", async () => {
    const served = await serve(({ filename }) => bytes(pattern(2000, filename.length)));
    const probe = await Probe.open();
    probe.send(request("x"), served.port);
    const old = await probe.next();
    probe.send(encodeAck(1), old.from.port);
    await probe.next();
    probe.send(request("other"), served.port);
    const { bytes: data, from } = await probe.next();
    expect(data.subarray(4)).toEqual(pattern(2000, 5).subarray(0, 512));
    expect(await served.event("aborted")).toMatchObject({
      reason: "the client asked anew",
      transfer: { filename: "x" },
    });
    for (let block = 1; block <= 3; block++) {
      probe.send(encodeAck(block), from.port);
      await probe.next();
    }
    probe.send(encodeAck(4), from.port);
    expect(await served.event("completed")).toMatchObject({ transfer: { filename: "other" } });
    probe.close();
    await served.close();
  });

  test("the same request after the last block overtook its ACK", async () => {
    const served = await serve(() => bytes("tiny"));
    const probe = await Probe.open();
    probe.send(request("x", { blksize: "1024" }), served.port);
    const { from } = await probe.next();
    probe.send(encodeAck(0), from.port);
    await probe.next();
    probe.send(request("x", { blksize: "1024" }), served.port);
    expect(await served.event("completed")).toMatchObject({ stats: { bytes: 4 } });
    const again = await probe.next();
    expect(describePacket(again.bytes)).toBe("oack blksize=1024");
    probe.close();
    await served.close();
  });

  test("what is lost comes again; who is gone is noticed", async () => {
    const served = await serve(() => bytes(pattern(600)), {
      limits: { ...quick, patience: 300, probation: 200 },
    });
    const probe = await Probe.open();
    probe.send(request("x", { blksize: "512" }), served.port);
    const { from } = await probe.next();
    expect(describePacket((await probe.next()).bytes)).toBe("oack blksize=512");
    probe.send(encodeAck(0), from.port);
    for (let i = 0; i < 3; i++) expect(describePacket((await probe.next()).bytes)).toMatch(/^(data 1|oack)/);
    const failed = await served.event("failed");
    expect(failed).toMatchObject({ reason: "the client fell silent" });
    expect(failed.stats.retransmissions).toBeGreaterThan(2);
    probe.close();
    await served.close();
  });

  test("an answer that came while we were busy ourselves was not late", async () => {
    const served = await serve(() => bytes(pattern(2048)), { limits: quick });
    const probe = await Probe.open();
    probe.send(request("x", { blksize: "1024" }), served.port);
    const { from } = await probe.next();
    for (const block of [0, 1, 2]) {
      probe.send(encodeAck(block), from.port);
      const until = performance.now() + 60;
      while (performance.now() < until);
      await probe.next();
    }
    probe.send(encodeAck(3), from.port);
    expect(await served.event("completed")).toMatchObject({ stats: { retransmissions: 0 } });
    probe.close();
    await served.close();
  });

  test("the progress of a transfer that takes long", async () => {
    const served = await serve(() => bytes(pattern(4096)));
    const probe = await Probe.open();
    probe.send(request("x", { blksize: "1024" }), served.port);
    const { from } = await probe.next();
    for (const block of [0, 1, 2]) {
      probe.send(encodeAck(block), from.port);
      await probe.next();
    }
    const progress = await served.event("progress");
    expect(progress).toMatchObject({ bytesAcked: 2048, transfer: { filename: "x", size: 4096 } });
    probe.send(encodeError(0, ""), from.port);
    expect(await served.event("aborted")).toMatchObject({ stats: { bytes: 2048, blocks: 2 } });
    probe.close();
    await served.close();
  });

  test("the figures at the end", async () => {
    // However busy the machine is, nothing is taken for lost.
    const limits = { rto: { initial: 20_000, min: 20_000, max: 20_000 } };
    const served = await serve(() => bytes(pattern(2048)), { limits });
    expect(await fetchFile(served, "x", { blksize: "1024", windowsize: "2" })).toEqual(pattern(2048));
    const completed = await served.event("completed");
    expect(completed.transfer).toMatchObject({ filename: "x", size: 2048, blockSize: 1024, windowSize: 2 });
    expect(completed.stats).toMatchObject({ bytes: 2048, blocks: 3, retransmissions: 0 });
    expect(Number.isInteger(completed.stats.milliseconds)).toBe(true);
    await served.close();
  });
});

describe("counters", () => {
  test("what was sent, how it ended, and why something was refused", async () => {
    const served = await serve(({ filename }) => {
      if (filename === "missing") return { kind: "error", code: 1, message: "file not found" };
      if (filename === "breaks") throw new Error("broken");
      return bytes(pattern(2048));
    });
    expect(served.server.counters()).toMatchObject({ running: 0, requests: 0 });
    await fetchFile(served, "x", { blksize: "1024" });
    await fetchFile(served, "x", { blksize: "1024" });
    await served.event("completed");
    await served.event("completed");
    const probe = await Probe.open();
    probe.send(request("x", { blksize: "1024", tsize: "0" }), served.port);
    const { from } = await probe.next();
    expect(served.server.counters().running).toBe(1);
    probe.send(encodeError(8, "just the size"), from.port);
    await served.event("aborted");
    for (const name of ["missing", "missing", "breaks"]) await fetchFile(served, name);
    await fetchFile(served, "x", {}, "mail");
    const { running, requests, transfers, refusals } = served.server.counters();
    expect([running, requests]).toEqual([0, 7]);
    expect(transfers).toMatchObject([
      { outcome: "completed", transfers: 2, bytes: 4096, blocks: 6, retransmissions: 0 },
      { outcome: "aborted", transfers: 1, bytes: 0, blocks: 0 },
      { outcome: "failed", transfers: 0, bytes: 0, milliseconds: 0 },
    ]);
    const counted = refusals.filter((one) => one.requests > 0);
    expect(counted).toEqual([
      { cause: "mode", requests: 1 },
      { cause: "not-found", requests: 2 },
      { cause: "unavailable", requests: 1 },
    ]);
    probe.close();
    await served.close();
  });
});

describe("a file that changes", () => {
  const large = 12_000_000;

  test("by a new one in its place: the transfer keeps the old, the next gets the new", async () => {
    const path = join(folder, "replaced");
    writeFileSync(path, pattern(large, 1));
    const served = await serve(() => file(path));
    const got = await fetchFile(served, "x", { blksize: "1468", windowsize: "8" }, "octet", () => {
      writeFileSync(`${path}.new`, pattern(large, 2));
      renameSync(`${path}.new`, path);
    });
    expect(Buffer.isBuffer(got) && got.equals(pattern(large, 1))).toBe(true);
    const next = await fetchFile(served, "x", { blksize: "1468", windowsize: "8" });
    expect(Buffer.isBuffer(next) && next.equals(pattern(large, 2))).toBe(true);
    await served.close();
  });

  test.each(["overwritten", "cut"])("%s in its place: an error, never a mixture", async (how) => {
    const path = join(folder, how);
    writeFileSync(path, pattern(large, 1));
    const served = await serve(() => file(path));
    const got = await fetchFile(served, "x", { blksize: "1468", windowsize: "8" }, "octet", () => {
      writeFileSync(path, pattern(how === "cut" ? 1000 : large, 2));
    });
    expect(got).toMatch(/^error 0 the file (changed|became shorter) while it was read/);
    const failed = await served.event("failed");
    expect(failed.reason).toMatch(/the file (changed|became shorter) while it was read/);
    await served.close();
  });

  test("a small one is read as a whole: what a transfer began with stays", async () => {
    const path = join(folder, "small");
    writeFileSync(path, pattern(100_000, 1));
    const served = await serve(() => file(path));
    const got = await fetchFile(served, "x", { blksize: "1024" }, "octet", () => {
      writeFileSync(path, pattern(100_000, 2));
    });
    expect(Buffer.isBuffer(got) && got.equals(pattern(100_000, 1))).toBe(true);
    const next = await fetchFile(served, "x", { blksize: "1024" });
    expect(Buffer.isBuffer(next) && next.equals(pattern(100_000, 2))).toBe(true);
    await served.close();
  });
});

describe("limits", () => {
  test("networks that may not ask hear nothing", async () => {
    const served = await serve(() => bytes("x"), { allow: ["10.0.0.0/8"] });
    const probe = await Probe.open();
    probe.send(request("x"), served.port);
    expect(await served.event("refused")).toMatchObject({ reason: "the client's network is not allowed" });
    expect(probe.unread).toEqual([]);
    probe.close();
    await served.close();
  });

  test("memory stays under its ceiling, however many files are read at once", async () => {
    const names = Array.from({ length: 12 }, (_none, i) => join(folder, `many${i}`));
    // Each alone is more than the memory; and the last pieces of all, which are checked before they leave, are so too.
    const size = 1_200_000;
    for (const [i, name] of names.entries()) writeFileSync(name, pattern(size, i));
    const served = await serve(({ filename }) => file(join(folder, filename)), {
      limits: { memory: 1024 * 1024, smallFile: 0 },
    });
    const all = await Promise.all(
      names.map((_name, i) => fetchFile(served, `many${i}`, { blksize: "1468", windowsize: "16" })),
    );
    for (const [i, got] of all.entries()) {
      expect(Buffer.isBuffer(got) && got.equals(pattern(size, i)), `many${i}`).toBe(true);
    }
    await served.close();
  });
});

describe("the end", () => {
  test("running transfers are told", async () => {
    const served = await serve(() => bytes(pattern(5000)), { limits: { grace: 20 } });
    const probe = await Probe.open();
    probe.send(request("x"), served.port);
    const { from } = await probe.next();
    probe.send(encodeAck(1), from.port);
    await probe.next();
    await served.close();
    expect(describePacket((await probe.next()).bytes)).toBe("error 0 the server is shutting down");
    expect(await served.event("failed")).toMatchObject({ reason: "the server is shutting down" });
    probe.close();
  });

  test("a transfer that ends within its grace is not cut off", async () => {
    const served = await serve(() => bytes(pattern(5000)), { limits: { grace: 60_000 } });
    const probe = await Probe.open();
    probe.send(request("x"), served.port);
    const { from } = await probe.next();
    const closed = served.close();
    for (let block = 1; block < 10; block++) {
      probe.send(encodeAck(block), from.port);
      await probe.next();
    }
    probe.send(encodeAck(10), from.port);
    await closed;
    expect(served.events.at(-1)?.kind).toBe("completed");
    probe.close();
  });

  test("a port that is taken is the system's error, and nothing stays open", async () => {
    const served = await serve(() => bytes("x"));
    await expect(
      serve(() => bytes("x"), { port: served.port, addresses: ["127.0.0.2", "127.0.0.1"] }),
    ).rejects.toMatchObject({ code: "EADDRINUSE" });
    const other = await serve(() => bytes("x"), { port: served.port, addresses: ["127.0.0.2"] });
    await other.close();
    await served.close();
  });

  test("sharing the request port does not hide another server on it", async () => {
    const served = await serve(() => bytes("x"), { singlePort: true });
    await expect(serve(() => bytes("x"), { port: served.port, singlePort: true })).rejects.toMatchObject({
      code: "EADDRINUSE",
    });
    await served.close();
  });
});
