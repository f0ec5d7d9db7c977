import type { AddressRange, Cidr, Ipv4, Ipv4WithPrefix } from "../net/ipv4.ts";
import type { Mac } from "../net/mac.ts";
import type { Path } from "./document.ts";
import { isRawMap, type RawMap, rawAt, rawList } from "./raw.ts";
import {
  readCidr,
  readIpv4Address,
  readIpv4WithPrefix,
  readListen,
  readMac,
  readRange,
} from "./read-network.ts";
import type { Reading } from "./reading.ts";

/** A value and where it stands. */
export interface Placed<T> {
  readonly value: T;
  readonly path: Path;
}

export interface SubnetFacts {
  readonly path: Path;
  readonly cidr: Placed<Cidr> | undefined;
  readonly pool: readonly Placed<AddressRange>[];
  readonly router: Placed<Ipv4> | undefined;
  readonly sharedNetwork: Placed<string> | undefined;
}

export interface HostFacts {
  readonly path: Path;
  readonly raw: RawMap;
  /** What to call it in messages: its name, or which one it is. */
  readonly label: string;
  readonly name: Placed<string> | undefined;
  readonly mac: Placed<Mac> | undefined;
  readonly otherMacs: readonly Placed<Mac>[];
  readonly vmid: Placed<number> | undefined;
  readonly address: Placed<Ipv4> | undefined;
  readonly profile: Placed<string> | undefined;
  readonly fixed: Placed<Ipv4WithPrefix> | undefined;
  readonly gateway: Placed<Ipv4> | undefined;
}

/**
 * What can be understood of a config that may be wrong in places: the checks across places work on this, so that they
 * report even where the schema has found something else.
 */
export interface Facts {
  readonly data: unknown;
  readonly mode: "server" | "proxy" | "off" | undefined;
  readonly unknownHosts: string;
  readonly advertise: Placed<Ipv4> | undefined;
  readonly listen: Placed<{ readonly host: string; readonly port: number }> | undefined;
  readonly httpPort: Placed<number> | undefined;
  readonly subnets: readonly SubnetFacts[];
  /** Whether every subnet was understood: only then "lies in no subnet" can be said. */
  readonly subnetsKnown: boolean;
  readonly profiles: RawMap;
  readonly hosts: readonly HostFacts[];
}

export function gatherFacts(data: unknown): Facts {
  const written = rawAt(data, ["dhcp", "mode"]) ?? "proxy";
  const mode = written === "server" || written === "proxy" || written === "off" ? written : undefined;
  const subnets = rawList(rawAt(data, ["dhcp", "subnets"])).map((_, index) => subnetFacts(data, index));
  const profiles = rawAt(data, ["profiles"]);
  const httpPort = rawAt(data, ["http", "port"]);
  return {
    data,
    mode,
    unknownHosts: String(rawAt(data, ["dhcp", "unknownHosts"]) ?? "ignore"),
    advertise: placed(data, ["advertise"], readIpv4Address),
    listen: placed(data, ["admin", "listen"], readListen),
    httpPort: typeof httpPort === "number" ? { value: httpPort, path: ["http", "port"] } : undefined,
    subnets,
    subnetsKnown: subnets.every((subnet) => subnet.cidr !== undefined),
    profiles: isRawMap(profiles) ? profiles : {},
    hosts: rawList(rawAt(data, ["hosts"])).flatMap((raw, index) =>
      isRawMap(raw) ? [hostFacts(data, raw, index)] : [],
    ),
  };
}

/** The closest of host, profile and defaults that says something about a key. */
export function effective(facts: Facts, host: HostFacts, key: string): Placed<unknown> | undefined {
  const paths: Path[] = [[...host.path, key]];
  if (host.profile) paths.push(["profiles", host.profile.value, key]);
  paths.push(["defaults", key]);
  for (const path of paths) {
    const value = rawAt(facts.data, path);
    if (value !== undefined) return { value, path };
  }
  return undefined;
}

function subnetFacts(data: unknown, index: number): SubnetFacts {
  const path = ["dhcp", "subnets", index];
  const pool = rawAt(data, [...path, "pool"]);
  const paths: Path[] = Array.isArray(pool)
    ? pool.map((_, item) => [...path, "pool", item])
    : [[...path, "pool"]];
  return {
    path,
    cidr: placed(data, [...path, "cidr"], readCidr),
    pool: paths.flatMap((each) => placed(data, each, readRange) ?? []),
    router: placed(data, [...path, "router"], readIpv4Address),
    sharedNetwork: placedText(data, [...path, "sharedNetwork"]),
  };
}

function hostFacts(data: unknown, raw: RawMap, index: number): HostFacts {
  const path = ["hosts", index];
  const { otherMacs, vmid } = raw;
  const cards: Path[] = Array.isArray(otherMacs)
    ? otherMacs.map((_, item) => [...path, "otherMacs", item])
    : [[...path, "otherMacs"]];
  const name = placedText(data, [...path, "name"]);
  return {
    path,
    raw,
    label: name?.value ?? `host number ${index + 1}`,
    name,
    mac: placed(data, [...path, "mac"], readMac),
    otherMacs: cards.flatMap((each) => placed(data, each, readMac) ?? []),
    vmid: typeof vmid === "number" ? { value: vmid, path: [...path, "vmid"] } : undefined,
    address: placed(data, [...path, "address"], readIpv4Address),
    profile: placedText(data, [...path, "profile"]),
    fixed: placed(data, [...path, "network", "address"], readIpv4WithPrefix),
    gateway: placed(data, [...path, "network", "gateway"], readIpv4Address),
  };
}

function placedText(data: unknown, path: Path): Placed<string> | undefined {
  const value = rawAt(data, path);
  return typeof value === "string" && value !== "" ? { value, path } : undefined;
}

function placed<T>(data: unknown, path: Path, reader: (text: string) => Reading<T>): Placed<T> | undefined {
  const text = placedText(data, path);
  const reading = text ? reader(text.value) : undefined;
  return reading?.ok ? { value: reading.value, path } : undefined;
}
