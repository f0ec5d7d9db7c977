import { readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { isWildcard } from "./address.ts";
import { DATA_HEADER } from "./packet.ts";

/** What an interface has when nobody says otherwise. */
const ETHERNET = 1500;
const UDP_HEADER = 8;

/**
 * The MTU of the interface that has the address; for a wildcard the smallest of all that are not loopback. Where the
 * system does not tell it is Ethernet's.
 */
export async function mtuOf(address: string): Promise<number> {
  const plain = address.split("%")[0];
  let smallest: number | undefined;
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    const matches = isWildcard(address)
      ? addresses?.some((entry) => !entry.internal)
      : addresses?.some((entry) => entry.address === plain);
    if (!matches) continue;
    const mtu = await readMtu(name);
    smallest = Math.min(mtu, smallest ?? mtu);
  }
  return smallest ?? ETHERNET;
}

async function readMtu(name: string): Promise<number> {
  try {
    const mtu = Number(await readFile(`/sys/class/net/${name}/mtu`, "utf8"));
    return Number.isInteger(mtu) && mtu > 0 ? mtu : ETHERNET;
  } catch {
    return ETHERNET;
  }
}

/** The largest block that fits one unfragmented packet: lost fragments are lost files to a boot ROM. */
export function maxBlockSize(mtu: number, family: "IPv4" | "IPv6"): number {
  return Math.max(8, mtu - (family === "IPv6" ? 40 : 20) - UDP_HEADER - DATA_HEADER);
}
