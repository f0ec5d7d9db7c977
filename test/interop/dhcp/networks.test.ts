import { chmodSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeIf } from "../../support/require.ts";
import { unpackedProgram } from "./unpacked.ts";
import { type Ended, type Node, Wires } from "./wire.ts";

// Networks of more than one wire, and machines on them that do not belong there.

const DHCRELAY = unpackedProgram("isc-dhcp-relay", "usr/sbin/dhcrelay");
const DHCP_HELPER = unpackedProgram("dhcp-helper", "usr/sbin/dhcp-helper");

const HERE = { cidr: "10.99.0.0/24", pool: [["10.99.0.100", "10.99.0.110"]], router: "10.99.0.254" };
const BEHIND = { cidr: "10.98.0.0/24", pool: [["10.98.0.100", "10.98.0.110"]], router: "10.98.0.1" };

const NEEDS = {
  namespaces: true,
  commands: ["ip", "udhcpc", "tcpdump"],
  files: ["dist/dhcp/server.js", DHCRELAY, DHCP_HELPER],
};

describeIf(NEEDS, "DHCP on larger networks", () => {
  let wires: Wires;

  beforeEach(() => {
    wires = new Wires("networks");
    writeFileSync(wires.path("script"), '#!/bin/sh\n[ "$1" = deconfig ] || env | sort\n');
    chmodSync(wires.path("script"), 0o755);
  });

  afterEach(() => wires.close());

  const udhcpc = (node: Node, ...args: readonly string[]): Promise<Ended> =>
    node.run(
      "udhcpc",
      "-i",
      "eth0",
      "-f",
      "-n",
      "-q",
      "-t",
      "3",
      "-T",
      "2",
      "-s",
      wires.path("script"),
      ...args,
    );

  /** A server on br0, a relay between it and br1. */
  async function relayed(settings: Record<string, unknown> = {}) {
    const serverNode = wires.node("server", "10.99.0.1/24");
    await serverNode.run("ip", "route", "add", "10.98.0.0/24", "via", "10.99.0.2");
    const relay = wires.node("relay", "10.99.0.2/24");
    relay.plug("eth1", "br1", "10.98.0.1/24");
    await relay.run("sysctl", "-w", "net.ipv4.ip_forward=1");
    const server = await wires.serve(serverNode, { subnets: [HERE, BEHIND], probeTimeout: 300, ...settings });
    return { server, relay, client: wires.node("client", undefined, "br1") };
  }

  test("ISC's relay with option 82: an address of the client's own network, 82 given back for the relay to take out", async () => {
    const { server, relay, client } = await relayed();
    // -a: append option 82; -m discard: drop what has one already, -c: hop count. It refuses replies without its 82.
    const args = ["-d", "-4", "-a", "-m", "discard", "-id", "eth1", "-iu", "eth0", "10.99.0.1"];
    const process = wires.spawn([...relay.inside, DHCRELAY, ...args]);
    await said(process, /Sending on {3}Socket\/fallback/);
    const { output } = await udhcpc(client);
    expect(output).toMatch(/^ip=10\.98\.0\.100$/m);
    expect(output).toMatch(/^router=10\.98\.0\.1$/m);
    expect(server.events.map((event) => event.kind)).toEqual(["offer", "ack"]);
  });

  test("dhcp-helper relays", async () => {
    const { relay, client } = await relayed();
    const process = wires.spawn([...relay.inside, DHCP_HELPER, "-d", "-i", "eth1", "-s", "10.99.0.1"]);
    await listens(relay, process);
    expect((await udhcpc(client)).output).toMatch(/^ip=10\.98\.0\.100$/m);
  });

  test("an address in use behind the relay is found by an echo, and not offered", async () => {
    const { server, relay, client } = await relayed();
    const squatter = wires.node("squatter", "10.98.0.100/24", "br1");
    await squatter.run("ip", "route", "add", "default", "via", "10.98.0.1");
    const process = wires.spawn([...relay.inside, DHCP_HELPER, "-d", "-i", "eth1", "-s", "10.99.0.1"]);
    await listens(relay, process);
    expect((await udhcpc(client)).output).toMatch(/^ip=10\.98\.0\.101$/m);
    expect(server.events.find((event) => event.kind === "conflict")).toMatchObject({
      address: "10.98.0.100",
    });
  });

  test("an address in use on our wire is found by ARP, whatever its firewall, and stays in quarantine", async () => {
    const node = wires.node("server", "10.99.0.1/24");
    const settings = { subnets: [HERE], probeTimeout: 300 };
    let server = await wires.serve(node, settings);
    const squatter = wires.node("squatter", "10.99.0.100/24");
    const mac = await macOf(squatter);
    expect((await udhcpc(wires.node("client"))).output).toMatch(/^ip=10\.99\.0\.101$/m);
    const conflict = server.events.find((event) => event.kind === "conflict");
    expect(conflict).toMatchObject({ address: "10.99.0.100", code: "in-use" });
    expect(conflict?.reason).toContain(mac);

    // It is remembered, also by the next server.
    await server.end("SIGKILL");
    server = await wires.serve(node, { ...settings, probeTimeout: 0 });
    const asked = await udhcpc(wires.node("other"), "-r", "10.99.0.100");
    expect(asked.output).toMatch(/^ip=10\.99\.0\.102$/m);
  });

  test("two clones with one client identifier get an address each", async () => {
    await wires.serve(wires.node("server", "10.99.0.1/24"), { subnets: [HERE], probeTimeout: 300 });
    const identifier = ["-C", "-x", "0x3d:00112233445566"];
    const first = wires.node("one");
    const address = /^ip=(\S+)$/m.exec((await udhcpc(first, ...identifier)).output)?.[1];
    expect(address).toBeDefined();
    await first.run("ip", "addr", "add", `${address}/24`, "dev", "eth0");
    const { output } = await udhcpc(wires.node("two"), ...identifier);
    expect(output).toMatch(/^ip=10\.99\.0\.1\d\d$/m);
    expect(output).not.toContain(`ip=${address}\n`);
  });

  test("each of several interfaces answers for its own network, and on its own wire alone", async () => {
    const node = wires.node("server", "10.99.0.1/24");
    node.plug("eth1", "br1", "10.98.0.1/24");
    const server = await wires.serve(node, { interfaces: ["eth0", "10.98.0.1"], subnets: [HERE, BEHIND] });
    const here = wires.node("here");
    const behind = wires.node("behind", undefined, "br1");
    const [one, two] = await Promise.all([udhcpc(here), udhcpc(behind)]);
    expect(one.output).toMatch(/^ip=10\.99\.0\.100$/m);
    expect(two.output).toMatch(/^ip=10\.98\.0\.100$/m);
    expect(server.events.map((event) => `${event.interface} ${event.kind}`).sort()).toEqual([
      "eth0 ack",
      "eth0 offer",
      "eth1 ack",
      "eth1 offer",
    ]);
  });

  test("an interface that is taken away and made anew is served again", async () => {
    const node = wires.node("server", "10.99.0.1/24");
    const server = await wires.serve(node, { subnets: [HERE] });
    await node.run("ip", "link", "delete", "eth0");
    await server.event((event) => event.reason === "the interface is gone");
    node.plug("eth0", "br0", "10.99.0.1/24");
    await server.event((event) => event.reason.startsWith("the interface was made anew"));
    expect((await udhcpc(wires.node("client"))).output).toMatch(/^ip=10\.99\.0\.100$/m);
  });

  test("without native calls one interface is served, by broadcasts", async () => {
    const settings = { subnets: [HERE], withoutNative: true };
    await wires.serve(wires.node("server", "10.99.0.1/24"), settings);
    expect((await udhcpc(wires.node("client"))).output).toMatch(/^ip=10\.99\.0\.100$/m);
  });

  test("without native calls several interfaces are refused, with the reason", async () => {
    const node = wires.node("server", "10.99.0.1/24");
    node.plug("eth1", "br1", "10.98.0.1/24");
    const settings = { interfaces: [], subnets: [HERE, BEHIND], withoutNative: true };
    await expect(wires.serve(node, settings)).rejects.toThrow("needs the optional package koffi");
  });

  test("another server on the wire is reported by its address", async () => {
    // The client takes the first offer; ours comes later, since it looks for the address first.
    const ours = { subnets: [HERE], probeTimeout: 300 };
    const server = await wires.serve(wires.node("server", "10.99.0.1/24"), ours);
    const theirs = { subnets: [HERE], store: wires.path("theirs") };
    await wires.serve(wires.node("other", "10.99.0.2/24"), theirs);
    expect((await udhcpc(wires.node("client"))).output).toMatch(/^serverid=10\.99\.0\.2$/m);
    const event = await server.event(({ kind }) => kind === "foreign-server");
    expect(event).toMatchObject({ address: "10.99.0.2", interface: "eth0" });
  });
});

async function macOf(node: Node): Promise<string> {
  return /ether (\S+)/.exec((await node.run("ip", "link", "show", "eth0")).output)?.[1] ?? "";
}

type Child = ReturnType<Wires["spawn"]>;

/** Resolves when the program has printed this. */
function said(child: Child, pattern: RegExp): Promise<void> {
  return new Promise((done, fail) => {
    let text = "";
    const read = (chunk: unknown) => {
      text += String(chunk);
      if (pattern.test(text)) done();
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("exit", () => fail(new Error(`it ended: ${text}`)));
  });
}

/** Resolves when somebody listens for DHCP on the machine: for programs that do not say so. */
async function listens(node: Node, child: Child): Promise<void> {
  while (child.exitCode === null) {
    if ((await node.run("ss", "-Hlnu", "sport = :67")).output.includes(":67")) return;
  }
  throw new Error("it ended");
}
