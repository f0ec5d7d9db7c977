import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeIf } from "../../support/require.ts";
import { type BadLink, CLEAN, type LinkQuality, openBadLink } from "./link.ts";
import { foreignClients, hashOf, type ServerProcess, startServer, tftpHpa, writePattern } from "./support.ts";

const base = mkdtempSync(join(tmpdir(), "bootwire-tftp-link-"));
const root = join(base, "root");
const hpa = tftpHpa();

afterAll(() => rmSync(base, { recursive: true, force: true }));

const needs = {
  namespaces: true,
  commands: ["ip", "curl", "atftp", "busybox", ...(hpa === undefined ? ["tftp-hpa's tftp"] : [])],
  files: ["dist/bench/tftp-serve.js", "/dev/net/tun"],
};

interface Weather {
  readonly name: string;
  readonly quality: LinkQuality;
  /** Octets of the file. */
  readonly size: number;
}

/** Sizes so that a client that waits for seconds after each loss gets there all the same. */
const weathers: readonly Weather[] = [
  { name: "2 ms", quality: { ...CLEAN, delay: 2 }, size: 100_000 },
  { name: "20 ms", quality: { ...CLEAN, delay: 20 }, size: 20_000 },
  { name: "1 % loss", quality: { ...CLEAN, loss: 0.01, seed: 21 }, size: 100_000 },
  { name: "5 % loss", quality: { ...CLEAN, loss: 0.05, seed: 12 }, size: 20_000 },
  { name: "5 % loss, 2 ms", quality: { ...CLEAN, loss: 0.05, delay: 2, seed: 13 }, size: 20_000 },
  { name: "1 % loss, 20 ms", quality: { ...CLEAN, loss: 0.01, delay: 20, seed: 14 }, size: 15_000 },
  { name: "everything twice", quality: { ...CLEAN, duplication: 1, seed: 15 }, size: 300_000 },
  {
    name: "10 % twice, 10 % late",
    quality: { ...CLEAN, duplication: 0.1, reordering: 0.1, seed: 16 },
    size: 100_000,
  },
  {
    name: "2 % loss, 2 ms, 5 % twice, 5 % late",
    quality: { loss: 0.02, delay: 2, duplication: 0.05, reordering: 0.05, seed: 17 },
    size: 30_000,
  },
];

const ON_PLAIN_SOCKETS: ReadonlySet<string> = new Set(["2 ms", "1 % loss", "everything twice"]);

describeIf(needs, "over a bad link", () => {
  // Both move the octets of one and the same state machine: the slower path is shown on the kinds of trouble, not on each.
  describe.each([
    { kind: "threads", workers: 1, kinds: weathers },
    { kind: "plain sockets", workers: 0, kinds: weathers.filter((one) => ON_PLAIN_SOCKETS.has(one.name)) },
  ])("$kind", ({ workers, kinds }) => {
    let link: BadLink;
    let server: ServerProcess;

    beforeAll(async () => {
      mkdirSync(root, { recursive: true });
      for (const { size } of weathers) writePattern(join(root, `f${size}`), size);
      writePattern(join(root, "short"), 2_500);
      link = await openBadLink(`tl${workers}${process.pid % 10_000}`);
      server = await startServer({
        folder: root,
        address: link.serverAddress,
        port: 69,
        workers,
        prefix: link.serverSide,
      });
    });

    afterAll(async () => {
      await server?.stop();
      await link?.close();
    });

    describe.each(kinds)("$name", ({ quality, size }) => {
      const able = foreignClients(hpa ?? "tftp").filter(
        (client) =>
          (client.survivesLoss || quality.loss === 0) && (client.survivesCopies || quality.duplication === 0),
      );
      test.each(able)("$name", async ({ name, fetch, wantsLongTimeouts }) => {
        const file = wantsLongTimeouts && quality.loss > 0 ? "short" : `f${size}`;
        const target = join(base, "got");
        rmSync(target, { force: true });
        await link.set(quality);
        await fetch(file, target, server, link.clientSide);
        const { carried, lost } = await link.set(CLEAN);
        expect(hashOf(target), `${name}: ${lost} of ${carried} frames lost`).toBe(hashOf(join(root, file)));
      });
    });
  });
});
