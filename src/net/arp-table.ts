import { readFile } from "node:fs/promises";
import { type Mac, parseMac } from "./mac.ts";

/** Complete entry of the kernel's ARP table (include/uapi/linux/if_arp.h, ATF_COM). */
const COMPLETE = 0x2;

/**
 * The hardware address that the kernel knows for an IPv4 address on a directly attached network, or `undefined`: not
 * known, behind a router, or not Linux. Needs no rights and no native calls.
 */
export async function macOfNeighbour(address: string): Promise<Mac | undefined> {
  let table: string;
  try {
    table = await readFile("/proc/net/arp", "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  for (const line of table.split("\n").slice(1)) {
    const [ip, , flags, mac] = line.split(/\s+/);
    if (ip === address && mac !== undefined && (Number(flags) & COMPLETE) !== 0) return parseMac(mac);
  }
  return undefined;
}
