import { chmodSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeIf } from "../../support/require.ts";
import { type Capture, capture } from "./capture.ts";
import { type Ended, type Node, type Server, Wires } from "./wire.ts";

// DHCP clients that we did not write, against the library on a wire of its own.

const SETTINGS = {
  authoritative: true,
  subnets: [
    {
      cidr: "10.99.0.0/16",
      pool: [["10.99.1.10", "10.99.1.20"]],
      router: "10.99.0.1",
      dns: ["10.99.0.53"],
      domain: "lab.example.org",
      leaseTime: 7200,
    },
  ],
  hosts: [
    { name: "reserved", mac: "52:54:00:aa:00:01", address: "10.99.7.7" },
    { name: "npm", mac: "52:54:00:aa:00:02", address: "10.99.7.8" },
  ],
  probeTimeout: 100,
};

/** What dhclient, udhcpc and dhcpcd call when something happened: prints their variables. */
const SCRIPT = '#!/bin/sh\n[ "$1" = deconfig ] || env | sort\n';

const NEEDS = {
  namespaces: true,
  commands: ["ip", "tcpdump", "udhcpc", "dhclient", "dhcpcd", "dhcping"],
  files: ["dist/dhcp/server.js"],
};

describeIf(NEEDS, "DHCP clients of others", () => {
  let wires: Wires;
  let server: Server;
  let serverNode: Node;

  beforeAll(async () => {
    wires = new Wires("clients");
    writeFileSync(wires.path("script"), SCRIPT);
    chmodSync(wires.path("script"), 0o755);
    serverNode = wires.node("server", "10.99.0.1/16");
    server = await wires.serve(serverNode, SETTINGS);
  });

  afterAll(() => wires?.close());

  const udhcpc = (node: Node) =>
    node.run("udhcpc", "-i", "eth0", "-f", "-n", "-q", "-t", "5", "-T", "2", "-s", wires.path("script"));

  const dhclient = (node: Node, ...args: readonly string[]) => {
    const own = node.inside.at(-1);
    const files = ["-lf", wires.path(`${own}-leases`), "-pf", wires.path(`${own}-pid`)];
    const script = ["-sf", wires.path("script"), "-cf", "/dev/null"];
    return node.run("dhclient", "-4", "-1", "-v", ...files, ...script, ...args, "eth0");
  };

  /** What a client and the server say to each other. */
  const captureOf = async (node: Node, name: string): Promise<Capture> =>
    capture(wires, name, `ether host ${await macOf(node)} and (port 67 or port 68)`);

  test("udhcpc gets an address of the pool with everything that belongs to it", async () => {
    const node = wires.node("u1");
    const wire = await captureOf(node, "udhcpc");
    const { status, output } = await udhcpc(node);
    await wire.frames(4);
    expect(status).toBe(0);
    expect(output).toMatch(/^ip=10\.99\.1\.(1\d|20)$/m);
    expect(output).toMatch(/^mask=16$/m);
    expect(output).toMatch(/^router=10\.99\.0\.1$/m);
    expect(output).toMatch(/^dns=10\.99\.0\.53$/m);
    expect(output).toMatch(/^domain=lab\.example\.org$/m);
    expect(output).toMatch(/^lease=7200$/m);
    expect(output).toMatch(/^serverid=10\.99\.0\.1$/m);
  });

  test("a machine that is known gets the address that is reserved for it", async () => {
    const node = wires.node("reserved");
    await node.run("ip", "link", "set", "eth0", "address", "52:54:00:aa:00:01");
    expect((await udhcpc(node)).output).toMatch(/^ip=10\.99\.7\.7$/m);
  });

  test("dhclient is bound, reboots with its address (INIT-REBOOT), and releases it", async () => {
    const node = wires.node("dhclient");
    const wire = await captureOf(node, "dhclient");
    const first = await dhclient(node);
    expect(first.output).toMatch(/DHCPOFFER of 10\.99\.1\.\d+ from 10\.99\.0\.1/);
    const address = /bound to (\S+)/.exec(first.output)?.[1];
    expect(address).toBeDefined();
    await dhclient(node, "-x");

    const again = await dhclient(node);
    expect(again.output).not.toContain("DHCPDISCOVER");
    expect(again.output).toContain(`bound to ${address}`);
    await node.run("ip", "addr", "add", `${address}/16`, "dev", "eth0");
    await dhclient(node, "-r");
    await server.event((event) => event.kind === "release" && event.address === address);
    await wire.frames(7);
  });

  test("dhcpcd is bound, by its DUID (61)", async () => {
    const node = wires.node("dhcpcd");
    const wire = await captureOf(node, "dhcpcd");
    // It keeps leases and its DUID in a folder of the system: it gets an empty one of its own.
    const folders =
      "mount -t tmpfs none /var/lib/dhcpcd && mkdir -p /run/dhcpcd && mount -t tmpfs none /run/dhcpcd";
    const client = `exec dhcpcd -4 -1 -B -t 20 --script ${wires.path("script")} eth0`;
    const { status, output } = await node.run("unshare", "--mount", "sh", "-c", `${folders} && ${client}`);
    await wire.frames(4);
    expect(output).toMatch(/leased 10\.99\.1\.\d+ for 7200 seconds/);
    expect(status).toBe(0);
  });

  test("dhcping gets its answer", async () => {
    const node = wires.node("dhcping", "10.99.1.18/16");
    const mac = await macOf(node);
    // -i: INFORM, answered without touching any lease.
    const { status, output } = await node.run(
      "dhcping",
      "-v",
      "-i",
      "-s",
      "10.99.0.1",
      "-c",
      "10.99.1.18",
      "-h",
      mac,
    );
    expect(output).toContain("Got answer from: 10.99.0.1");
    expect(status).toBe(0);
  });

  test("the client of npm's dhcp is bound", async () => {
    // It hears on a plain socket without setting the broadcast flag, so its address has to be on its interface before.
    const node = wires.node("npm", "10.99.7.8/16");
    await node.run("ip", "link", "set", "eth0", "address", "52:54:00:aa:00:02");
    await node.run("ip", "route", "add", "default", "dev", "eth0");
    const client = resolve("test/interop/dhcp/npm-client.mjs");
    const { output } = await node.run(process.execPath, client, "52:54:00:aa:00:02");
    expect(output).toBe("bound 10.99.7.8\n");
  });

  test("a server that is killed and started again knows every lease that it acknowledged", async () => {
    const clients = ["k1", "k2", "k3"].map((name) => wires.node(name));
    const before = await Promise.all(clients.map(async (node) => addressIn(await udhcpc(node))));
    expect(new Set(before).size).toBe(3);
    await server.end("SIGKILL");
    server = await wires.serve(serverNode, SETTINGS);
    // A stranger is given none of them …
    expect(before).not.toContain(addressIn(await udhcpc(wires.node("stranger"))));
    // … and each client finds its own again.
    expect(await Promise.all(clients.map(async (node) => addressIn(await udhcpc(node))))).toEqual(before);
    expect(server.events.filter((event) => event.reason.startsWith("current address"))).toHaveLength(3);
  });

  test("it ends by itself when told to", async () => {
    await server.end("SIGTERM");
  });
});

async function macOf(node: Node): Promise<string> {
  return /ether (\S+)/.exec((await node.run("ip", "link", "show", "eth0")).output)?.[1] ?? "";
}

function addressIn({ output }: Ended): string | undefined {
  return /^ip=(\S+)$/m.exec(output)?.[1];
}
