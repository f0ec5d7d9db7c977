import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import Fastify from "fastify";
import { describe, expect, onTestFinished, test } from "vitest";
import { Streams } from "../../../src/http/streams-shell.ts";
import { mac } from "../support/config.ts";
import { AdminLab, codeOf } from "./admin-lab.ts";

/** A reader of an event stream, over a real connection. */
class Reader {
  readonly #socket: Socket;
  text = "";

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("utf8");
    socket.on("data", (piece: string) => {
      this.text += piece;
    });
    socket.on("error", () => undefined);
    onTestFinished(() => void socket.destroy());
  }

  static async open(port: number, path: string, headers: string): Promise<Reader> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`);
    return new Reader(socket);
  }

  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.text)) await once(this.#socket, "data");
    return this.text;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): Promise<unknown> {
    this.#socket.destroy();
    return once(this.#socket, "close");
  }

  /** The data of the messages with this event name so far. */
  messages(event: string): unknown[] {
    const found = this.text.matchAll(/^event: (\w+)\ndata: (.*)$/gm);
    return [...found].flatMap(([, name, data]) => (name === event && data ? [JSON.parse(data)] : []));
  }
}

async function listening(): Promise<{
  lab: AdminLab;
  open: (path: string, headers?: string) => Promise<Reader>;
}> {
  const lab = await AdminLab.create();
  await lab.app.listen({ host: "127.0.0.1", port: 0 });
  const address = lab.app.server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const token = `Authorization: Bearer ${lab.parts.token}\r\n`;
  return { lab, open: (path, headers = "") => Reader.open(port, `/api/v1${path}`, token + headers) };
}

describe("the event stream", () => {
  test("goes on after the last event that the reader has, each once and in order", async () => {
    const { lab, open } = await listening();
    for (let i = 0; i < 450; i++) lab.lab.machines.local("web-1");
    const reader = await open("/events/stream", "Last-Event-ID: 10\r\n");
    await reader.until(/id: 450\n/);
    lab.lab.machines.reinstall("web-1");
    const text = await reader.until(/id: 451\n/);
    const ids = [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
    expect(ids).toEqual(Array.from({ length: 441 }, (_, i) => i + 11));
  });

  test("of one machine has nothing of others", async () => {
    const { lab, open } = await listening();
    const reader = await open("/events/stream?machine=db-1");
    await reader.until(/\r\n\r\n/);
    lab.lab.machines.local("web-1");
    lab.lab.machines.local("db-1");
    expect(await reader.until(/data: /)).not.toContain("web-1");
  });
});

describe("the live stream", () => {
  test("tells of a machine's life, of transfers and of what else has changed", async () => {
    const { lab, open } = await listening();
    const reader = await open("/live");
    await reader.until(/event: transfers/);
    lab.lab.machines.networkBoot(lab.lab.host("web-1"), "uefi");
    await reader.until(/event: machines\ndata: .*\n\n/);
    expect(reader.messages("machines")).toMatchObject([
      { machines: [{ name: "web-1", state: "installing", attempt: { phase: "running" } }] },
    ]);
    expect(reader.text).toMatch(/id: \d+\nevent: event\ndata: .*"attempt.began"/);
    lab.parts.monitor.seen(mac("52:54:00:aa:00:01"), {});
    await reader.until(/event: changed\ndata: .*\n\n/);
    expect(reader.messages("changed")).toEqual([{ what: ["unknown"] }]);
    lab.lab.now += 2000;
    const meter = lab.parts.monitor.begin({ protocol: "http", path: "media/a", client: "10.0.0.7", size: 9 });
    await reader.until(/event: transfers\ndata: .*media\/a.*\n\n/);
    meter.end();
  });

  test("of a storm tells the reader to look again, instead of everything", async () => {
    const { lab, open } = await listening();
    for (let i = 0; i < 700; i++) lab.lab.machines.local("web-1");
    const reader = await open("/live?after=0");
    await reader.until(/event: changed\ndata: .*\n\n/);
    expect(reader.messages("changed")).toEqual([{ what: ["events"] }]);
    expect(reader.text).not.toContain("event: event");
  });
});

describe("streams", () => {
  test("a reader that takes nothing is asked nothing more for, and goes on where it was", async () => {
    const app = Fastify({ forceCloseConnections: true });
    onTestFinished(() => app.close());
    const streams = new Streams();
    const piece = "x".repeat(64 * 1024);
    let asked = 0;
    let wake: (() => void) | undefined;
    app.get("/", (_request, reply) => {
      streams.open(reply, (wakeUp) => {
        wake = wakeUp;
        return { due: () => ({ text: `${++asked}:${piece}\n`, again: 0 }), stop: () => undefined };
      });
    });
    await app.listen({ host: "127.0.0.1", port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const reader = await Reader.open(port, "/", "");
    await reader.until(/1:x/);
    reader.pause();
    // Nothing more is asked for once the sockets' buffers are full: the count stands still, however often it is woken.
    let before = -1;
    while (asked !== before) {
      before = asked;
      for (let i = 0; i < 100; i++) wake?.();
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(asked * piece.length).toBeLessThan(64 * 1024 * 1024);
    reader.resume();
    await reader.until(new RegExp(`${before + 1}:x`));
    await reader.close();
  });

  test("are limited in number, and one that ends makes room", async () => {
    const { open, lab } = await listening();
    const readers = [];
    for (let i = 0; i < 200; i++) {
      const reader = await open("/events/stream");
      await reader.until(/200 OK/);
      readers.push(reader);
    }
    const full = await lab.ask("GET", "/events/stream");
    expect([full.statusCode, codeOf(full)]).toEqual([503, "BW_STREAMS_FULL"]);
    await readers[0]?.close();
    let next = await open("/events/stream");
    while (!/200 OK/.test(await next.until(/HTTP\/1.1 \d+/))) next = await open("/events/stream");
  });
});
