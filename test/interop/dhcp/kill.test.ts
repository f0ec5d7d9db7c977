import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { MessageType, Option } from "../../../src/dhcp/codes.ts";
import { decode } from "../../../src/dhcp/packet.ts";
import { formatIpv4 } from "../../../src/net/ipv4.ts";
import { macFromBytes } from "../../../src/net/mac.ts";
import { describeIf } from "../../support/require.ts";
import { capture, readPcap } from "./capture.ts";
import { type Node, Wires } from "./wire.ts";

// The server is killed under load, again and again: whatever it had acknowledged must be in its store.

const ROUNDS = 20;
const LEASES_A_ROUND = 1600;
const RATE = 1500;

const NEEDS = {
  namespaces: true,
  commands: ["ip", "perfdhcp", "tcpdump"],
  files: ["dist/dhcp/server.js", "dist/store/lease-store.js"],
};

describeIf(NEEDS, "kill -9 under load", () => {
  let wires: Wires;
  let serverNode: Node;
  let clients: Node;

  beforeAll(() => {
    wires = new Wires("kill");
    serverNode = wires.node("server", "10.99.0.1/16");
    clients = wires.node("clients", "10.99.0.2/16");
  });

  afterAll(() => wires?.close());

  const store = () => ({ sqlite: wires.path("leases.db") });
  const settings = () => ({
    store: store(),
    subnets: [{ cidr: "10.99.0.0/16", pool: [["10.99.1.0", "10.99.255.250"]], leaseTime: 86_400 }],
    quiet: true,
  });

  /** What is in the store: address → MAC. */
  function stored(): Map<string, string> {
    const file = wires.path("dump.json");
    writeFileSync(file, JSON.stringify({ store: store(), dump: true }));
    const text = execFileSync(process.execPath, [resolve("test/interop/dhcp/harness.mjs"), file], {
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    });
    return new Map(
      text.split("\n").flatMap((line) => {
        const [address, mac, state] = line.split(" ");
        return address !== undefined && mac !== undefined && state === "bound"
          ? [[address, mac] as const]
          : [];
      }),
    );
  }

  test(`${ROUNDS} times: no lease that was acknowledged is forgotten, no address has two holders`, async () => {
    const told = new Map<string, string>();
    for (let round = 0; round < ROUNDS; round++) {
      const server = await wires.serve(serverNode, settings());
      const name = `acks-${round}`;
      // ACKs alone: option 53 stands first in our replies.
      const wire = await capture(wires, name, "src host 10.99.0.1 and udp src port 67 and udp[250] = 5");
      // New clients in each round; their addresses count up from the base.
      const base = `mac=00:0c:${(round + 16).toString(16)}:00:00:00`;
      const load = ["-4", "-l", "eth0", "-r", String(RATE), "-R", "60000", "-b", base, "-p", "30"];
      const perfdhcp = wires.spawn([...clients.inside, "perfdhcp", ...load, "10.99.0.1"]);
      await wire.frames(LEASES_A_ROUND);
      await server.end("SIGKILL");
      const ended = once(perfdhcp, "exit");
      perfdhcp.kill("SIGKILL");
      await ended;
      await wire.stop();
      for (const [address, mac] of acks(wires.path(`${name}.pcap`))) {
        expect(told.get(address) ?? mac, `${address} was given away twice`).toBe(mac);
        told.set(address, mac);
      }
      const kept = stored();
      const forgotten = [...told].filter(([address, mac]) => kept.get(address) !== mac);
      expect(forgotten).toEqual([]);
    }
    expect(told.size).toBeGreaterThan(30_000);
  }, 600_000);
});

/** What the clients heard: address → MAC. */
function acks(path: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const { payload } of readPcap(readFileSync(path))) {
    const heard = decode(payload);
    if (!heard.ok || heard.packet.options.get(Option.messageType)?.[0] !== MessageType.ack) continue;
    const mac = macFromBytes(heard.packet.chaddr.subarray(0, 6));
    if (mac !== undefined) found.set(formatIpv4(heard.packet.yiaddr), mac);
  }
  return found;
}
