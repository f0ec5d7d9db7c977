import {
  broadcastOf,
  type Cidr,
  contains,
  formatCidr,
  formatIpv4,
  type Ipv4,
  networkOf,
} from "../net/ipv4.ts";
import type { Path } from "./document.ts";
import { effective, type Facts, type HostFacts, type Placed } from "./facts.ts";
import { wantsUsers } from "./profiles/registry.ts";
import { isRawMap, rawAt, rawList } from "./raw.ts";
import type { Report } from "./report.ts";
import { commonSettings } from "./schema-common.ts";
import { didYouMean } from "./suggest.ts";

/** Hosts against one another, against profiles and against subnets. */
export function checkHosts(facts: Facts, report: Report): void {
  checkDuplicates(facts, report);
  for (const host of facts.hosts) {
    const known = checkProfile(facts, host, report);
    checkAddress(facts, host, report);
    if (known) {
      checkNetwork(facts, host, report);
      checkLoader(facts, host, report);
      checkTemplate(facts, host, report);
      checkLogin(facts, host, report);
    }
    checkGuest(host, report);
    checkUse(facts, host, report);
  }
}

function checkDuplicates(facts: Facts, report: Report): void {
  const names = new Map<string, { path: Path; text: string }>();
  const macs = new Map<string, { path: Path; label: string }>();
  const guests = new Map<number, { path: Path; label: string }>();
  const addresses = new Map<Ipv4, { path: Path; host: HostFacts }>();
  for (const host of facts.hosts) {
    if (host.name) {
      const first = names.get(host.name.value.toLowerCase());
      if (first) {
        const message = `there are two hosts named ${host.name.value}`;
        const hint = "give each host a name of its own (upper and lower case do not matter)";
        const other = { path: first.path, message: `the first ${first.text} is here` };
        report.error("BW_CONFIG_DUPLICATE_NAME", host.name.path, message, hint, other);
      } else names.set(host.name.value.toLowerCase(), { path: host.name.path, text: host.name.value });
    }
    for (const { value, path } of [...(host.mac ? [host.mac] : []), ...host.otherMacs]) {
      const first = macs.get(value);
      if (first) {
        const message = `${host.label} has the MAC ${value} of ${first.label}`;
        const hint = "each network card has a MAC of its own: copy it from the machine's network card";
        const other = { path: first.path, message: `${first.label} has it here` };
        report.error("BW_CONFIG_DUPLICATE_MAC", path, message, hint, other);
      } else macs.set(value, { path, label: host.label });
    }
    if (host.vmid) {
      const first = guests.get(host.vmid.value);
      if (first) {
        const message = `${host.label} has the number ${host.vmid.value} of ${first.label} in Proxmox`;
        const other = { path: first.path, message: `${first.label} has it here` };
        report.error("BW_CONFIG_GUEST", host.vmid.path, message, "give each guest a vmid of its own", other);
      } else guests.set(host.vmid.value, { path: host.vmid.path, label: host.label });
    }
    for (const { value, path } of addressesOf(host)) {
      const first = addresses.get(value);
      if (first && first.host !== host) {
        const message = `${host.label} has the address ${formatIpv4(value)} of ${first.host.label}`;
        const other = { path: first.path, message: `${first.host.label} has it here` };
        report.error(
          "BW_CONFIG_DUPLICATE_ADDRESS",
          path,
          message,
          "give each host an address of its own",
          other,
        );
      } else if (!first) addresses.set(value, { path, host });
    }
  }
}

function addressesOf(host: HostFacts): Placed<Ipv4>[] {
  const reserved = host.address ? [host.address] : [];
  return host.fixed ? [...reserved, { value: host.fixed.value.address, path: host.fixed.path }] : reserved;
}

/** Whether the host has a profile that exists. */
function checkProfile(facts: Facts, host: HostFacts, report: Report): boolean {
  if (!host.profile) return false;
  const { value, path } = host.profile;
  if (Object.hasOwn(facts.profiles, value)) return true;
  const names = Object.keys(facts.profiles);
  const near = didYouMean(value, names);
  report.error(
    "BW_CONFIG_UNKNOWN_PROFILE",
    path,
    `${host.label} has the profile “${value}”, which there is not`,
    near !== undefined
      ? `did you mean ${near}?`
      : names.length > 0
        ? `there are: ${names.toSorted().join(", ")}`
        : "add it under `profiles:`",
    names.length > 0
      ? { path: ["profiles", near ?? names[0] ?? ""], message: "profiles are written here" }
      : undefined,
  );
  return false;
}

function checkAddress(facts: Facts, host: HostFacts, report: Report): void {
  for (const { value, path } of addressesOf(host)) {
    const text = formatIpv4(value);
    const subnet = facts.subnets.find((each) => each.cidr && contains(each.cidr.value, value));
    const taken = (who: string, owner: Path) =>
      report.error(
        "BW_CONFIG_ADDRESS_TAKEN",
        path,
        `${host.label} cannot have ${text}: it is ${who}`,
        "give the machine another address",
        { path: owner, message: `${text} is ${who}` },
      );
    const router = facts.subnets.find((each) => each.router?.value === value)?.router;
    if (router) taken("the address of the router", router.path);
    if (facts.advertise?.value === value) taken("the address of this server", facts.advertise.path);
    if (!subnet?.cidr) continue;
    if (value === subnet.cidr.value.network) taken("the network's own address", subnet.cidr.path);
    if (value === broadcastOf(subnet.cidr.value)) taken("the network's broadcast address", subnet.cidr.path);
  }
  if (facts.mode !== "server" || !facts.subnetsKnown || !host.address) return;
  const { value, path } = host.address;
  const nearest = nearestSubnet(facts, value);
  if (!nearest || contains(nearest.value, value)) return;
  report.error(
    "BW_CONFIG_ADDRESS_OUTSIDE",
    path,
    `the address ${formatIpv4(value)} of ${host.label} is in no subnet`,
    `choose one in ${formatCidr(nearest.value)}, or add its subnet to dhcp.subnets`,
    { path: nearest.path, message: `the nearest subnet is ${formatCidr(nearest.value)}` },
  );
}

function nearestSubnet(facts: Facts, address: Ipv4): Placed<Cidr> | undefined {
  const subnets = facts.subnets.flatMap((each) => (each.cidr ? [each.cidr] : []));
  const distance = (cidr: Cidr) => (contains(cidr, address) ? -1 : Math.abs(cidr.network - address));
  return subnets.toSorted((a, b) => distance(a.value) - distance(b.value))[0];
}

function checkNetwork(facts: Facts, host: HostFacts, report: Report): void {
  if (host.fixed && host.gateway) {
    const { address, prefix } = host.fixed.value;
    const cidr = { network: networkOf(address, prefix), prefix };
    if (!contains(cidr, host.gateway.value)) {
      report.error(
        "BW_CONFIG_NETWORK",
        host.gateway.path,
        `the gateway ${formatIpv4(host.gateway.value)} is not in ${formatCidr(cidr)}, so ${host.label} could not reach it`,
        "write the gateway's address in that network, or correct the prefix length",
        { path: host.fixed.path, message: `${host.label} is in ${formatCidr(cidr)}` },
      );
    }
  }
  const network = effective(facts, host, "network");
  if (network?.value !== "static") return;
  const address = host.address;
  if (host.raw["address"] === undefined) {
    report.error(
      "BW_CONFIG_NETWORK",
      host.path,
      `${host.label} has network: static, but no address`,
      "add address: …, or network: dhcp",
      { path: network.path, message: "network: static is written here" },
    );
  } else if (address && facts.mode !== "server" && facts.subnetsKnown && !inSubnet(facts, address.value)) {
    report.error(
      "BW_CONFIG_NETWORK",
      address.path,
      `nothing says the netmask and router of ${formatIpv4(address.value)}`,
      `write network: {address: ${formatIpv4(address.value)}/24, gateway: …, dns: […]} at ${host.label}, or add its network to dhcp.subnets (without a pool)`,
      { path: network.path, message: "network: static is written here" },
    );
  }
}

function inSubnet(facts: Facts, address: Ipv4): boolean {
  return facts.subnets.some((each) => each.cidr !== undefined && contains(each.cidr.value, address));
}

function checkLoader(facts: Facts, host: HostFacts, report: Report): void {
  const loader = effective(facts, host, "loader");
  const firmware = effective(facts, host, "firmware");
  if (!loader || !firmware) return;
  const needs = loader.value === "pxelinux" ? "bios" : loader.value === "grub" ? "uefi" : undefined;
  if (
    needs === undefined ||
    (firmware.value !== "bios" && firmware.value !== "uefi") ||
    firmware.value === needs
  )
    return;
  report.error(
    "BW_CONFIG_LOADER",
    loader.path,
    `${String(loader.value)} does not run on ${firmware.value === "uefi" ? "UEFI" : "BIOS"} firmware, which ${host.label} has`,
    `use loader: ${firmware.value === "uefi" ? "grub" : "pxelinux"}, or loader: ipxe, which does both`,
    { path: firmware.path, message: `firmware: ${firmware.value} is written here` },
  );
}

/** Whether the machine is one that is installed over the network. */
function isInstalled(host: HostFacts): boolean {
  return host.raw["kind"] !== "clone" && host.raw["kind"] !== "lxc";
}

/** What is not installed over the network cannot have a profile, and a clone has to say of what. */
function checkGuest(host: HostFacts, report: Report): void {
  const kind = host.raw["kind"];
  const at: Path = [...host.path, "kind"];
  if (!isInstalled(host) && host.profile) {
    const why =
      kind === "lxc"
        ? "a container shares the host's kernel and cannot boot from the network"
        : "a clone is a copy of a template and is not installed over the network";
    report.error(
      "BW_CONFIG_GUEST",
      host.profile.path,
      `${host.label} cannot have a profile: ${why}`,
      kind === "lxc"
        ? "remove the profile; `bootwire pct` prints how to make the container"
        : "remove the profile; `bootwire qm` prints how to make the clone",
      { path: at, message: `kind: ${String(kind)} is written here` },
    );
  }
  if (kind === "clone" && host.raw["cloneOf"] === undefined) {
    report.error(
      "BW_CONFIG_GUEST",
      at,
      `${host.label} is a clone, but of no template`,
      "add cloneOf: with the template's number in Proxmox, like 9000",
    );
  }
  if (kind !== "clone" && host.raw["cloneOf"] !== undefined) {
    report.warn(
      "BW_CONFIG_UNUSED",
      [...host.path, "cloneOf"],
      `${host.label} is no clone, so its cloneOf is not used`,
      "add kind: clone, or remove this",
    );
  }
}

/** A golden image is generic, and made once. */
function checkTemplate(facts: Facts, host: HostFacts, report: Report): void {
  const path: Path = ["profiles", host.profile?.value ?? "", "template"];
  if (rawAt(facts.data, path) !== true) return;
  const other = { path, message: "template: true is written here" };
  const install = effective(facts, host, "install");
  if (install?.value === "always") {
    const message = `${host.label} makes a golden image, which is installed once and then copied`;
    report.error("BW_CONFIG_TEMPLATE", install.path, message, "write install: once, or leave it out", other);
  }
  const network = effective(facts, host, "network");
  if (network && (network.value === "static" || host.fixed)) {
    const message = `${host.label} makes a golden image, so every copy of it would have one fixed address`;
    const hint = "write network: dhcp; each copy gets its own network from its own entry (kind: clone)";
    report.error("BW_CONFIG_TEMPLATE", network.path, message, hint, other);
  }
}

/** An installed system that nobody can log in to is of little use; once for a profile. */
function checkLogin(facts: Facts, host: HostFacts, report: Report): void {
  if (!host.profile) return;
  const profile = host.profile.value;
  if (!wantsUsers(rawAt(facts.data, ["profiles", profile, "installer"]))) return;
  // A golden image's clones get their users by their own seeds.
  if (rawAt(facts.data, ["profiles", profile, "template"]) === true) return;
  const users = effective(facts, host, "users");
  const isWayIn = (user: unknown) =>
    isRawMap(user) &&
    (user["password"] !== undefined ||
      user["passwordHash"] !== undefined ||
      rawList(user["sshKeys"]).length > 0);
  if (rawList(users?.value).some(isWayIn)) return;
  report.warn(
    "BW_CONFIG_NO_LOGIN",
    users?.path ?? ["profiles", profile],
    `nobody can log in to what profile ${profile} installs: no user has a password or an SSH key`,
    "add to `defaults:` users: [{name: admin, sshKeys: ['ssh-ed25519 …']}], or to the profile or the host",
  );
}

/** Settings at a host that nothing reads. */
function checkUse(facts: Facts, host: HostFacts, report: Report): void {
  if (host.raw["profile"] === undefined) {
    // What a container or a clone is set up with stands in the same keys; `guest` is for Proxmox.
    const used = isInstalled(host) ? ["guest"] : Object.keys(commonSettings);
    const idle = Object.keys(commonSettings).filter(
      (key) => host.raw[key] !== undefined && !used.includes(key),
    );
    const [first] = idle;
    if (first !== undefined) {
      report.warn(
        "BW_CONFIG_UNUSED",
        [...host.path, first],
        `${host.label} has no profile, so nothing is installed on it, and its ${idle.join(", ")} ${idle.length === 1 ? "is" : "are"} not used`,
        "add profile: …, or remove this",
      );
    }
  }
  if (!host.address || facts.mode === "server" || facts.mode === undefined) return;
  const { value: network } = effective(facts, host, "network") ?? { value: undefined };
  if (network === "static") return;
  report.warn(
    "BW_CONFIG_UNUSED",
    host.address.path,
    `with dhcp.mode: ${facts.mode} Bootwire gives no addresses: the address of ${host.label} is not used`,
    "reserve it in the DHCP server of your network, or add network: static to set it in the installed system",
  );
}
