import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bootClient } from "../../../src/dhcp/boot-client.ts";
import { MessageType, Option } from "../../../src/dhcp/codes.ts";
import { decide } from "../../../src/dhcp/engine.ts";
import { type DhcpPacket, decode, encode } from "../../../src/dhcp/packet.ts";
import { type Frame, readPcap } from "../../interop/dhcp/capture.ts";
import { Bench, host, NOW, SERVER } from "../../unit/dhcp/engine-bench.ts";

const FOLDER = new URL("../../fixtures/dhcp/", import.meta.url);
const DHCP_PORTS = new Set([67, 68, 4011]);

function frames(name: string): readonly Frame[] {
  return readPcap(readFileSync(new URL(`${name}.pcap`, FOLDER))).filter(({ destinationPort }) =>
    DHCP_PORTS.has(destinationPort),
  );
}

const NAMES = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".pcap"))
  .map((name) => name.slice(0, -".pcap".length));

const ALL = NAMES.flatMap((name) => frames(name).map(({ payload }) => payload));

function packets(name: string): DhcpPacket[] {
  return frames(name).map(({ payload }) => {
    const result = decode(payload);
    if (!result.ok) throw new Error(result.reason);
    return result.packet;
  });
}

describe("captures of real conversations", () => {
  it.each(NAMES)("%s is read, and written again without a loss", (name) => {
    const found = packets(name);
    expect(found.length).toBeGreaterThanOrEqual(4);
    for (const packet of found) {
      const { bytes, dropped } = encode(packet, { maxSize: 1472 });
      expect(dropped).toEqual([]);
      expect(decode(bytes)).toEqual({ ok: true, packet });
    }
  });

  it.each([
    [
      "ipxe-bios-server",
      { kind: "pxe", arch: 0, userClass: "iPXE", uuid: "6f1c2f3e-0011-4455-8899-aabbccddeeff" },
    ],
    [
      "ovmf-server",
      { kind: "pxe", arch: 7, userClass: undefined, uuid: "6f1c2f3e-0011-4455-8899-aabbccddeeff" },
    ],
    ["dhcpcd", undefined],
    ["dhclient", undefined],
    ["udhcpc", undefined],
  ])("%s says what it is", (name, expected) => {
    const [first] = packets(name);
    if (!first) throw new Error("nothing was caught");
    const client = bootClient(first);
    if (expected === undefined) expect(client).toBeUndefined();
    else expect(client).toMatchObject(expected);
  });

  it("OVMF asks for HTTP Boot as an HTTPClient with architecture 16", () => {
    const kinds = packets("ovmf-http-server").map((packet) => bootClient(packet));
    expect(kinds).toContainEqual(expect.objectContaining({ kind: "httpclient", arch: 16 }));
  });

  it("OVMF asks our boot server on port 4011, from port 4011", () => {
    const asked = frames("ovmf-proxy").find(({ destinationPort }) => destinationPort === 4011);
    expect(asked).toMatchObject({ sourcePort: 4011, destination: "10.99.0.1" });
  });
});

/** xorshift32: the same mutations in every run. */
function randomness(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

describe("a million mutated messages", () => {
  it("are read, decided and answered without an exception", () => {
    const random = randomness(0x2545f491);
    const bench = new Bench({
      hosts: [host("web1", "52:54:00:12:34:56", "10.0.0.50")],
      advice: { kind: "boot", file: "x", nextServer: SERVER, options: new Map(), reason: "" },
    });
    let understood = 0;
    for (let run = 0; run < 1_000_000; run++) {
      const original = ALL[random(ALL.length)];
      if (!original) throw new Error("no captures");
      const bytes = Buffer.from(
        original.subarray(0, random(8) === 0 ? random(original.length) : original.length),
      );
      for (let changes = 1 + random(4); changes > 0 && bytes.length > 0; changes--) {
        // Mostly in the options, where there is something to misread.
        const at =
          random(4) === 0 ? random(bytes.length) : Math.min(bytes.length - 1, 236 + random(bytes.length));
        bytes[at] = random(256);
      }
      const heard = decode(bytes);
      if (!heard.ok) continue;
      understood += 1;
      // The engine is slower than the codec: it gets a part of them.
      if (run % 10 !== 0) continue;
      const port = random(8) === 0 ? "boot-server" : "server";
      const decision = decide(
        heard.packet,
        bench.arrival({ port, now: NOW + run }),
        bench.settings,
        bench.table,
      );
      for (const change of decision.changes) bench.table.apply(change);
      if (!decision.reply) continue;
      const { bytes: answer } = encode(decision.reply.packet, decision.reply);
      expect(decode(answer).ok).toBe(true);
      expect(decision.reply.packet.options.get(Option.messageType)?.[0]).not.toBe(MessageType.discover);
    }
    // Enough of them must be whole for this to mean something.
    expect(understood).toBeGreaterThan(300_000);
  }, 120_000);
});
