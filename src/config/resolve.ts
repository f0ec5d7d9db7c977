import path from "node:path";
import { contains, type Ipv4 } from "../net/ipv4.ts";
import { diskOf, resolveGuest } from "./guest.ts";
import type { Config, HostConfig, SubnetConfig, TftpConfig } from "./model.ts";
import type { PasswordHasher } from "./passwords.ts";
import type {
  AttemptPolicy,
  NetworkConfig,
  ProfileBase,
  RawOptions,
  SystemConfig,
  UserConfig,
} from "./profile-base.ts";
import { type ProfileConfig, type ProfileFile, resolveOwn } from "./profiles/registry.ts";
import { resolveHook } from "./resolve-hook.ts";
import type { ConfigFile, DefaultsFile, HostFile, SubnetFile, UserFile } from "./schema.ts";

/** Fills in every default, merges defaults < profile < host, and resolves paths against the file's folder. */
export function resolveConfig(written: ConfigFile, file: string, hashPassword: PasswordHasher): Config {
  const base = path.dirname(file);
  const defaults = written.defaults ?? {};
  const subnets = (written.dhcp?.subnets ?? []).map(resolveSubnet);
  const context: Context = { defaults, subnets, hashPassword };
  const profiles = written.profiles ?? {};
  const absolute = (folder: string | undefined) =>
    folder === undefined ? undefined : path.resolve(base, folder);
  return {
    path: file,
    interfaces: written.interface ?? [],
    advertise: written.advertise,
    dhcp: {
      mode: written.dhcp?.mode ?? "proxy",
      unknownHosts: written.dhcp?.unknownHosts ?? "ignore",
      authoritative: written.dhcp?.authoritative ?? false,
      probe: written.dhcp?.probe ?? true,
      skipIpv6Wait: written.dhcp?.skipIpv6Wait ?? true,
      quarantine: written.dhcp?.quarantine ?? 3600,
      subnets,
    },
    tftp: resolveTftp(written.tftp ?? {}, absolute(written.tftp?.root)),
    http: { port: written.http?.port ?? 8080 },
    admin: {
      ...(written.admin?.listen ?? { host: "127.0.0.1", port: 8081 }),
      metrics: written.admin?.metrics ?? "token",
      tls: resolveTls(written.admin?.tls, base),
    },
    hooks: (written.hooks ?? []).map((hook) => resolveHook(hook, base)),
    syslog: resolveSyslog(written.syslog),
    state: path.resolve(base, written.state ?? "state"),
    media: path.resolve(base, written.media ?? "media"),
    templates: absolute(written.templates),
    profiles: new Map(
      Object.entries(profiles).map(([name, profile]) => [
        name,
        resolveProfile(name, profile, undefined, context),
      ]),
    ),
    hosts: (written.hosts ?? []).map((host) => resolveHost(host, profiles, context)),
  };
}

function resolveTls(tls: NonNullable<ConfigFile["admin"]>["tls"], base: string): Config["admin"]["tls"] {
  if (tls === undefined) return undefined;
  return {
    certificate: path.resolve(base, tls.certificate),
    key: path.resolve(base, tls.key),
    pem: undefined,
  };
}

function resolveSyslog(syslog: ConfigFile["syslog"]): Config["syslog"] {
  if (syslog === undefined || syslog === false) return undefined;
  return { port: (syslog === true ? undefined : syslog.port) ?? 514 };
}

function resolveTftp(tftp: NonNullable<ConfigFile["tftp"]>, root: string | undefined): TftpConfig {
  const { transfers, transfersPerClient, requestsPerSecond, windowSize, memory } = tftp;
  return {
    port: tftp.port ?? 69,
    root,
    ignoreCase: tftp.ignoreCase ?? false,
    ports: tftp.ports,
    singlePort: tftp.singlePort ?? false,
    allow: tftp.allow,
    limits: {
      ...(transfers !== undefined && { transfers }),
      ...(transfersPerClient !== undefined && { transfersPerClient }),
      ...(requestsPerSecond !== undefined && { requestsPerSecond }),
      ...(windowSize !== undefined && { windowSize }),
      ...(memory !== undefined && { memory }),
    },
  };
}

interface Context {
  readonly defaults: DefaultsFile;
  readonly subnets: readonly SubnetConfig[];
  readonly hashPassword: PasswordHasher;
}

function resolveSubnet(subnet: SubnetFile): SubnetConfig {
  return {
    cidr: subnet.cidr,
    pool: (subnet.pool ?? []).toSorted((a, b) => a.first - b.first),
    router: subnet.router,
    dns: subnet.dns ?? [],
    domain: subnet.domain,
    leaseTime: subnet.leaseTime ?? 12 * 3600,
    sharedNetwork: subnet.sharedNetwork,
    options: subnet.options ?? new Map(),
  };
}

function resolveHost(
  host: HostFile,
  profiles: Readonly<Record<string, ProfileFile>>,
  context: Context,
): HostConfig {
  const { defaults } = context;
  const name = host.profile;
  const profile = name !== undefined && Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  const resolved = profile && name !== undefined ? resolveProfile(name, profile, host, context) : undefined;
  const guest = resolveGuest(host, [defaults.guest, profile?.guest, host.guest]);
  const bus = guest.controller === undefined ? undefined : diskOf(guest.controller);
  return {
    name: host.name,
    mac: host.mac,
    otherMacs: host.otherMacs ?? [],
    guest,
    system: resolved?.system ?? resolveSystem({}, host, context),
    profile: resolved,
    address: host.address,
    disk: host.disk ?? profile?.disk ?? defaults.disk ?? bus,
    firmware: host.firmware ?? profile?.firmware ?? defaults.firmware,
    install: host.install ?? profile?.install ?? defaults.install ?? "once",
    options: mergeOptions(profile?.options, host.options),
  };
}

function resolveProfile(
  name: string,
  profile: ProfileFile,
  host: HostFile | undefined,
  context: Context,
): ProfileConfig {
  const base: ProfileBase = {
    name,
    loader: host?.loader ?? profile.loader ?? context.defaults.loader ?? "ipxe",
    attempts: resolveAttempts(profile, host, context.defaults),
    system: resolveSystem(profile, host, context),
    template: profile.template ?? false,
    options: mergeOptions(profile.options, host?.options),
  };
  return resolveOwn(profile, base);
}

function resolveAttempts(
  profile: ProfileFile,
  host: HostFile | undefined,
  defaults: DefaultsFile,
): AttemptPolicy {
  const [h, p, d] = [host?.attempts, profile.attempts, defaults.attempts];
  return {
    limit: h?.limit ?? p?.limit ?? d?.limit ?? 5,
    timeout: h?.timeout ?? p?.timeout ?? d?.timeout ?? 2 * 3600,
    onFailure: h?.onFailure ?? p?.onFailure ?? d?.onFailure ?? "hold",
  };
}

function resolveSystem(profile: DefaultsFile, host: HostFile | undefined, context: Context): SystemConfig {
  const { defaults } = context;
  const subnet = host?.address === undefined ? undefined : subnetOf(context, host.address);
  const users = host?.users ?? profile.users ?? defaults.users ?? [];
  return {
    domain: host?.domain ?? profile.domain ?? defaults.domain ?? subnet?.domain,
    timezone: host?.timezone ?? profile.timezone ?? defaults.timezone ?? "Etc/UTC",
    locale: host?.locale ?? profile.locale ?? defaults.locale ?? "en_US.UTF-8",
    keyboard: host?.keyboard ?? profile.keyboard ?? defaults.keyboard ?? "us",
    users: users.map((user) => resolveUser(user, context.hashPassword)),
    packages: host?.packages ?? profile.packages ?? defaults.packages ?? [],
    proxy: host?.proxy ?? profile.proxy ?? defaults.proxy,
    guestAgent: host?.guestAgent ?? profile.guestAgent ?? defaults.guestAgent ?? true,
    layout: host?.layout ?? profile.layout ?? defaults.layout,
    runCommands: host?.runCommands ?? profile.runCommands ?? defaults.runCommands ?? [],
    network: resolveNetwork(host, profile, context, subnet),
    vars: { ...defaults.vars, ...profile.vars, ...host?.vars },
  };
}

function resolveUser(user: UserFile, hashPassword: PasswordHasher): UserConfig {
  const { name, password, passwordHash } = user;
  return {
    name,
    passwordHash: passwordHash ?? (password === undefined ? undefined : hashPassword(name, password)),
    sshKeys: user.sshKeys ?? [],
    sudo: user.sudo ?? true,
  };
}

/** `static` takes the host's address and what its subnet says; for a profile by itself there is no address yet. */
function resolveNetwork(
  host: HostFile | undefined,
  profile: DefaultsFile,
  context: Context,
  subnet: SubnetConfig | undefined,
): NetworkConfig {
  const network = host?.network ?? profile.network ?? context.defaults.network ?? "dhcp";
  if (network === "dhcp") return { kind: "dhcp", ...PLAIN_LINK };
  if (network !== "static") {
    const link = { vlan: network.vlan, bond: network.bond };
    if (network.address === undefined) return { kind: "dhcp", ...link };
    const { address, gateway, dns = [] } = network;
    return { kind: "static", address, gateway, dns, ...link };
  }
  if (host?.address === undefined || !subnet) return { kind: "dhcp", ...PLAIN_LINK };
  const address = { address: host.address, prefix: subnet.cidr.prefix };
  return { kind: "static", address, gateway: subnet.router, dns: subnet.dns, ...PLAIN_LINK };
}

const PLAIN_LINK = { vlan: undefined, bond: undefined };

function subnetOf(context: Context, address: Ipv4): SubnetConfig | undefined {
  return context.subnets.find((subnet) => contains(subnet.cidr, address));
}

function mergeOptions(...layers: readonly (RawOptions | undefined)[]): RawOptions {
  return new Map(layers.flatMap((layer) => [...(layer ?? [])]));
}
