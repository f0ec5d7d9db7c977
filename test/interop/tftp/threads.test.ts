import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { encodeAck } from "../../../src/tftp/packet.ts";
import type { TftpContent } from "../../../src/tftp/source.ts";
import { describeIf } from "../../support/require.ts";
import { fetchFile, Probe, request, serve } from "../../unit/tftp/probe.ts";

// Threads need the built code: what the other tests show of plain sockets, shown of them.

const BUILT = resolve("dist/tftp/server.js");
const folder = mkdtempSync(join(tmpdir(), "bootwire-tftp-threads-"));
const path = join(folder, "file");
const content = Buffer.from(Array.from({ length: 300_000 }, (_none, i) => (i * 31 + (i >> 9)) & 0xff));
writeFileSync(path, content);

afterAll(() => rmSync(folder, { recursive: true }));

const source = ({ filename }: { readonly filename: string }): TftpContent =>
  filename === "memory" ? { kind: "bytes", bytes: content } : { kind: "file", path };

describeIf({ files: [BUILT] }, "threads", () => {
  const start = async (options: Parameters<typeof serve>[1]) => {
    const { TftpServer }: typeof import("../../../src/tftp/server.ts") = await import(
      pathToFileURL(BUILT).href
    );
    const served = await serve(source, { workers: 2, ...options }, TftpServer);
    expect(served.server.description()).toMatch(/^2 threads, connected sockets.*UDP_SEGMENT/);
    return served;
  };
  const ports = { first: 42_200, last: 42_203 };

  test.each([
    { name: "any ports", options: {} },
    { name: "a port range", options: { ports } },
    { name: "a port range over IPv6", options: { ports, addresses: ["::1"] } },
    { name: "one port for all", options: { singlePort: true } },
    { name: "one port for all over IPv6", options: { singlePort: true, addresses: ["::1"] } },
    // The same file is then read in pieces, again and again.
    { name: "little memory", options: { limits: { memory: 256 * 1024, smallFile: 0 } } },
  ])("$name: twenty clients at once, each from a port that it may see", async ({ options }) => {
    const served = await start(options);
    const address = "addresses" in options ? "::1" : "127.0.0.1";
    const wanted = "ports" in options ? ports : undefined;
    const probe = await Probe.open(address);
    for (let i = 0; i < 8; i++) {
      probe.send(request(`f${i}`, { blksize: "1024" }), served.port, address);
      const { from } = await probe.next();
      if ("singlePort" in options) expect(from.port).toBe(served.port);
      else expect(from.port).not.toBe(served.port);
      if (wanted) expect(from.port >= wanted.first && from.port <= wanted.last).toBe(true);
      probe.send(Buffer.from("\0\x05\0\0enough\0"), from.port, address);
      await served.event("aborted");
    }
    probe.close();
    const all = await Promise.all(
      Array.from({ length: 20 }, (_none, i) =>
        fetchFile({ port: served.port, address }, i % 2 === 0 ? "memory" : "disk", {
          blksize: "1400",
          windowsize: String(1 + (i % 5)),
        }),
      ),
    );
    for (const got of all) expect(Buffer.isBuffer(got) && got.equals(content)).toBe(true);
    for (let i = 0; i < 20; i++) await served.event("completed");
    expect(served.events.filter(({ kind }) => kind === "failed" || kind === "refused")).toEqual([]);
    await served.close();
  });

  test("a client that stops in the middle holds up nobody", async () => {
    const served = await start({ workers: 2 });
    const probe = await Probe.open();
    for (let i = 0; i < 4; i++) {
      probe.send(request(`f${i}`), served.port);
      const { from } = await probe.next();
      probe.send(encodeAck(1), from.port);
      await probe.next();
    }
    expect(await fetchFile(served, "disk", { blksize: "1400", windowsize: "8" })).toEqual(content);
    probe.close();
    await served.close();
  });
});
