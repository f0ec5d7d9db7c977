import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Lease } from "../dhcp/ports.ts";
import { ipv4 } from "../net/ipv4.ts";
import { macFromBytes } from "../net/mac.ts";
import { SqliteLeaseStore } from "../store/lease-store.ts";
import { type Lab, type Running, SERVER_INTERFACE } from "./lab.ts";
import { emptyFolder, initBootwire, NODE_FLAGS, serveBootwire } from "./servers.ts";

/** A DHCP server on the lab's wire, giving addresses to whoever asks, without looking for them first. */
export interface DhcpContestant {
  readonly name: string;
  readonly kind: "ours" | "kea" | "other";
  /** Whether a lease is on stable storage when its ACK leaves. */
  readonly durable: string;
  /** Exchanges per second to begin the search with. */
  readonly start: number;
  open(lab: Lab): Promise<Running>;
}

/** For those who give out tens of thousands of addresses in a run: as many as there are clients, and they never run out. */
const LARGE = { cidr: "10.96.0.0/12", first: "10.100.0.0", last: "10.111.255.250" };
const LARGE_FIRST = 0x0a640000;
/** For ISC dhcpd, which lays out every address of its pool in memory, and dnsmasq: more than they give out. */
const NETWORK = "10.99.0.0";
const POOL = { first: "10.99.1.0", last: "10.99.255.250" };
/** Seconds. */
const LEASE = 43_200;
/** Leases of other clients that the table holds before the load begins, in the contestant of that name. */
const OTHERS = 50_000;
/** Milliseconds that a sync of a slow disk takes longer. */
const SLOW_SYNC = 5;

const SERVE = fileURLToPath(new URL("./dhcp-serve.js", import.meta.url));

export const dhcpContestants: readonly DhcpContestant[] = [
  {
    name: "bootwire",
    kind: "ours",
    durable: "yes",
    start: 8000,
    open: async (lab) => serveBootwire(lab, bootwireConfig(lab)),
  },
  {
    name: `bootwire, ${OTHERS} leases`,
    kind: "ours",
    durable: "yes",
    start: 8000,
    open: async (lab) => {
      const config = bootwireConfig(lab);
      await fill(join(config, "../state/leases.db"));
      return serveBootwire(lab, config);
    },
  },
  {
    name: `bootwire, ${SLOW_SYNC} ms a sync`,
    kind: "ours",
    durable: "yes",
    start: 6000,
    open: (lab) =>
      lab.serve("bootwire", process.execPath, [...NODE_FLAGS, SERVE, bootwireConfig(lab), String(SLOW_SYNC)]),
  },
  {
    name: "Kea memfile, threads",
    kind: "kea",
    durable: "no sync",
    start: 6000,
    open: (lab) => startKea(lab, true),
  },
  {
    name: "Kea memfile, one thread",
    kind: "kea",
    durable: "no sync",
    start: 6000,
    open: (lab) => startKea(lab, false),
  },
  { name: "ISC dhcpd", kind: "other", durable: "yes", start: 400, open: startDhcpd },
  { name: "dnsmasq", kind: "other", durable: "no sync", start: 300, open: startDnsmasq },
];

/** Writes the config and makes the state; returns the config's path. */
function bootwireConfig(lab: Lab): string {
  return initBootwire(
    lab,
    emptyFolder(lab, "bootwire"),
    `dhcp:
  mode: server
  unknownHosts: lease
  probe: false
  subnets:
    - { cidr: ${LARGE.cidr}, pool: ${LARGE.first}-${LARGE.last}, leaseTime: 12h }
`,
  );
}

/** Puts the leases of other clients into a lease store that nobody has open. */
async function fill(path: string): Promise<void> {
  const now = Date.now();
  const store = await SqliteLeaseStore.open(path, {
    onBroken: (error) => {
      throw error;
    },
  });
  await store.commit(Array.from({ length: OTHERS }, (_, number) => otherLease(number, now)));
  await store.close();
}

function otherLease(number: number, now: number): Lease {
  const bytes = Buffer.of(2, 0, 0, 0, 0, 0);
  bytes.writeUInt32BE(number, 2);
  const mac = macFromBytes(bytes);
  if (mac === undefined) throw new Error("six octets are a MAC");
  return {
    address: ipv4(LARGE_FIRST + number),
    mac,
    clientId: undefined,
    hostName: `client-${number}`,
    state: "bound",
    expiresAt: now + LEASE * 1000,
    updatedAt: now,
  };
}

/** As Debian packages it, but for logs and the socket of its control agent. */
async function startKea(lab: Lab, threads: boolean): Promise<Running> {
  const folder = emptyFolder(lab, "kea");
  const config = {
    Dhcp4: {
      "interfaces-config": { interfaces: [SERVER_INTERFACE] },
      "lease-database": { type: "memfile", persist: true, name: join(folder, "leases.csv") },
      "multi-threading": { "enable-multi-threading": threads },
      "valid-lifetime": LEASE,
      subnet4: [{ id: 1, subnet: LARGE.cidr, pools: [{ pool: `${LARGE.first} - ${LARGE.last}` }] }],
      loggers: [{ name: "kea-dhcp4", severity: "WARN", output_options: [{ output: "stdout" }] }],
    },
  };
  const path = join(folder, "kea.json");
  writeFileSync(path, JSON.stringify(config));
  const environment = [`KEA_PIDFILE_DIR=${folder}`, `KEA_LOCKFILE_DIR=${folder}`];
  return lab.serve("kea", "env", [...environment, "kea-dhcp4", "-c", path]);
}

async function startDhcpd(lab: Lab): Promise<Running> {
  const folder = emptyFolder(lab, "dhcpd");
  const [config, leases] = [join(folder, "dhcpd.conf"), join(folder, "dhcpd.leases")];
  writeFileSync(
    config,
    `authoritative; ping-check off; default-lease-time ${LEASE}; max-lease-time ${LEASE};
subnet ${NETWORK} netmask 255.255.0.0 { range ${POOL.first} ${POOL.last}; }
`,
  );
  writeFileSync(leases, "");
  const files = ["-cf", config, "-lf", leases, "-pf", join(folder, "pid")];
  return lab.serve("dhcpd", "dhcpd", ["-4", "-f", "-q", ...files, SERVER_INTERFACE]);
}

async function startDnsmasq(lab: Lab): Promise<Running> {
  const leases = join(emptyFolder(lab, "dnsmasq"), "leases");
  return lab.serve("dnsmasq", "dnsmasq", [
    ...["--keep-in-foreground", "--conf-file=/dev/null", "--pid-file", "--user=root", "--port=0"],
    ...["--quiet-dhcp", "--interface", SERVER_INTERFACE, "--bind-interfaces", "--no-ping"],
    ...["--dhcp-lease-max=70000", "--dhcp-authoritative", `--dhcp-leasefile=${leases}`],
    `--dhcp-range=${POOL.first},${POOL.last},255.255.0.0,${LEASE}`,
  ]);
}
