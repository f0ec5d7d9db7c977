import { EventEmitter, once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { parseIpv4 } from "../../../src/net/ipv4.ts";
import { loadNative } from "../../../src/net/native.ts";
import { openUdpPort, type UdpPort, type UdpSource } from "../../../src/net/udp-port.ts";

const native = await loadNative();
const LOCALHOST = parseIpv4("127.0.0.1") ?? expect.fail("no address");
/** The kernel refuses it to whoever did not ask for the right to broadcast. */
const NOWHERE = parseIpv4("127.255.255.255") ?? expect.fail("no address");

const open: UdpPort[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((port) => port.close()));
});

class Ear extends EventEmitter {
  readonly heard: { readonly text: string; readonly from: UdpSource }[] = [];

  constructor(port: UdpPort) {
    super();
    port.onMessage((bytes, from) => {
      this.heard.push({ text: bytes.toString("latin1"), from });
      this.emit("heard");
    });
  }

  async hears(count: number): Promise<string[]> {
    while (this.heard.length < count) await once(this, "heard");
    return this.heard.map(({ text }) => text);
  }
}

/** Ports of the loopback that nobody has, as the system gives them out. */
let next = 20_000 + (process.pid % 20_000);

async function opened(calls: typeof native) {
  for (;;) {
    next += 1;
    try {
      const options = { device: "lo", address: "127.0.0.1", port: next, broadcast: false };
      const port = await openUdpPort({ ...options, receiveBuffer: 4 * 1024 * 1024 }, calls);
      open.push(port);
      return { port, number: next };
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
    }
  }
}

const fails = (error: Error) => expect.fail(`not sent: ${error.message}`);

describe.each([
  ["native calls", native],
  ["none", undefined],
] as const)("a port, with %s", (_name, calls) => {
  it("sends and hears many at once, each whole and in order", async () => {
    const [here, there] = [await opened(calls), await opened(calls)];
    const ear = new Ear(there.port);
    const texts = Array.from({ length: 500 }, (_, index) => `${index} ${"x".repeat((index * 37) % 1400)}`);
    // One buffer for all: it may be used anew after each call.
    const buffer = Buffer.alloc(2000);
    for (const text of texts) {
      const size = buffer.write(text, "latin1");
      here.port.send(buffer.subarray(0, size), LOCALHOST, there.number, fails);
    }
    expect(await ear.hears(texts.length)).toEqual(texts);
    expect(ear.heard[0]?.from).toMatchObject({ address: LOCALHOST, port: here.number });
  });

  it("tells which datagram could not be sent, and sends the others", async () => {
    const [here, there] = [await opened(calls), await opened(calls)];
    const ear = new Ear(there.port);
    const failed: string[] = [];
    for (const text of ["a", "b", "c", "d"]) {
      const to = text === "b" || text === "c" ? NOWHERE : LOCALHOST;
      here.port.send(Buffer.from(text), to, there.number, () => failed.push(text));
    }
    expect(await ear.hears(2)).toEqual(["a", "d"]);
    // dgram tells of it a turn later.
    while (failed.length < 2) await new Promise((resolve) => setImmediate(resolve));
    expect(failed).toEqual(["b", "c"]);
  });

  it("sends what is longer than most", async () => {
    const [here, there] = [await opened(calls), await opened(calls)];
    const ear = new Ear(there.port);
    here.port.send(Buffer.alloc(9000, "y"), LOCALHOST, there.number, fails);
    expect((await ear.hears(1))[0]?.length).toBe(9000);
  });

  it("hears nothing and sends nothing once it is closed", async () => {
    const [here, there] = [await opened(calls), await opened(calls)];
    const ear = new Ear(there.port);
    here.port.send(Buffer.from("before"), LOCALHOST, there.number, fails);
    expect(await ear.hears(1)).toEqual(["before"]);
    await here.port.close();
    here.port.send(Buffer.from("after"), LOCALHOST, there.number, fails);
    await there.port.close();
    expect(ear.heard.length).toBe(1);
  });
});
