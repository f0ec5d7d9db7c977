import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { describeIf } from "../../support/require.ts";
import { unpackedProgram } from "../dhcp/unpacked.ts";
import { type Node, Wires } from "../dhcp/wire.ts";
import { DAEMON_NEEDS } from "./daemon-lab.ts";

// What an admin says of his networks in the config, as foreign clients, relays and servers see it.

const CLI = resolve("dist/cli/main.js");
const DHCRELAY = unpackedProgram("isc-dhcp-relay", "usr/sbin/dhcrelay");
const NEEDS = {
  ...DAEMON_NEEDS,
  commands: [...DAEMON_NEEDS.commands, "udhcpc", "dnsmasq", "curl"],
  files: [...DAEMON_NEEDS.files, DHCRELAY],
};

const WEB = "52:54:00:aa:00:01";
const DB = "52:54:00:aa:00:02";

const statusShape = z.object({
  otherDhcpServers: z.array(
    z.object({ address: z.string(), name: z.string().nullable(), mac: z.string().nullable() }),
  ),
});

describeIf(NEEDS, "DHCP networks of a config", () => {
  let wires: Wires;

  beforeEach(() => {
    wires = new Wires("daemon");
    writeFileSync(wires.path("script"), '#!/bin/sh\n[ "$1" = deconfig ] || env | sort\n');
    chmodSync(wires.path("script"), 0o755);
  });

  afterEach(() => wires.close());

  /** `init`, then `serve` until it serves. */
  async function serve(node: Node, config: string): Promise<Daemon> {
    const file = wires.path("bootwire.yaml");
    writeFileSync(file, config);
    const init = await node.run(process.execPath, CLI, "init", "--config", file);
    expect(init.status, init.output).toBe(0);
    const daemon = new Daemon(
      wires.spawn([...node.inside, process.execPath, CLI, "serve", "--config", file]),
    );
    await daemon.says(/Bootwire serves/);
    return daemon;
  }

  const udhcpc = (node: Node, ...args: readonly string[]) => {
    const tries = ["-f", "-n", "-q", "-t", "4", "-T", "2", "-s", wires.path("script")];
    return node.run("udhcpc", "-i", "eth0", ...tries, ...args);
  };

  async function withMac(name: string, mac: string, wire = "br0"): Promise<Node> {
    const node = wires.node(name, undefined, wire);
    await node.run("ip", "link", "set", "eth0", "address", mac);
    return node;
  }

  test("options of subnet, profile and host, the closest wins; behind ISC's relay with option 82", async () => {
    const server = wires.node("server", "10.99.0.1/24");
    await server.run("ip", "route", "add", "10.98.0.0/24", "via", "10.99.0.2");
    const relay = wires.node("relay", "10.99.0.2/24");
    relay.plug("eth1", "br1", "10.98.0.1/24");
    await relay.run("sysctl", "-w", "net.ipv4.ip_forward=1");
    const daemon = await serve(
      server,
      `interface: eth0
dhcp:
  mode: server
  unknownHosts: lease
  subnets:
    - { cidr: 10.99.0.0/24, pool: 10.99.0.100-10.99.0.110 }
    - cidr: 10.98.0.0/24
      pool: 10.98.0.100-10.98.0.110
      router: 10.98.0.1
      options:
        ntp-servers: 10.98.0.1
        interface-mtu: 1400
        domain-search: [a.example.org, b.example.org]
        classless-static-routes: [10.1.0.0/16 via 10.98.0.9]
        224: text:subnet
profiles:
  p: { installer: image, image: a.raw, options: { interface-mtu: 1450, 224: "text:profile" } }
hosts:
  - { name: web-1, mac: "${WEB}", profile: p, address: 10.98.0.50, options: { 224: "text:host" } }
  - { name: db-1, mac: "${DB}", profile: p }
`,
    );
    const relaying = wires.spawn([
      ...relay.inside,
      ...[DHCRELAY, "-d", "-4", "-a", "-m", "discard", "-id", "eth1", "-iu", "eth0", "10.99.0.1"],
    ]);
    await new Promise<void>((done) => {
      relaying.stderr?.on("data", (text) => String(text).includes("Sending on   Socket") && done());
    });
    const wanted = ["-O", "26", "-O", "42", "-O", "119", "-O", "121", "-O", "224"];
    const asHex = (text: string) => Buffer.from(text).toString("hex");
    const ask = async (name: string, mac: string) =>
      (await udhcpc(await withMac(name, mac, "br1"), ...wanted)).output;

    const web = await ask("web", WEB);
    expect(web).toMatch(/^ip=10\.98\.0\.50$/m);
    expect(web).toMatch(/^mtu=1450$/m);
    expect(web).toContain(`opt224=${asHex("host")}`);
    expect(web).toMatch(/^ntpsrv=10\.98\.0\.1$/m);
    expect(web).toMatch(/^search=a\.example\.org b\.example\.org$/m);
    expect(web).toMatch(/^staticroutes=10\.1\.0\.0\/16 10\.98\.0\.9$/m);
    expect(await ask("db", DB)).toContain(`opt224=${asHex("profile")}`);
    const stranger = await ask("stranger", "52:54:00:aa:00:03");
    expect(stranger).toMatch(/^mtu=1400$/m);
    expect(stranger).toContain(`opt224=${asHex("subnet")}`);
    expect(daemon.log).not.toContain('"level":50');
  });

  test("a shared network: the second subnet serves when the first is full, though we have no address in it", async () => {
    const server = wires.node("server", "10.99.0.1/24");
    // What is not on our own network would leave by the router: our answers must not.
    await server.run("ip", "route", "add", "default", "via", "10.99.0.254");
    await serve(
      server,
      `interface: eth0
dhcp:
  mode: server
  unknownHosts: lease
  subnets:
    - { cidr: 10.99.0.0/24, pool: 10.99.0.100-10.99.0.100, sharedNetwork: office }
    - { cidr: 10.97.0.0/24, pool: 10.97.0.100-10.97.0.109, router: 10.97.0.1, sharedNetwork: office }
`,
    );
    expect((await udhcpc(wires.node("one"))).output).toMatch(/^ip=10\.99\.0\.100$/m);
    const { output } = await udhcpc(wires.node("two"));
    expect(output).toMatch(/^ip=10\.97\.0\.100$/m);
    expect(output).toMatch(/^router=10\.97\.0\.1$/m);
  });

  test("an address that a stranger has is not offered, unless the config says not to look", async () => {
    const config = (probe: boolean) => `interface: eth0
dhcp:
  mode: server
  unknownHosts: lease
  probe: ${probe}
  subnets: [{ cidr: 10.99.0.0/24, pool: 10.99.0.100-10.99.0.110 }]
`;
    const server = wires.node("server", "10.99.0.1/24");
    const daemon = await serve(server, config(true));
    wires.node("squatter", "10.99.0.100/24");
    expect((await udhcpc(wires.node("one"))).output).toMatch(/^ip=10\.99\.0\.101$/m);
    expect(daemon.log).toMatch(/dhcp conflict/);

    writeFileSync(wires.path("bootwire.yaml"), config(false));
    wires.node("second-squatter", "10.99.0.102/24");
    await daemon.says(/new configuration in force/);
    expect((await udhcpc(wires.node("two"), "-r", "10.99.0.102")).output).toMatch(/^ip=10\.99\.0\.102$/m);
  });

  test("another DHCP server is told of by name, once, in the log, in the events and in the status", async () => {
    const server = wires.node("server", "10.99.0.1/24");
    const daemon = await serve(
      server,
      `interface: eth0
dhcp:
  mode: server
  unknownHosts: lease
  subnets: [{ cidr: 10.99.0.0/24, pool: 10.99.0.100-10.99.0.110, router: 10.99.0.2 }]
`,
    );
    const other = wires.node("other", "10.99.0.2/24");
    const range = ["--dhcp-range=10.99.0.200,10.99.0.220,1h", `--dhcp-leasefile=${wires.path("dnsmasq")}`];
    wires.spawn([
      ...other.inside,
      ...["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file", "--user=root"],
      ...["--port=0", "--no-ping", "--dhcp-authoritative", ...range],
    ]);
    // Ours looks for the address first, so that theirs is the first offer.
    for (const name of ["one", "two", "three"]) {
      let output = "";
      while (!output.includes("serverid=10.99.0.2")) output = (await udhcpc(wires.node(name))).output;
    }
    await daemon.says(/another DHCP server answers/);
    const names = [...daemon.log.matchAll(/another DHCP server answers on eth0: ([^"]*)/g)].map(
      ([, name]) => name,
    );
    expect(names).toEqual([
      expect.stringMatching(/^the router of 10\.99\.0\.0\/24 \(10\.99\.0\.2, [0-9a-f:]{17}\)$/),
    ]);

    const token = readFileSync(join(wires.path("state"), "admin-token"), "utf8").trim();
    const header = `Authorization: Bearer ${token}`;
    const status = await server.run("curl", "-s", "-H", header, "http://127.0.0.1:8081/api/v1/status");
    expect(statusShape.parse(JSON.parse(status.output)).otherDhcpServers).toMatchObject([
      { address: "10.99.0.2", name: "the router of 10.99.0.0/24" },
    ]);
    const events = await server.run(process.execPath, CLI, "events", "--config", wires.path("bootwire.yaml"));
    expect(events.output.match(/another DHCP server answers/g)).toHaveLength(1);
  });
});

/** The daemon while it runs. */
class Daemon {
  /** All that it printed. */
  log = "";
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk) => {
        this.log += String(chunk);
        child.emit("said");
      });
    }
  }

  /** Resolves as soon as it has printed this. */
  async says(pattern: RegExp): Promise<void> {
    const deadline = AbortSignal.timeout(60_000);
    while (!pattern.test(this.log)) await once(this.#child, "said", { signal: deadline });
  }
}
