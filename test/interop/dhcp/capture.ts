import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { formatIpv4, readIpv4 } from "../../../src/net/ipv4.ts";
import type { Wires } from "./wire.ts";

/** A UDP datagram as it was on the wire. */
export interface Frame {
  /** Seconds since the epoch. */
  readonly at: number;
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
  readonly payload: Buffer;
}

export interface Capture {
  /** Everything up to now, once there are so many. */
  frames(count: number): Promise<readonly Frame[]>;
  /** What tshark makes of it: one row of these fields a frame, once one of them is as wanted. */
  rows(fields: readonly string[], wanted: (row: readonly string[]) => boolean): Promise<readonly string[][]>;
  /** Ends it; everything is in the file then. */
  stop(): Promise<void>;
}

/** How often to look at the capture, and for how long, in milliseconds. */
const LOOK = 50;
const PATIENCE = 90_000;

/**
 * Runs tcpdump on br0. With BOOTWIRE_CAPTURES=<folder>, what it caught is left there as `<name>.pcap`: that is how the
 * fixtures of test/fixtures/dhcp were made.
 */
export async function capture(wires: Wires, name: string, filter: string): Promise<Capture> {
  const path = wires.path(`${name}.pcap`);
  const args = ["-i", "br0", "-U", "-Z", "root", "-w", path, filter];
  const tcpdump = wires.spawn([...wires.inSwitch, "tcpdump", ...args]);
  await new Promise<void>((done, fail) => {
    tcpdump.stderr?.on("data", (text) => {
      if (String(text).includes("listening on")) done();
    });
    tcpdump.once("exit", () => fail(new Error("tcpdump ended")));
  });
  return {
    async frames(count) {
      const deadline = Date.now() + PATIENCE;
      for (;;) {
        const found = readPcap(readFileSync(path));
        if (found.length >= count) {
          const folder = process.env["BOOTWIRE_CAPTURES"];
          if (folder !== undefined) copyFileSync(path, join(folder, `${name}.pcap`));
          return found;
        }
        if (Date.now() > deadline) throw new Error(`${found.length} of ${count} datagrams were caught`);
        await new Promise((done) => setTimeout(done, LOOK));
      }
    },
    async rows(fields, wanted) {
      const deadline = Date.now() + PATIENCE;
      const shown = fields.flatMap((field) => ["-e", field]);
      for (;;) {
        // A frame that is still being written makes tshark fail, after it has printed all the others.
        const { stdout } = spawnSync("tshark", ["-n", "-r", path, "-T", "fields", ...shown], {
          encoding: "utf8",
          timeout: PATIENCE,
        });
        const rows = stdout.split("\n").map((line) => line.split("\t"));
        if (rows.some(wanted)) return rows;
        if (Date.now() > deadline) throw new Error(`what was wanted is not in the capture:\n${stdout}`);
        await new Promise((done) => setTimeout(done, LOOK));
      }
    },
    async stop() {
      const ended = once(tcpdump, "exit");
      tcpdump.kill("SIGTERM");
      await ended;
    },
  };
}

const LITTLE_ENDIAN = 0xa1b2c3d4;
const ETHERTYPE_IPV4 = 0x0800;
const UDP = 17;

/** The UDP datagrams of a capture (pcap, Ethernet, written on a little-endian machine); what is cut off is left out. */
export function readPcap(file: Buffer): Frame[] {
  const frames: Frame[] = [];
  if (file.length < 24) return frames;
  if (file.readUInt32LE(0) !== LITTLE_ENDIAN) throw new Error("not a capture of ours");
  let at = 24;
  while (at + 16 <= file.length) {
    const seconds = file.readUInt32LE(at) + file.readUInt32LE(at + 4) / 1e6;
    const size = file.readUInt32LE(at + 8);
    if (at + 16 + size > file.length) break;
    const frame = readUdp(file.subarray(at + 16, at + 16 + size), seconds);
    if (frame) frames.push(frame);
    at += 16 + size;
  }
  return frames;
}

function readUdp(bytes: Buffer, at: number): Frame | undefined {
  if (bytes.length < 42 || bytes.readUInt16BE(12) !== ETHERTYPE_IPV4 || bytes[23] !== UDP) return undefined;
  const ip = bytes.subarray(14);
  const udp = ip.subarray((ip.readUInt8(0) & 15) * 4);
  return {
    at,
    source: formatIpv4(readIpv4(ip, 12)),
    sourcePort: udp.readUInt16BE(0),
    destination: formatIpv4(readIpv4(ip, 16)),
    destinationPort: udp.readUInt16BE(2),
    payload: udp.subarray(8, udp.readUInt16BE(4)),
  };
}
