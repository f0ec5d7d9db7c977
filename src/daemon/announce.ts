import type { ActiveConfig } from "../config/active-config.ts";
import type { NetworkInterface } from "../net/interfaces.ts";
import { formatIpv4 } from "../net/ipv4.ts";

/** What an admin wants to know once the daemon is up. */
export interface Announcement {
  readonly active: ActiveConfig;
  readonly interfaces: readonly NetworkInterface[];
  /** Lost-state guard: nothing installs until the admin decides. */
  readonly guarded: boolean;
  /** The admin's token, where it was made at this start: it is shown this once. */
  readonly newToken: string | undefined;
}

/** The lines that `serve` prints when everything listens. Pure. */
export function announce({ active, interfaces, guarded, newToken }: Announcement): string[] {
  const { config } = active;
  const lines = [`Bootwire serves what ${config.path} says.`];
  for (const one of interfaces) {
    const own = formatIpv4(one.address);
    const told = config.advertise === undefined ? own : formatIpv4(config.advertise);
    lines.push(`  ${one.name}: ${own}/${one.prefix}; machines are told to fetch from ${told}`);
    lines.push(`    ${dhcpLine(active)}`);
    lines.push(`    TFTP  ${own}:${config.tftp.port}`);
    lines.push(`    HTTP  http://${own}:${config.http.port}`);
  }
  const { host, port, tls } = config.admin;
  const url = `${tls ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
  lines.push(`  Admin API: ${url} (token: ${config.state}/admin-token)`);
  if (newToken !== undefined) lines.push(`    shown this once, the token: ${newToken}`);
  lines.push(...guardLines(guarded), ...nextSteps(active));
  return lines;
}

function dhcpLine({ config }: ActiveConfig): string {
  switch (config.dhcp.mode) {
    case "server":
      return "DHCP  server: gives addresses and boot files (ports 67 and 4011)";
    case "proxy":
      return "DHCP  proxy: your DHCP server gives the addresses, we add the boot file (ports 67 and 4011)";
    case "off":
      return "DHCP  off";
  }
}

function guardLines(guarded: boolean): string[] {
  if (!guarded) return [];
  return [
    "",
    "NOTHING WILL BE INSTALLED: the state folder was empty when the daemon started, so it is not known which machines",
    "are installed already. Every machine boots from its own disk until you decide:",
    "  bootwire init                  this is a new lab: machines that were never seen may be installed",
    "  bootwire reinstall MACHINE     install this one machine (wipes its disk)",
  ];
}

function nextSteps({ config }: ActiveConfig): string[] {
  if (config.hosts.length > 0) {
    const many = config.hosts.length === 1 ? "1 machine" : `${config.hosts.length} machines`;
    return ["", `${many} in the config. Watch them: bootwire events --follow`];
  }
  return [
    "",
    "No machines in the config yet. Next:",
    `  1. put a disk image into ${config.media}`,
    `  2. add a profile and a host (its MAC) to ${config.path}; the file says how, and changes are taken up at once`,
    "  3. set the VM to boot from the network first, and start it",
  ];
}
