import { mkdtempSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { DgramWires } from "../../../src/tftp/dgram-wires.ts";
import { type Disk, poolDisk, Turns } from "../../../src/tftp/disk.ts";
import type { LaneEvent } from "../../../src/tftp/lane.ts";
import { LocalLane } from "../../../src/tftp/lane-shell.ts";
import { DEFAULT_LIMITS } from "../../../src/tftp/limits.ts";
import { DATA_HEADER, encodeAck } from "../../../src/tftp/packet.ts";
import { describePacket, Probe } from "./probe.ts";

const folder = mkdtempSync(join(tmpdir(), "bootwire-slow-disk-"));
afterAll(() => rmSync(folder, { recursive: true }));

const content = Buffer.from(Array.from({ length: 400_000 }, (_none, i) => (i * 31 + (i >> 8)) & 0xff));
const fileOf = (name: string) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

/** Fetches in windows of 8 what a transfer sends: from its OACK on. */
async function fetch(probe: Probe): Promise<Buffer> {
  const oack = await probe.next();
  expect(describePacket(oack.bytes)).toBe("oack blksize=1000 windowsize=8");
  probe.send(encodeAck(0), oack.from.port);
  const parts: Buffer[] = [];
  for (;;) {
    const { bytes, from } = await probe.next();
    if (bytes.readUInt16BE(2) !== parts.length + 1) continue;
    parts.push(bytes.subarray(DATA_HEADER));
    const last = bytes.length < 1000 + DATA_HEADER;
    if (last || parts.length % 8 === 0) probe.send(encodeAck(parts.length), from.port);
    if (last) return Buffer.concat(parts);
  }
}

const laneOn = (disk: Disk, emit: (event: LaneEvent) => void) =>
  new LocalLane({
    wires: new DgramWires(undefined),
    limits: DEFAULT_LIMITS,
    now: () => performance.now(),
    emit,
    disk,
  });

/** Asks for a file, and fetches it. */
async function begin(lane: LocalLane, id: number, path: string) {
  const probe = await Probe.open();
  lane.begin({
    id,
    filename: path.slice(folder.length + 1),
    mode: "octet",
    options: new Map([
      ["blksize", { name: "blksize", value: "1000" }],
      ["windowsize", { name: "windowsize", value: "8" }],
    ]),
    client: { address: "127.0.0.1", port: probe.port, family: "IPv4" },
    server: "127.0.0.1",
    maxBlockSize: 1468,
    content: { kind: "file", path },
  });
  return { probe, whole: fetch(probe) };
}

test("a file that its disk does not give holds up its own transfers only, and arrives once it does", async () => {
  const slow = fileOf("slow");
  const others = Array.from({ length: 6 }, (_none, i) => fileOf(`quick${i}`));
  let give = (): void => undefined;
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  let asked = (): void => undefined;
  const wasAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const order: string[] = [];
  let onFreed = (): void => undefined;
  const emit = (event: LaneEvent) => {
    if (event.kind === "event" && event.event.kind !== "started") {
      order.push(
        `${event.event.kind} ${event.event.kind === "refused" ? "" : event.event.transfer.filename}`,
      );
    }
    if (event.kind === "freed") onFreed();
  };
  const lane = laneOn(
    {
      async read(fd, views, position) {
        // Two pieces come, the third does not.
        if (readlinkSync(`/proc/self/fd/${fd}`) === slow && position >= 256_000) {
          asked();
          await given;
        }
        return poolDisk.read(fd, views, position);
      },
    },
    emit,
  );
  const waiting = [await begin(lane, 1, slow), await begin(lane, 2, slow)];
  await wasAsked;
  const quick = await Promise.all(others.map((path, i) => begin(lane, 10 + i, path)));
  for (const { whole } of quick) expect((await whole).equals(content)).toBe(true);
  while (order.length < quick.length) await new Promise<void>((resolve) => (onFreed = resolve));
  expect([...order].sort()).toEqual(others.map((_path, i) => `completed quick${i}`));
  give();
  for (const { whole } of waiting) expect((await whole).equals(content)).toBe(true);
  while (lane.load > 0) await new Promise<void>((resolve) => (onFreed = resolve));
  expect(order.slice(quick.length)).toEqual(["completed slow", "completed slow"]);
  for (const { probe } of [...waiting, ...quick]) probe.close();
  await lane.close(0);
});

test("a disk that gives nothing has three reads at most, however many files are asked for", async () => {
  let running = 0;
  let most = 0;
  let give = (): void => undefined;
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  let onThird = (): void => undefined;
  const third = new Promise<void>((resolve) => {
    onThird = resolve;
  });
  let left = 6;
  let onLast = (): void => undefined;
  const last = new Promise<void>((resolve) => {
    onLast = resolve;
  });
  const lane = laneOn(
    {
      async read(fd, views, position) {
        most = Math.max(most, ++running);
        if (running === 3) onThird();
        await given;
        const count = await poolDisk.read(fd, views, position);
        running--;
        return count;
      },
    },
    (event) => {
      if (event.kind === "freed" && --left === 0) onLast();
    },
  );
  const fetches = await Promise.all(
    Array.from({ length: 6 }, (_none, i) => begin(lane, i, fileOf(`hung${i}`))),
  );
  await third;
  // The other files are open, too, and would ask now.
  while (lane.load < 6) await new Promise(setImmediate);
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  expect(running).toBe(3);
  give();
  for (const { whole } of fetches) expect((await whole).equals(content)).toBe(true);
  await last;
  expect(most).toBe(3);
  for (const { probe } of fetches) probe.close();
  await lane.close(0);
});

test("reads of one disk take turns, and those of another do not wait for them", async () => {
  const turns = new Turns(3);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const read = (kind: string, name: string) =>
    turns.run(kind, async () => {
      begun.push(name);
      await new Promise<void>((resolve) => ends.set(name, resolve));
      if (name === "a2") throw new Error("I/O error");
      return name;
    });
  const reads = ["a1", "a2", "a3", "a4", "a5"].map((name) => read("a", name));
  const other = read("b", "b1");
  const settled = Promise.allSettled(reads);
  expect(begun).toEqual(["a1", "a2", "a3", "b1"]);
  ends.get("b1")?.();
  expect(await other).toBe("b1");
  // A failure is an end, too.
  ends.get("a2")?.();
  await expect(reads[1]).rejects.toThrow("I/O error");
  await new Promise(setImmediate);
  expect(begun).toEqual(["a1", "a2", "a3", "b1", "a4"]);
  for (const name of ["a1", "a3", "a4"]) ends.get(name)?.();
  await reads[0];
  await new Promise(setImmediate);
  ends.get("a5")?.();
  expect((await settled).map(({ status }) => status)).toEqual([
    "fulfilled",
    "rejected",
    "fulfilled",
    "fulfilled",
    "fulfilled",
  ]);
  // Nothing is left behind: the next three begin at once.
  for (const name of ["c1", "c2", "c3"]) void read("a", name);
  expect(begun.slice(-3)).toEqual(["c1", "c2", "c3"]);
});
