import os from "node:os";
import { formatIpv4, type Ipv4, parseIpv4, prefixOfNetmask } from "./ipv4.ts";
import { type Mac, parseMac } from "./mac.ts";

/** An interface of this machine that we can serve on. */
export interface NetworkInterface {
  readonly name: string;
  /** Its first IPv4 address, or the one that was asked for: what clients reach us at. */
  readonly address: Ipv4;
  readonly prefix: number;
  /** `undefined` for interfaces without an Ethernet address (tunnels). */
  readonly mac: Mac | undefined;
  /** Every IPv4 address of it, `address` included. */
  readonly addresses: readonly { readonly address: Ipv4; readonly prefix: number }[];
}

/** What `os.networkInterfaces()` returns; tests pass their own. */
export type InterfaceTable = NodeJS.Dict<os.NetworkInterfaceInfo[]>;

export type InterfaceSelection =
  | { readonly ok: true; readonly interfaces: readonly NetworkInterface[] }
  /** One sentence that names what is missing and what is there. */
  | { readonly ok: false; readonly reason: string };

/** Every interface that has an IPv4 address, loopback included, in the system's order. */
export function listInterfaces(table: InterfaceTable = os.networkInterfaces()): NetworkInterface[] {
  const found: NetworkInterface[] = [];
  for (const [name, infos] of Object.entries(table)) {
    const addresses: { address: Ipv4; prefix: number }[] = [];
    let mac: Mac | undefined;
    for (const info of infos ?? []) {
      if (info.family !== "IPv4") continue;
      const address = parseIpv4(info.address);
      const mask = parseIpv4(info.netmask);
      if (address === undefined || mask === undefined) continue;
      addresses.push({ address, prefix: prefixOfNetmask(mask) ?? 32 });
      mac ??= info.mac === "00:00:00:00:00:00" ? undefined : parseMac(info.mac);
    }
    const first = addresses[0];
    if (first) found.push({ name, address: first.address, prefix: first.prefix, mac, addresses });
  }
  return found;
}

/**
 * The interfaces that a config names, by name or by address. An empty list means every one that is not the loopback.
 * Naming an interface twice (say by name and by address) selects it once; the address wins.
 */
export function selectInterfaces(
  wanted: readonly string[],
  table: InterfaceTable = os.networkInterfaces(),
): InterfaceSelection {
  const all = listInterfaces(table);
  const outside = all.filter((one) => !isLoopback(one));
  if (wanted.length === 0) {
    return outside.length > 0
      ? { ok: true, interfaces: outside }
      : { ok: false, reason: `no interface besides the loopback has an IPv4 address (${describe(all)})` };
  }
  const selected = new Map<string, NetworkInterface>();
  for (const entry of wanted) {
    const address = parseIpv4(entry);
    const match = all.find((one) =>
      address === undefined ? one.name === entry : one.addresses.some((own) => own.address === address),
    );
    if (!match) {
      const what =
        address === undefined
          ? `no interface "${entry}" with an IPv4 address`
          : `no interface with address ${entry}`;
      return { ok: false, reason: `${what}; there are: ${describe(all)}` };
    }
    if (address === undefined) {
      if (!selected.has(match.name)) selected.set(match.name, match);
    } else {
      const own = match.addresses.find((candidate) => candidate.address === address);
      selected.set(match.name, { ...match, address, prefix: own?.prefix ?? match.prefix });
    }
  }
  return { ok: true, interfaces: [...selected.values()] };
}

function isLoopback(one: NetworkInterface): boolean {
  return one.address >>> 24 === 127;
}

function describe(interfaces: readonly NetworkInterface[]): string {
  if (interfaces.length === 0) return "none";
  return interfaces
    .map(
      (one) => `${one.name} (${one.addresses.map((a) => `${formatIpv4(a.address)}/${a.prefix}`).join(", ")})`,
    )
    .join(", ");
}
