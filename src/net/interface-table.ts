import { execFile } from "node:child_process";
import os from "node:os";
import { promisify } from "node:util";
import { z } from "zod";
import type { InterfaceTable } from "./interfaces.ts";
import { formatIpv4, netmask } from "./ipv4.ts";

const run = promisify(execFile);
/** Milliseconds. */
const DEADLINE = 5_000;

/** The part of `ip -json -4 address show` that we read. */
const LINKS = z.array(
  z.object({
    ifname: z.string(),
    flags: z.array(z.string()),
    address: z.string().optional(),
    addr_info: z.array(z.object({ local: z.string(), prefixlen: z.number().int().min(0).max(32) })),
  }),
);

/**
 * The interfaces of this machine, those without a carrier included: a bridge that no VM is plugged into yet, a cable that
 * is out. `os.networkInterfaces()` leaves these out (it wants IFF_RUNNING), but a daemon that starts before its first
 * machine must serve them. They come from iproute2; where that is missing, the system's own list is all there is.
 */
export async function systemInterfaces(): Promise<InterfaceTable> {
  const table: InterfaceTable = { ...os.networkInterfaces() };
  for (const link of await links()) {
    if (table[link.ifname] !== undefined || !link.flags.includes("UP")) continue;
    table[link.ifname] = link.addr_info.map(({ local, prefixlen }) => ({
      address: local,
      netmask: formatIpv4(netmask(prefixlen)),
      family: "IPv4",
      mac: link.address ?? "00:00:00:00:00:00",
      internal: link.flags.includes("LOOPBACK"),
      cidr: `${local}/${prefixlen}`,
    }));
  }
  return table;
}

async function links(): Promise<z.output<typeof LINKS>> {
  if (process.platform !== "linux") return [];
  let text: string;
  try {
    const { stdout } = await run("ip", ["-json", "address", "show"], { timeout: DEADLINE });
    text = stdout;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
  const parsed = LINKS.safeParse(withoutOtherFamilies(JSON.parse(text)));
  return parsed.success ? parsed.data : [];
}

const ANY_FAMILY = z.array(z.looseObject({ addr_info: z.array(z.looseObject({ family: z.string() })) }));

/** `ip -4` would leave the hardware address out, so the other families are dropped here. */
function withoutOtherFamilies(json: unknown): unknown {
  const parsed = ANY_FAMILY.safeParse(json);
  if (!parsed.success) return json;
  return parsed.data.map((link) => ({
    ...link,
    addr_info: link.addr_info.filter((one) => one.family === "inet"),
  }));
}
