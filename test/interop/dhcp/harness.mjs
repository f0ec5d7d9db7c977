// Runs the DHCP library alone, as a program: `node harness.mjs settings.json`. Prints each event as a line of JSON.
// What it listens on is the machine's (or namespace's) own: run it in a namespace.
import { appendFile, open, readFile } from "node:fs/promises";
import { DhcpServer } from "../../../dist/dhcp/server.js";
import { selectInterfaces } from "../../../dist/net/interfaces.js";
import { formatIpv4, parseCidr, parseIpv4 } from "../../../dist/net/ipv4.js";
import { parseMac } from "../../../dist/net/mac.js";

const settings = JSON.parse(await readFile(process.argv[2] ?? "", "utf8"));

/** Leases in a file of JSON lines, synced before a commit resolves. */
class FileLeaseStore {
  constructor(path) {
    this.path = path;
  }

  async load() {
    const text = await readFile(this.path, "utf8").catch(() => "");
    const lines = text.split("\n").filter((line) => line.endsWith("}"));
    const byAddress = new Map(lines.map((line) => JSON.parse(line)).map((lease) => [lease.address, lease]));
    return [...byAddress.values()];
  }

  async commit(batch) {
    this.file ??= await open(this.path, "a");
    await appendFile(this.file, batch.map((lease) => `${JSON.stringify(lease)}\n`).join(""));
    await this.file.datasync();
  }
}

const options = (table = {}) =>
  new Map(Object.entries(table).map(([code, hex]) => [Number(code), Buffer.from(hex, "hex")]));

function subnet(said) {
  return {
    cidr: parseCidr(said.cidr),
    pool: (said.pool ?? []).map(([first, last]) => ({ first: parseIpv4(first), last: parseIpv4(last) })),
    router: said.router && parseIpv4(said.router),
    dns: (said.dns ?? []).map(parseIpv4),
    domain: said.domain,
    leaseTime: said.leaseTime ?? 3600,
    options: options(said.options),
    sharedNetwork: said.sharedNetwork,
  };
}

const hosts = (settings.hosts ?? []).map((said) => ({
  name: said.name,
  mac: parseMac(said.mac),
  address: said.address && parseIpv4(said.address),
  options: options(said.options),
}));

const boot = {
  advise(query) {
    const files = settings.boot;
    if (!files) return { kind: "none", reason: "the harness boots nothing" };
    const key = query.ipxe
      ? "ipxe"
      : query.kind === "httpclient"
        ? "http"
        : query.arch === 7
          ? "efi"
          : "bios";
    const file = files[key];
    if (file === undefined) return { kind: "none", reason: `nothing for ${key}` };
    const text = file.replaceAll("SERVER", formatIpv4(query.server));
    return { kind: "boot", file: text, nextServer: query.server, options: new Map(), reason: `boots ${key}` };
  },
};

/** A path: the simple file above. `{ "sqlite": path }`: the store that the daemon uses. */
async function openStore(said) {
  if (typeof said === "string") return new FileLeaseStore(said);
  const { SqliteLeaseStore } = await import("../../../dist/store/lease-store.js");
  return SqliteLeaseStore.open(said.sqlite, {
    syncDelay: said.syncDelay ?? 0,
    onBroken: (error) => {
      throw error;
    },
  });
}

const leases = await openStore(settings.store);
if (settings.dump) {
  // Only tells what is stored.
  const lines = (await leases.load()).map(
    ({ address, mac, state }) => `${formatIpv4(address)} ${mac} ${state}\n`,
  );
  await new Promise((done) => process.stdout.write(lines.join(""), done));
  process.exit(0);
}

const selection = selectInterfaces(settings.interfaces ?? []);
if (!selection.ok) throw new Error(selection.reason);

const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const server = new DhcpServer({
  mode: settings.mode ?? "server",
  interfaces: selection.interfaces,
  subnets: (settings.subnets ?? []).map(subnet),
  authoritative: settings.authoritative ?? false,
  unknownHosts: settings.unknownHosts ?? "lease",
  hosts: {
    find: (mac) => hosts.find((host) => host.mac === mac),
    ownerOf: (address) => hosts.find((host) => host.address === address),
    reservations: () => hosts.flatMap((host) => host.address ?? []),
  },
  boot,
  leases,
  observer: {
    onEvent: (event) =>
      settings.quiet || print({ ...event, address: event.address && formatIpv4(event.address) }),
  },
  probe: (settings.probeTimeout ?? 0) > 0,
  probeTimeout: settings.probeTimeout,
  ...(settings.skipIpv6Wait !== undefined && { skipIpv6Wait: settings.skipIpv6Wait }),
  ...(settings.quarantine !== undefined && { quarantine: settings.quarantine }),
  withoutNative: settings.withoutNative ?? false,
});
await server.start();
print({ ready: true });
process.once("SIGTERM", async () => {
  await server.close();
  await leases.close?.();
});
