import type dgram from "node:dgram";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { loadNative, SystemError } from "../../../src/net/native.ts";
import { openUdpSocket } from "../../../src/net/udp.ts";

const open: dgram.Socket[] = [];

async function openAndClose(...args: Parameters<typeof openUdpSocket>): Promise<dgram.Socket> {
  const socket = await openUdpSocket(...args);
  open.push(socket);
  return socket;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((socket) => once(socket.close(), "close")));
});

const LOCAL = { address: "127.0.0.1", port: 0 };

describe.each([
  ["native calls", undefined],
  ["none", "none"],
] as const)("a UDP socket, with %s", (_name, native) => {
  it("hears and speaks, at once", async () => {
    const here = await openAndClose({ ...LOCAL, device: "lo" }, native);
    const there = await openAndClose(LOCAL, native);
    const heard = once(there, "message");
    here.send("hello", there.address().port, "127.0.0.1");
    const [bytes, from] = await heard;
    expect(String(bytes)).toBe("hello");
    expect(from.port).toBe(here.address().port);
  });

  it("rejects with the system's code, and leaves nothing open", async () => {
    const first = await openAndClose({ ...LOCAL, device: "lo" }, native);
    const before = descriptors();
    const again = { ...LOCAL, device: "lo", port: first.address().port };
    for (let run = 0; run < 5; run++) {
      await expect(openUdpSocket(again, native)).rejects.toMatchObject({
        code: "EADDRINUSE",
        syscall: "bind",
      });
    }
    await settled();
    expect(descriptors()).toBe(before);
  });

  it("shares its port when told to", async () => {
    const options = { ...LOCAL, device: "lo", reuseAddress: true };
    const first = await openAndClose(options, native);
    const second = await openAndClose({ ...options, port: first.address().port }, native);
    expect(second.address().port).toBe(first.address().port);
  });

  it("has the receive buffer that it was given, as far as the system lets it", async () => {
    const socket = await openAndClose({ ...LOCAL, device: "lo", receiveBuffer: 65_536 }, native);
    expect(socket.getRecvBufferSize()).toBeGreaterThanOrEqual(65_536);
  });
});

describe("native calls", () => {
  it("refuse a device that is not there", async () => {
    const native = await loadNative();
    if (!native) return;
    const before = descriptors();
    await expect(openUdpSocket({ ...LOCAL, device: "nosuch0" }, native)).rejects.toMatchObject({
      code: "ENODEV",
    });
    await settled();
    expect(descriptors()).toBe(before);
  });

  it("tell errors as Node does", async () => {
    const native = await loadNative();
    if (!native) return;
    try {
      native.setOption(-1, 1, 2, 1);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(SystemError);
      expect(error).toMatchObject({ code: "EBADF", syscall: "setsockopt" });
    }
  });
});

function descriptors(): number {
  return process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0;
}

/** Sockets close at the end of a turn of the event loop. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
