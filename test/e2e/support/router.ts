import type { BootLab } from "./boot-lab.ts";

/** The router's address on the lab's wire. */
export const ROUTER = "10.77.0.254";

const CABLE = "router";
const PORT = "lan";
/** Run in a network namespace without a name that ends with the process: waits for its network card, then serves. */
const SCRIPT = `
read -r _
ip address add ${ROUTER}/24 dev ${PORT}
ip link set ${PORT} up
exec dnsmasq "$@"`;
const DNSMASQ = [
  ...["--keep-in-foreground", "--conf-file=/dev/null", "--log-facility=-", "--log-dhcp", "--pid-file="],
  ...["--user=root", "--port=0", `--interface=${PORT}`, "--bind-interfaces", "--leasefile-ro"],
  ...["--dhcp-range=10.77.0.200,10.77.0.219,1h"],
];

/**
 * Plugs what most labs have into the lab's wire: a router, a host of its own, that gives addresses by DHCP and knows
 * nothing of booting.
 */
export async function plugRouter(lab: BootLab): Promise<void> {
  const router = await lab.start("router", "unshare", ["--net", "sh", "-c", SCRIPT, "dnsmasq", ...DNSMASQ]);
  const { network } = lab;
  const into = ["netns", String(router.process.pid)];
  await network.run("ip", ["link", "add", CABLE, "type", "veth", "peer", "name", PORT]);
  await network.run("ip", ["link", "set", PORT, ...into]);
  await network.run("ip", ["link", "set", CABLE, "master", network.bridge]);
  await network.run("ip", ["link", "set", CABLE, "up"]);
  router.process.stdin?.end("\n");
  await router.printed(/DHCP, IP range/);
}
