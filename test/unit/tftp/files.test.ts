import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Admission, allowNetworks } from "../../../src/tftp/admission.ts";
import { FileTable } from "../../../src/tftp/file-content.ts";
import { FolderSource, normalizeName } from "../../../src/tftp/folder-source.ts";
import { HotFiles } from "../../../src/tftp/hot-files.ts";
import { geometryFor, lastBlockOf, payloadViews, pieceBytes } from "../../../src/tftp/layout.ts";
import { DEFAULT_LIMITS } from "../../../src/tftp/limits.ts";
import { BytesContent } from "../../../src/tftp/memory-content.ts";
import { maxBlockSize, mtuOf } from "../../../src/tftp/mtu.ts";
import { loadNativeSockets } from "../../../src/tftp/native.ts";
import { type Piece, PieceStore } from "../../../src/tftp/pieces.ts";

const folder = mkdtempSync(join(tmpdir(), "bootwire-files-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("names", () => {
  test.each([
    ["a/b", ["a", "b"]],
    ["/a//b/", ["a", "b"]],
    ["\\Boot\\x64\\wdsnbp.com", ["Boot", "x64", "wdsnbp.com"]],
    ["a/./b/../c", ["a", "c"]],
    ["...", ["..."]],
    ["..", undefined],
    ["a/../..", undefined],
    ["..\\..\\etc\\passwd", undefined],
    ["/", undefined],
    ["", undefined],
    ["a\0b", undefined],
  ])("%j", (name, wanted) => expect(normalizeName(name)).toEqual(wanted));
});

describe("a folder", () => {
  const root = join(folder, "root");
  mkdirSync(join(root, "sub"), { recursive: true });
  mkdirSync(join(folder, "root-sibling"));
  writeFileSync(join(folder, "outside"), "x");
  writeFileSync(join(folder, "root-sibling", "x"), "x");
  writeFileSync(join(root, "sub", "File.EFI"), "x");
  symlinkSync("../outside", join(root, "out"));
  symlinkSync("../root-sibling", join(root, "sibling"));
  symlinkSync("sub/File.EFI", join(root, "inside"));
  symlinkSync("loop", join(root, "loop"));

  const ask = (filename: string, ignoreCase = false) =>
    new FolderSource(root, { ignoreCase }).resolve({
      filename,
      mode: "octet",
      client: { address: "10.0.0.9", port: 1 },
      server: "10.0.0.1",
    });
  const real = join(root, "sub", "File.EFI");

  test.each([
    ["sub/File.EFI", { kind: "file", path: real }],
    ["/sub\\File.EFI", { kind: "file", path: real }],
    ["inside", { kind: "file", path: real }],
    ["sub/file.efi", { kind: "error", code: 1 }],
    ["missing", { kind: "error", code: 1 }],
    ["sub/File.EFI/x", { kind: "error", code: 1 }],
    ["loop", { kind: "error", code: 1 }],
    ["out", { kind: "error", code: 2 }],
    ["sibling/x", { kind: "error", code: 2 }],
    ["../root-sibling/x", { kind: "error", code: 2 }],
  ])("%s", async (name, wanted) => expect(await ask(name)).toMatchObject(wanted));

  test.each([
    ["SUB/FILE.efi", { kind: "file", path: real }],
    ["OUT", { kind: "error", code: 2 }],
    ["SIBLING/X", { kind: "error" }],
    ["nothing", { kind: "error", code: 1 }],
  ])("%s, whatever its case", async (name, wanted) => expect(await ask(name, true)).toMatchObject(wanted));

  test("that is not there", async () => {
    const source = new FolderSource(join(folder, "nowhere"));
    const client = { address: "10.0.0.9", port: 1 };
    expect(await source.resolve({ filename: "x", mode: "octet", client, server: "" })).toMatchObject({
      code: 1,
    });
  });
});

describe("open files", () => {
  test("one handle for all transfers of a version", async () => {
    const path = join(folder, "one");
    writeFileSync(path, "12345");
    const table = new FileTable(() => 0);
    const [a, b] = await Promise.all([table.open(path), table.open(path)]);
    expect(a).toBe(b);
    a.release();
    expect(await b.read(Buffer.alloc(5), 0)).toBe(5);
    b.release();
    const c = await table.open(path);
    expect(c).not.toBe(a);
    c.release();
  });

  test("neither folders nor pipes, and never waiting for one", async () => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const table = new FileTable(() => 0);
    await expect(table.open(pipe)).rejects.toThrow("not a regular file");
    await expect(table.open(folder)).rejects.toThrow("not a regular file");
    await expect(table.open(join(folder, "nothing"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("no parts beyond the end", async () => {
    const path = join(folder, "parts");
    writeFileSync(path, "12345");
    await expect(new FileTable(() => 0).open(path, [{ offset: 3, length: 3 }])).rejects.toThrow("shorter");
  });
});

describe("what the system has in memory is read at once", () => {
  const content = Buffer.from(Array.from({ length: 40_000 }, (_none, i) => (i * 31 + (i >> 8)) & 0xff));
  const path = join(folder, "cached");
  writeFileSync(path, content);
  const geometry = geometryFor(700, 0, 8 * 704);
  const piece = () => {
    const memory = Buffer.alloc(pieceBytes(geometry), 0xee);
    return { memory, views: payloadViews(memory, geometry) };
  };
  const perPiece = geometry.blocksPerPiece * geometry.blockSize;

  test.each([
    ["the whole file", undefined, content],
    ["a part of it", [{ offset: 1234, length: 20_001 }], content.subarray(1234, 21_235)],
    [
      "a part that ends with a piece",
      [{ offset: 7, length: perPiece * 2 }],
      content.subarray(7, 7 + perPiece * 2),
    ],
  ])("%s, the same octets as from the disk", async (_name, extents, wanted) => {
    const native = await loadNativeSockets();
    if (!native) throw new Error("koffi is missing");
    const file = await new FileTable(() => 0, { readCached: native.readCached }).open(path, extents);
    // From the disk first: then they are in memory.
    await file.read(Buffer.alloc(content.length), 0);
    const { memory, views } = piece();
    for (let index = 0; index <= Math.floor(wanted.length / perPiece); index++) {
      const there = wanted.subarray(index * perPiece, (index + 1) * perPiece);
      expect(file.fillNow(views, index, geometry)).toBe(there.length);
      expect(Buffer.concat(views).subarray(0, there.length).equals(there)).toBe(true);
      // Nothing but the places for octets was written to.
      for (let at = 0; at < memory.length; at += 704) expect(memory.readUInt32BE(at)).toBe(0xeeeeeeee);
    }
    expect(file.verified).toBe(false);
    await file.verify();
    expect(file.verified).toBe(true);
    file.release();
  });

  test.each([
    ["the disk would have to be asked", -11],
    ["a part of it is not there", 100],
  ])("not when %s", async (_name, answer) => {
    const file = await new FileTable(() => 0, { readCached: () => answer }).open(path);
    expect(file.fillNow(piece().views, 0, geometry)).toBeUndefined();
    expect(await file.fill(piece().views, 0, geometry)).toBe(perPiece);
    file.release();
  });
});

describe("pieces in memory", () => {
  const geometry = geometryFor(1000, 0, 16_064);
  const bytes = geometry.blocksPerPiece * 1004;
  const content = (key: string, size: number) => new BytesContent(Buffer.alloc(size, key), key);
  const load = (store: PieceStore, of: BytesContent, index: number) =>
    new Promise<Piece | undefined>((resolve) => store.view(of, geometry).load(index, resolve));

  test("are DATA packets, with their numbers", async () => {
    const store = new PieceStore(bytes * 4);
    const piece = await load(store, content("a", geometry.blocksPerPiece * 1000 + 5), 1);
    expect(piece).toMatchObject({ last: true, blocks: 1, length: 9 });
    expect(piece?.memory.toString("latin1", 0, 9)).toBe(
      `\0\x03\0${String.fromCharCode(geometry.blocksPerPiece + 1)}aaaaa`,
    );
  });

  test("never take more than the ceiling; what was not used for longest goes", async () => {
    const store = new PieceStore(bytes * 3);
    const large = content("a", bytes * 10);
    const view = store.view(large, geometry);
    for (let i = 0; i < 9; i++) {
      await new Promise((resolve) => view.load(i, resolve));
      expect(store.allocated).toBeLessThanOrEqual(bytes * 3);
    }
    expect([5, 6, 7, 8].map((i) => view.get(i) !== undefined)).toEqual([false, true, true, true]);
  });

  test("that are being sent stay; who wants others waits for them", async () => {
    const store = new PieceStore(bytes * 2);
    const view = store.view(content("a", bytes * 10), geometry);
    const held: Piece[] = [];
    for (const i of [0, 1]) {
      await new Promise<void>((resolve) => {
        view.load(i, (piece) => {
          piece?.pin();
          if (piece) held.push(piece);
          resolve();
        });
      });
    }
    let arrived = false;
    const third = new Promise<void>((resolve) => {
      view.load(2, () => {
        arrived = true;
        resolve();
      });
    });
    await Promise.resolve();
    expect(arrived).toBe(false);
    expect(held.every(({ live }) => live)).toBe(true);
    held[0]?.unpin();
    await third;
    expect(held.map(({ live }) => live)).toEqual([false, true]);
  });

  test("of a content that never comes hold up no other content", async () => {
    const store = new PieceStore(bytes * 3);
    const stalled = content("stalled", bytes * 10);
    stalled.fill = () => new Promise(() => undefined);
    const arrived: number[] = [];
    const view = store.view(stalled, geometry);
    view.load(0, () => arrived.push(0));
    view.prefetch(1);
    const other = store.view(content("b", bytes * 10), geometry);
    for (let i = 0; i < 9; i++) await new Promise((resolve) => other.load(i, resolve));
    expect(arrived).toEqual([]);
  });

  test("of a small content take little", async () => {
    const store = new PieceStore(bytes * 100);
    await load(store, content("a", 10), 0);
    expect(store.allocated).toBe(1004);
  });

  test("of one client's own content go with its transfer", async () => {
    const store = new PieceStore(bytes * 2);
    for (let i = 0; i < 50; i++) {
      const view = store.view(content(`own ${i}`, 500), geometry);
      await new Promise((resolve) => view.load(0, resolve));
      view.close();
    }
    expect(store.allocated).toBe(1004);
  });

  test("the last block is shorter than the others, or empty", () => {
    expect([0, 1, 511, 512, 513, 1024].map((size) => lastBlockOf(size, 512))).toEqual([1, 1, 1, 2, 2, 3]);
  });
});

describe("hot files", () => {
  const choose = () => ({ blockSize: 512, rollover: 0 as const });

  test("are read once, laid out, and followed when they change", async () => {
    const path = join(folder, "hot");
    writeFileSync(path, Buffer.alloc(1000, "a"));
    const hot = new HotFiles({ ceiling: 10_000, fileLimit: 5000 });
    const first = await hot.get(path, choose);
    expect(first?.memory.byteLength).toBe(1008);
    expect((await hot.get(path, choose))?.memory).toBe(first?.memory);
    writeFileSync(path, Buffer.alloc(600, "b"));
    expect((await hot.get(path, choose))?.size).toBe(600);
  });

  test("stay under their ceiling, and leave large ones and others alone", async () => {
    const hot = new HotFiles({ ceiling: 3000, fileLimit: 1500 });
    for (let i = 0; i < 10; i++) {
      const path = join(folder, `hot${i}`);
      writeFileSync(path, Buffer.alloc(1000));
      await hot.get(path, choose);
      expect(hot.total).toBeLessThanOrEqual(3000);
    }
    writeFileSync(join(folder, "cold"), Buffer.alloc(1501));
    expect(await hot.get(join(folder, "cold"), choose)).toBeUndefined();
    expect(await hot.get(join(folder, "nothing"), choose)).toBeUndefined();
    expect(await hot.get(folder, choose)).toBeUndefined();
  });
});

describe("who may ask", () => {
  test("networks", () => {
    const allows = allowNetworks(["10.0.0.0/8", "192.168.1.7", "fd00::/8"]);
    const addresses = ["10.1.2.3", "11.0.0.1", "192.168.1.7", "192.168.1.8", "fd12::1", "fe80::1%eth0"];
    expect(addresses.map(allows)).toEqual([true, false, true, false, true, false]);
    expect(() => allowNetworks(["10.0.0.0/99"])).toThrow(RangeError);
    expect(() => allowNetworks(["nonsense"])).toThrow(RangeError);
  });

  test("so many requests a second", () => {
    const admission = new Admission({ ...DEFAULT_LIMITS, requestBurst: 3, requestsPerSecond: 2 }, () => true);
    const ask = (address: string, now: number) => admission.request(address, now) === undefined;
    expect([0, 0, 0, 0].map((now) => ask("a", now))).toEqual([true, true, true, false]);
    expect(ask("b", 0)).toBe(true);
    expect([499, 500, 501].map((now) => ask("a", now))).toEqual([false, true, false]);
  });

  test("so many transfers, in all and of one client", () => {
    const admission = new Admission({ ...DEFAULT_LIMITS, transfers: 3, transfersPerClient: 2 }, () => true);
    const enter = (address: string) => admission.enter(address) === undefined;
    expect([enter("a"), enter("a"), enter("a"), enter("b"), enter("c")]).toEqual([
      true,
      true,
      false,
      true,
      false,
    ]);
    admission.leave("a");
    expect([enter("c"), enter("a")]).toEqual([true, false]);
  });
});

test("a block fits the path without fragments", async () => {
  expect([maxBlockSize(1500, "IPv4"), maxBlockSize(1500, "IPv6"), maxBlockSize(9000, "IPv4")]).toEqual([
    1468, 1448, 8968,
  ]);
  expect(await mtuOf("127.0.0.1")).toBeGreaterThanOrEqual(1500);
  expect(await mtuOf("203.0.113.7")).toBe(1500);
});
