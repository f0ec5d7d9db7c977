import { chmodSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Running } from "../../../src/bench/lab.ts";
import { describeIf } from "../../support/require.ts";
import { DAEMON_NEEDS, DaemonLab } from "./daemon-lab.ts";

// Foreign DHCP clients against the daemon as it is shipped, each of which has its own idea of the protocol.

const config = `
dhcp:
  mode: server
  unknownHosts: lease
  subnets:
    - cidr: 10.99.0.0/16
      pool: 10.99.1.10-10.99.1.10
      router: 10.99.0.1
      dns: [10.99.0.53]
      domain: lab.example.org
      leaseTime: 2h
hosts:
  - { name: reserved, mac: "52:54:00:aa:00:01", address: 10.99.7.7 }
  - { name: npm, mac: "52:54:00:aa:00:02", address: 10.99.7.8 }
`;

/** What dhclient and udhcpc call when they have a lease: prints their variables. */
const SCRIPT = `#!/bin/sh
[ "$1" = deconfig ] || env | grep -vE '^([A-Z]|npm_)'
`;

describeIf({ ...DAEMON_NEEDS, commands: ["ip", "dhclient", "udhcpc"] }, "DHCP clients of others", () => {
  let lab: DaemonLab;
  let daemon: Running;

  beforeAll(async () => {
    lab = new DaemonLab("dhcp", config);
    writeFileSync(lab.path("script"), SCRIPT);
    chmodSync(lab.path("script"), 0o755);
    daemon = await lab.start();
  });

  afterAll(async () => {
    await daemon?.stop();
    lab?.close();
  });

  test("udhcpc gets an address of the pool with everything that belongs to it", async () => {
    const { status, stdout } = await udhcpc(lab);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ip=10\.99\.1\.10$/m);
    expect(stdout).toMatch(/^mask=16$/m);
    expect(stdout).toMatch(/^router=10\.99\.0\.1$/m);
    expect(stdout).toMatch(/^dns=10\.99\.0\.53$/m);
    expect(stdout).toMatch(/^domain=lab\.example\.org$/m);
    expect(stdout).toMatch(/^lease=7200$/m);
    expect(stdout).toMatch(/^serverid=10\.99\.0\.1$/m);
  });

  test("udhcpc gets the same address again", async () => {
    const address = /^ip=(.+)$/m;
    const first = address.exec((await udhcpc(lab)).stdout)?.[1];
    expect(first).toBeDefined();
    expect(address.exec((await udhcpc(lab)).stdout)?.[1]).toBe(first);
  });

  test("udhcpc with the MAC of a host gets the address that is reserved for it", async () => {
    await withMac(lab, "52:54:00:aa:00:01", async () => {
      expect((await udhcpc(lab)).stdout).toMatch(/^ip=10\.99\.7\.7$/m);
    });
  });

  test("dhclient gets a lease, and what it releases is free for others", async () => {
    const got = await dhclient(lab, "-1");
    expect(got.stdout).toMatch(/^new_subnet_mask=255\.255\.0\.0$/m);
    expect(got.stdout).toMatch(/^new_routers=10\.99\.0\.1$/m);
    expect(got.stdout).toMatch(/^new_domain_name_servers=10\.99\.0\.53$/m);
    // The lease that udhcpc got a moment ago, as far as it is left.
    expect(got.stdout).toMatch(/^new_dhcp_lease_time=7(?:200|1\d\d)$/m);
    const address = /^new_ip_address=(10\.99\.1\.10)$/m.exec(got.stdout)?.[1] ?? "none";

    await withMac(lab, "52:54:00:aa:00:03", async () => {
      expect((await udhcpc(lab)).stdout, "the pool has one address").not.toContain("ip=");
    });
    await lab.address(address);
    expect((await dhclient(lab, "-r")).status).toBe(0);
    await withMac(lab, "52:54:00:aa:00:03", async () => {
      expect((await udhcpc(lab)).stdout).toContain(`\nip=${address}\n`);
    });
  });

  test("the client of npm's dhcp is bound", async () => {
    await withMac(lab, "52:54:00:aa:00:02", async () => {
      await lab.address("10.99.7.8");
      const script = resolve("test/interop/daemon/npm-dhcp-client.mjs");
      const got = await lab.client(process.execPath, script, "52:54:00:aa:00:02", "10.99.7.8");
      expect(got.stdout + got.stderr).toContain("10.99.7.8");
      expect(JSON.parse(got.stdout)).toMatchObject({
        state: "BOUND",
        address: "10.99.7.8",
        leasePeriod: 7200,
      });
    });
  });
});

/** `-1`: gets a lease; `-r`: releases it, for which the address has to be on the interface. */
function dhclient(lab: DaemonLab, what: string) {
  const files = ["-lf", lab.path("leases"), "-pf", lab.path("pid"), "-sf", lab.path("script")];
  return lab.client("dhclient", "-4", what, "-v", ...files, "-cf", "/dev/null", "cli0");
}

function udhcpc(lab: DaemonLab) {
  return lab.client("udhcpc", "-i", "cli0", "-f", "-n", "-q", "-t", "3", "-T", "1", "-s", lab.path("script"));
}

/** Lends the clients' end of the wire another hardware address. */
async function withMac(lab: DaemonLab, mac: string, body: () => Promise<void>): Promise<void> {
  const own = await lab.mac();
  await lab.client("ip", "link", "set", "cli0", "address", mac);
  try {
    await body();
  } finally {
    await lab.client("ip", "link", "set", "cli0", "address", own);
  }
}
