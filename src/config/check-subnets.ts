import type { AddressRange } from "../net/ipv4.ts";
import { broadcastOf, contains, formatCidr, formatIpv4, type Ipv4, ipv4 } from "../net/ipv4.ts";
import type { Path } from "./document.ts";
import type { Facts, Placed, SubnetFacts } from "./facts.ts";
import { isRawMap, rawAt } from "./raw.ts";
import type { Report } from "./report.ts";

/** Subnets, routers and pools against one another. */
export function checkSubnets(facts: Facts, report: Report): void {
  const { mode, subnets } = facts;
  if (mode === "server" && subnets.length === 0) {
    report.error(
      "BW_CONFIG_NO_SUBNETS",
      ["dhcp", "mode"],
      "a DHCP server needs at least one subnet to serve",
      "add dhcp.subnets: [{cidr: 10.0.0.0/24, pool: 10.0.0.100-10.0.0.199, router: 10.0.0.1}], or use mode: proxy beside your router's DHCP",
    );
  }
  subnets.forEach((subnet, index) => {
    for (const earlier of subnets.slice(0, index)) checkOverlap(earlier, subnet, report);
    checkRouter(subnet, report);
    checkPool(subnet, facts, report);
  });
  checkShared(subnets, report);
  checkUse(facts, report);
}

/** A shared network of one subnet says nothing: most likely its name is misspelt at one of them. */
function checkShared(subnets: readonly SubnetFacts[], report: Report): void {
  for (const { sharedNetwork } of subnets) {
    if (!sharedNetwork) continue;
    const members = subnets.filter((other) => other.sharedNetwork?.value === sharedNetwork.value);
    if (members.length > 1) continue;
    const others = new Set(subnets.flatMap((other) => other.sharedNetwork?.value ?? []));
    others.delete(sharedNetwork.value);
    report.warn(
      "BW_CONFIG_UNUSED",
      sharedNetwork.path,
      `no other subnet is in the shared network “${sharedNetwork.value}”`,
      others.size > 0
        ? `write the same word at each subnet of the wire; the others are in ${[...others].join(", ")}`
        : "write the same word at each subnet of the wire, or remove it",
    );
  }
}

function checkOverlap(earlier: SubnetFacts, later: SubnetFacts, report: Report): void {
  if (!earlier.cidr || !later.cidr) return;
  const [a, b] = [earlier.cidr.value, later.cidr.value];
  if (!contains(a, b.network) && !contains(b, a.network)) return;
  const same = a.network === b.network && a.prefix === b.prefix;
  report.error(
    "BW_CONFIG_SUBNET_OVERLAP",
    later.cidr.path,
    same
      ? `the subnet ${formatCidr(b)} is there twice`
      : `the subnet ${formatCidr(b)} overlaps ${formatCidr(a)}`,
    same
      ? "join the two into one; its pool may have several ranges"
      : "make them smaller, or join them into one",
    { path: earlier.cidr.path, message: same ? "first written here" : `${formatCidr(a)} is here` },
  );
}

function checkRouter(subnet: SubnetFacts, report: Report): void {
  const { cidr, router } = subnet;
  if (!cidr || !router) return;
  const subnetPlace = { path: cidr.path, message: `the subnet is ${formatCidr(cidr.value)}` };
  if (!contains(cidr.value, router.value)) {
    report.error(
      "BW_CONFIG_ROUTER_OUTSIDE",
      router.path,
      `the router ${formatIpv4(router.value)} is not in ${formatCidr(cidr.value)}, so its machines could not reach it`,
      `write the router's address in this subnet, often ${formatIpv4(ipv4(cidr.value.network + 1))}`,
      subnetPlace,
    );
  } else if (router.value === cidr.value.network || router.value === broadcastOf(cidr.value)) {
    report.error(
      "BW_CONFIG_ADDRESS_TAKEN",
      router.path,
      `${formatIpv4(router.value)} is the network's own or broadcast address and cannot be a router`,
      `write the router's address in this subnet, often ${formatIpv4(ipv4(cidr.value.network + 1))}`,
      subnetPlace,
    );
  }
}

function checkPool(subnet: SubnetFacts, facts: Facts, report: Report): void {
  const { cidr, router, pool } = subnet;
  pool.forEach((range, index) => {
    for (const earlier of pool.slice(0, index)) {
      if (earlier.value.first > range.value.last || range.value.first > earlier.value.last) continue;
      report.error(
        "BW_CONFIG_POOL_OVERLAP",
        range.path,
        `the range ${formatRange(range.value)} overlaps ${formatRange(earlier.value)}`,
        "join the two into one, or let each begin after the other's end",
        { path: earlier.path, message: `${formatRange(earlier.value)} is here` },
      );
    }
    if (!cidr) return;
    const low = cidr.value.network;
    const high = broadcastOf(cidr.value);
    const usable = { first: ipv4(low + 1), last: ipv4(high - 1) };
    if (range.value.first < low || range.value.last > high) {
      report.error(
        "BW_CONFIG_POOL_OUTSIDE",
        range.path,
        `the range ${formatRange(range.value)} reaches out of ${formatCidr(cidr.value)}`,
        `stay between ${formatIpv4(usable.first)} and ${formatIpv4(usable.last)}`,
        { path: cidr.path, message: `the subnet is ${formatCidr(cidr.value)}` },
      );
      return;
    }
    if (range.value.first === low || range.value.last === high) {
      const first = range.value.first === low ? usable.first : range.value.first;
      const last = range.value.last === high ? usable.last : range.value.last;
      report.error(
        "BW_CONFIG_ADDRESS_TAKEN",
        range.path,
        `the range ${formatRange(range.value)} has the network's own or its broadcast address in it`,
        `write ${formatRange({ first, last })}`,
        { path: cidr.path, message: `the subnet is ${formatCidr(cidr.value)}` },
      );
    }
    checkOwner(range, router, "the router", report);
    checkOwner(range, facts.advertise, "this server", report);
  });
}

function checkOwner(
  range: Placed<AddressRange>,
  owner: Placed<Ipv4> | undefined,
  who: string,
  report: Report,
): void {
  if (!owner || owner.value < range.value.first || owner.value > range.value.last) return;
  const rest = withoutAddress(range.value, owner.value).map(formatRange);
  report.error(
    "BW_CONFIG_ADDRESS_TAKEN",
    range.path,
    `the range ${formatRange(range.value)} has the address of ${who} in it, ${formatIpv4(owner.value)}`,
    rest.length === 0
      ? "choose other addresses"
      : `leave it out: ${rest.length === 1 ? rest[0] : `[${rest.join(", ")}]`}`,
    { path: owner.path, message: `${formatIpv4(owner.value)} is ${who}` },
  );
}

function withoutAddress({ first, last }: AddressRange, address: Ipv4): AddressRange[] {
  const parts: AddressRange[] = [];
  if (first < address) parts.push({ first, last: ipv4(address - 1) });
  if (address < last) parts.push({ first: ipv4(address + 1), last });
  return parts;
}

/** Settings that the mode makes idle, and a server that has nothing to give. */
function checkUse(facts: Facts, report: Report): void {
  const { mode, subnets } = facts;
  if (mode === undefined) return;
  const [firstPool] = subnets.flatMap((subnet) => subnet.pool);
  if (mode !== "server") {
    for (const subnet of subnets) {
      const [range] = subnet.pool;
      if (!range) continue;
      report.warn(
        "BW_CONFIG_UNUSED",
        range.path,
        `with dhcp.mode: ${mode} Bootwire gives no addresses: this pool is not used`,
        "remove the pool, or set mode: server where no other DHCP server is on the network",
      );
    }
    for (const path of optionPaths(facts)) {
      report.warn(
        "BW_CONFIG_UNUSED",
        path,
        `with dhcp.mode: ${mode} Bootwire gives no addresses, and so none of the options that go with one: these are not sent`,
        "set them in the DHCP server of your network, or set mode: server where there is no other",
      );
    }
    if (facts.unknownHosts === "lease") {
      report.warn(
        "BW_CONFIG_UNUSED",
        ["dhcp", "unknownHosts"],
        `with dhcp.mode: ${mode} Bootwire gives no addresses: \`lease\` means the same as \`ignore\``,
        "write ignore",
      );
    }
    return;
  }
  if (firstPool || subnets.length === 0) return;
  const without = facts.hosts.find((host) => host.raw["address"] === undefined);
  if (!without && facts.unknownHosts === "ignore") return;
  report.warn(
    "BW_CONFIG_NO_POOL",
    ["dhcp", "subnets"],
    without
      ? `there is no pool, so ${without.label} gets no address`
      : "there is no pool, so unknown machines get no address",
    "add pool: 10.0.0.100-10.0.0.199 to a subnet, or an address to each host",
  );
}

/** Where DHCP options are set. */
function optionPaths(facts: Facts): Path[] {
  const owners: Path[] = [
    ...facts.subnets.map((subnet) => subnet.path),
    ...Object.keys(facts.profiles).map((name): Path => ["profiles", name]),
    ...facts.hosts.map((host) => host.path),
  ];
  return owners
    .map((owner): Path => [...owner, "options"])
    .filter((path) => {
      const options = rawAt(facts.data, path);
      return isRawMap(options) && Object.keys(options).length > 0;
    });
}

export function formatRange(range: AddressRange): string {
  return `${formatIpv4(range.first)}-${formatIpv4(range.last)}`;
}
