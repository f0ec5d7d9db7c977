import dgram from "node:dgram";
import { EventEmitter, once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { MessageType, Option } from "../../../src/dhcp/codes.ts";
import { type DhcpPacket, decode, encode } from "../../../src/dhcp/packet.ts";
import type { DhcpEvent, Lease, LeaseStore } from "../../../src/dhcp/ports.ts";
import { DhcpServer, type DhcpServerOptions } from "../../../src/dhcp/server.ts";
import { listInterfaces } from "../../../src/net/interfaces.ts";
import { directory, host, NOW, subnet } from "./engine-bench.ts";
import { CLIENT, ip, ipBytes, message } from "./packets.ts";

// On the loopback, where clients that have their address already (RENEWING, INFORM) can be answered.

const ADDRESS = "127.0.1.10";
const LOOPBACK = subnet({
  cidr: "127.0.0.0/8",
  pool: [["127.0.1.10", "127.0.1.19"]],
  router: undefined,
  dns: [],
});

class MemoryStore implements LeaseStore {
  readonly leases: Lease[] = [];
  failure: Error | undefined;

  load(): Promise<readonly Lease[]> {
    return Promise.resolve(this.leases);
  }

  commit(batch: readonly Lease[]): Promise<void> {
    if (this.failure) return Promise.reject(this.failure);
    this.leases.push(...batch);
    return Promise.resolve();
  }
}

class Heard extends EventEmitter {
  readonly events: DhcpEvent[] = [];

  onEvent(event: DhcpEvent): void {
    this.events.push(event);
    this.emit("event", event);
  }
}

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A port that is free now, and its two neighbours with luck: each test asks the system anew. */
async function freePorts() {
  const sockets = [0, 0, 0].map(() => dgram.createSocket("udp4"));
  const ports: number[] = [];
  for (const socket of sockets) {
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    ports.push(socket.address().port);
  }
  await Promise.all(sockets.map((socket) => once(socket.close(), "close")));
  const [server = 0, client = 0, bootServer = 0] = ports;
  return { server, client, bootServer };
}

async function lab(said: Partial<DhcpServerOptions> = {}) {
  const ports = await freePorts();
  const store = new MemoryStore();
  const heard = new Heard();
  const options: DhcpServerOptions = {
    mode: "server",
    interfaces: listInterfaces().filter(({ name }) => name === "lo"),
    subnets: [LOOPBACK],
    authoritative: true,
    unknownHosts: "lease",
    hosts: directory([]),
    boot: { advise: () => ({ kind: "none", reason: "nothing to boot" }) },
    leases: store,
    observer: heard,
    clock: () => NOW,
    ports,
    ...said,
  };
  const server = new DhcpServer(options);
  closers.push(() => server.close());
  const client = dgram.createSocket("udp4");
  client.bind(ports.client, ADDRESS);
  await once(client, "listening");
  closers.push(() => once(client.close(), "close"));
  return {
    server,
    store,
    heard,
    options,
    send: (bytes: Buffer, port = ports.server) => client.send(bytes, port, "127.0.0.1"),
    async ask(packet: DhcpPacket, port = ports.server): Promise<DhcpPacket> {
      const answer = once(client, "message");
      client.send(encode(packet).bytes, port, "127.0.0.1");
      const [bytes] = await answer;
      const result = decode(bytes);
      if (!result.ok) throw new Error(result.reason);
      return result.packet;
    },
    async event(kind: DhcpEvent["kind"]): Promise<DhcpEvent> {
      for (;;) {
        const found = heard.events.find((event) => event.kind === kind);
        if (found) return found;
        await once(heard, "event");
      }
    },
  };
}

const renewal = message(MessageType.request, { ciaddr: ip(ADDRESS) });

describe("a DHCP server on real sockets", () => {
  it("stores a lease, then acknowledges it", async () => {
    const { server, ask, store, event } = await lab();
    await server.start();
    const answer = await ask(renewal);
    expect(answer.yiaddr).toBe(ip(ADDRESS));
    expect(store.leases).toMatchObject([{ address: ip(ADDRESS), mac: CLIENT, state: "bound" }]);
    expect(await event("ack")).toMatchObject({ mac: CLIENT, interface: "lo", code: "ok" });
    expect(server.leaseCount).toBe(1);
  });

  it("answers nothing when the lease cannot be stored, says so, and answers when it can again", async () => {
    const { server, ask, send, store, event } = await lab();
    await server.start();
    store.failure = new Error("disk full");
    send(encode(renewal).bytes);
    expect(await event("error")).toMatchObject({ code: "store", mac: CLIENT });
    store.failure = undefined;
    expect((await ask(renewal)).yiaddr).toBe(ip(ADDRESS));
    // It was in the table all the time, and is on the disk now.
    expect(store.leases).toMatchObject([{ address: ip(ADDRESS), mac: CLIENT }]);
  });

  it("acknowledges nothing that is still on its way to the disk, however often it is asked", async () => {
    const { server, ask, send, store, heard } = await lab();
    let sync: () => void = () => expect.fail("nothing was to be stored");
    const begun = new Promise<void>((started) => {
      store.commit = () =>
        new Promise((synced) => {
          sync = synced;
          started();
        });
    });
    await server.start();
    send(encode(renewal).bytes);
    await begun;
    send(encode(renewal).bytes);
    // What needs no disk is answered, and after the one before it.
    await ask(message(MessageType.inform, { ciaddr: ip(ADDRESS) }));
    expect(heard.events.map(({ kind }) => kind)).toEqual(["inform"]);
    store.commit = () => Promise.resolve();
    sync();
    const acks = () => heard.events.filter(({ kind }) => kind === "ack");
    while (acks().length < 2) await once(heard, "event");
  });

  it("writes nothing for a lease that is young and stored", async () => {
    const { server, ask, store } = await lab();
    await server.start();
    for (let run = 0; run < 3; run++) expect((await ask(renewal)).yiaddr).toBe(ip(ADDRESS));
    expect(store.leases.length).toBe(1);
  });

  it("knows the leases that its store has", async () => {
    const { server, store, ask, event } = await lab();
    const other = host("other", "52:54:00:00:00:77").mac;
    const lease = { address: ip(ADDRESS), mac: other, clientId: undefined, hostName: undefined } as const;
    store.leases.push({ ...lease, state: "bound", expiresAt: NOW + 1000, updatedAt: NOW });
    await server.start();
    const inform = await ask(message(MessageType.inform, { ciaddr: ip(ADDRESS) }));
    expect(inform.options.get(Option.messageType)).toEqual(Buffer.of(MessageType.ack));
    // A NAK goes out as a broadcast, which does not reach a client on the loopback: the event has to do.
    await event("inform");
    expect(server.leaseCount).toBe(1);
  });

  it("survives what is no DHCP message, and counts it", async () => {
    const { server, ask, send, event } = await lab();
    await server.start();
    for (const junk of [Buffer.alloc(0), Buffer.alloc(10), Buffer.alloc(300, 255)]) send(junk);
    expect(await event("malformed")).toMatchObject({ reason: "only 0 octets" });
    expect((await ask(renewal)).yiaddr).toBe(ip(ADDRESS));
    const malformed = server.counters().filter(({ message: name }) => name === "malformed");
    expect(malformed.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThanOrEqual(2);
    expect(server.counters()).toContainEqual({ message: "request", outcome: "ack", code: "ok", count: 1 });
  });

  it("survives an advisor that throws", async () => {
    const boot = {
      advise: () => {
        throw new Error("an advisor's fault");
      },
    };
    const { server, ask, send, event } = await lab({ boot, unknownHosts: "register" });
    await server.start();
    send(
      encode(message(MessageType.request, { ciaddr: ip(ADDRESS), options: { [Option.arch]: [0, 7] } })).bytes,
    );
    expect(await event("error")).toMatchObject({ code: "internal" });
    expect((await ask(renewal)).yiaddr).toBe(ip(ADDRESS));
  });

  it("lets no client ask without end", async () => {
    const { server, heard, send, event } = await lab({ rateLimit: { burst: 5, perSecond: 1, clients: 10 } });
    await server.start();
    for (let run = 0; run < 20; run++) send(encode(renewal).bytes);
    expect(await event("silent")).toMatchObject({ code: "rate-limited", mac: CLIENT });
    // Told once, and before that only five answers.
    expect(heard.events.filter(({ kind }) => kind === "ack").length).toBeLessThanOrEqual(5);
  });

  it("takes new settings and keeps its leases", async () => {
    const { server, ask, event } = await lab();
    await server.start();
    await ask(renewal);
    server.reconfigure({ unknownHosts: "ignore" });
    const answer = ask(renewal);
    expect(await event("silent")).toMatchObject({ code: "unknown-host" });
    server.reconfigure({ hosts: directory([host("web1", CLIENT)]) });
    expect((await Promise.all([answer, ask(renewal)])).map(({ yiaddr }) => yiaddr)).toEqual([
      ip(ADDRESS),
      ip(ADDRESS),
    ]);
    expect(server.leaseCount).toBe(1);
  });

  it("answers on the boot server port, from there", async () => {
    const advice = {
      kind: "boot",
      file: "ipxe.efi",
      nextServer: ip("127.0.0.1"),
      options: new Map(),
      reason: "armed",
    } as const;
    const { server, ask, options } = await lab({
      boot: { advise: () => advice },
      unknownHosts: "register",
      mode: "proxy",
    });
    await server.start();
    const request = message(MessageType.request, {
      ciaddr: ip(ADDRESS),
      options: { [Option.arch]: [0, 7], [Option.vendorClass]: "PXEClient" },
    });
    const answer = await ask(request, options.ports?.bootServer);
    expect(answer).toMatchObject({ file: "ipxe.efi", siaddr: ip("127.0.0.1") });
  });

  it("rejects with the system's code when its port is taken, and leaves nothing open", async () => {
    const { server, options } = await lab();
    await server.start();
    const second = new DhcpServer(options);
    await expect(second.start()).rejects.toMatchObject({ code: "EADDRINUSE" });
    await second.close();
    await server.close();
    const third = new DhcpServer(options);
    await third.start();
    await third.close();
  });

  it("rejects when its store cannot be read", async () => {
    const broken = { load: () => Promise.reject(new Error("corrupt")), commit: () => Promise.resolve() };
    const { server } = await lab({ leases: broken });
    await expect(server.start()).rejects.toThrow("corrupt");
  });

  it("can be closed twice, and started once", async () => {
    const { server } = await lab();
    await server.start();
    await expect(server.start()).rejects.toThrow("started once");
    await Promise.all([server.close(), server.close()]);
  });

  it("works without native calls", async () => {
    const { server, ask } = await lab({ withoutNative: true });
    await server.start();
    expect(
      (
        await ask(
          message(MessageType.request, {
            ciaddr: ip(ADDRESS),
            options: { [Option.clientId]: ipBytes("1.2.3.4") },
          }),
        )
      ).yiaddr,
    ).toBe(ip(ADDRESS));
  });
});
