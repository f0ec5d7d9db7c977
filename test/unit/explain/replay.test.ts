import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Replay, replaySchema } from "../../../src/explain/replay.ts";
import { readCapture } from "../../../src/net/pcap.ts";
import { BootWorld } from "../boot/boot-world.ts";
import { bootwire } from "../cli/run.ts";

const FIXTURES = "test/fixtures/dhcp";
const captures = readdirSync(FIXTURES).filter((name) => name.endsWith(".pcap"));

/** The same packets as pcapng, little- or big-endian, with time stamps in nanoseconds. */
function asPcapng(file: Buffer, little: boolean): Buffer {
  const u16 = (value: number) => {
    const bytes = Buffer.alloc(2);
    if (little) bytes.writeUInt16LE(value);
    else bytes.writeUInt16BE(value);
    return bytes;
  };
  const u32 = (value: number) => {
    const bytes = Buffer.alloc(4);
    if (little) bytes.writeUInt32LE(value);
    else bytes.writeUInt32BE(value);
    return bytes;
  };
  const block = (type: number, ...parts: Buffer[]) => {
    const body = Buffer.concat(parts);
    const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
    const length = u32(padded.length + 12);
    return Buffer.concat([u32(type), length, padded, length]);
  };
  const resolution = Buffer.concat([u16(9), u16(1), Buffer.from([9, 0, 0, 0]), u16(0), u16(0)]);
  const blocks = [
    block(0x0a0d0d0a, u32(0x1a2b3c4d), u16(1), u16(0), u32(0xffffffff), u32(0xffffffff)),
    block(1, u16(1), u16(0), u32(0), resolution),
    block(4, u32(0)),
  ];
  for (let at = 24; at + 16 <= file.length; at += 16 + file.readUInt32LE(at + 8)) {
    const nanoseconds =
      BigInt(file.readUInt32LE(at)) * 1_000_000_000n + BigInt(file.readUInt32LE(at + 4)) * 1000n;
    const size = file.readUInt32LE(at + 8);
    const stamp = [u32(Number(nanoseconds >> 32n)), u32(Number(nanoseconds & 0xffffffffn))];
    blocks.push(block(6, u32(0), ...stamp, u32(size), u32(size), file.subarray(at + 16, at + 16 + size)));
  }
  return Buffer.concat(blocks);
}

/** The same packets as `tcpdump -i any` writes them. */
function asCooked(file: Buffer): Buffer {
  const header = Buffer.from(file.subarray(0, 24));
  header.writeUInt32LE(113, 20);
  const records = [header];
  for (let at = 24; at + 16 <= file.length; at += 16 + file.readUInt32LE(at + 8)) {
    const frame = file.subarray(at + 16, at + 16 + file.readUInt32LE(at + 8));
    const cooked = Buffer.concat([Buffer.alloc(14), frame.subarray(12)]);
    const record = Buffer.from(file.subarray(at, at + 16));
    record.writeUInt32LE(cooked.length, 8);
    records.push(record, cooked);
  }
  return Buffer.concat(records);
}

describe("a capture", () => {
  test.each(captures)("%s reads the same in every format", (name) => {
    const file = readFileSync(`${FIXTURES}/${name}`);
    const datagrams = readCapture(file);
    expect(datagrams.length).toBeGreaterThan(1);
    const rounded = (all: typeof datagrams) => all.map((one) => ({ ...one, at: Math.round(one.at) }));
    for (const other of [asPcapng(file, true), asPcapng(file, false), asCooked(file)]) {
      expect(rounded(readCapture(other))).toEqual(rounded(datagrams));
    }
    const cut = readCapture(file.subarray(0, file.length - 5));
    expect(cut).toEqual(datagrams.slice(0, -1));
  });

  test.each([
    ["nothing", Buffer.alloc(0), "too short"],
    ["something else", Buffer.from("hello, this is a text"), "neither pcap nor pcapng"],
    ["a header that ends", Buffer.from("d4c3b2a102000400", "hex"), "ends in its header"],
    ["a link that is not known", asLink(readFileSync(`${FIXTURES}/${captures[0]}`), 127), "link type 127"],
  ])("of %s is refused", (_what, file, why) => {
    expect(() => readCapture(file)).toThrow(why);
  });
});

function asLink(file: Buffer, type: number): Buffer {
  const other = Buffer.from(file);
  other.writeUInt32LE(type, 20);
  return other;
}

describe("explain --pcap", () => {
  let world: BootWorld;
  beforeAll(async () => {
    const mac = (name: string) => {
      const [first] = readCapture(readFileSync(`${FIXTURES}/${name}.pcap`));
      return (
        first?.payload
          .subarray(28, 34)
          .toString("hex")
          .replace(/(..)(?=.)/g, "$1:") ?? ""
      );
    };
    world = await BootWorld.create(`advertise: 10.0.0.1
interface: none0
dhcp: {mode: server, authoritative: true, subnets: [{cidr: 10.0.0.0/24, pool: 10.0.0.100-10.0.0.109}]}
profiles: {cloud: {installer: image, image: disk.raw}}
hosts:
  - {name: bios, mac: "${mac("ipxe-bios-server")}", profile: cloud, address: 10.0.0.7}
`);
  });
  afterAll(() => world.dispose());

  async function replayed(name: string, ...args: string[]): Promise<Replay> {
    const file = `${FIXTURES}/${name}.pcap`;
    const ran = await bootwire(["explain", "--pcap", file, "--json", ...args, "--config", world.path]);
    expect(ran).toMatchObject({ code: 0, err: "" });
    return replaySchema.parse(JSON.parse(ran.out));
  }

  test("says what each message would have been answered, and why", async () => {
    const { packets } = await replayed("ipxe-bios-server");
    const asked = packets.filter((packet) => packet.answer !== null);
    expect(asked[0]).toMatchObject({ message: "DISCOVER", from: "0.0.0.0:68", to: "255.255.255.255:67" });
    expect(asked[0]?.answer?.outcome).toMatch(/^offer: reserved address; .*it is armed/);
    expect(asked[0]?.answer?.details).toContain("yiaddr: 10.0.0.7");
    expect(asked[0]?.answer?.hex).toMatch(/^0201/);
    expect(asked[0]?.details).toContain("client-architecture (93): 0");
    const answers = packets.filter((packet) => packet.answer === null);
    expect(answers[0]).toMatchObject({ message: "OFFER" });
  });

  test("says why there would have been no answer", async () => {
    const { packets } = await replayed("dhclient");
    expect(packets.find((packet) => packet.message === "DISCOVER")?.answer).toMatchObject({
      outcome: expect.stringContaining("silent: no offer: unknown host and unknownHosts=ignore"),
      hex: null,
    });
  });

  test("prints for people", async () => {
    const file = `${FIXTURES}/ipxe-bios-server.pcap`;
    const ran = await bootwire(["explain", "--pcap", file, "--hex", "--config", world.path]);
    expect(ran.out).toMatch(/DISCOVER [0-9a-f:]{17} {2}0\.0\.0\.0:68 → 255\.255\.255\.255:67\n/);
    expect(ran.out).toContain("   we: offer: reserved address");
    expect(ran.out).toContain("     0000  02 01 06");
  });
});
