import type { FastifyInstance } from "fastify";
import { listLeases, listMedia, listTransfers, listUnknown } from "../../api/network.ts";
import type { ApiLeases, ApiMedia, ApiTransfers, ApiUnknown } from "../../api-types.ts";
import { mediaOf } from "../../config/profiles/registry.ts";
import { listFiles } from "../../media/list-files.ts";
import { formatIpv4 } from "../../net/ipv4.ts";
import type { AdminAppParts } from "../admin-parts.ts";
import { serve } from "../endpoint.ts";
import { hostYaml } from "../host-yaml.ts";

/** `GET /api/v1/{leases,unknown,transfers,media}`. */
export function networkRoutes(app: FastifyInstance, parts: AdminAppParts): void {
  serve(app, listLeases, async ({ query }) => describeLeases(parts, query.limit));
  serve(app, listUnknown, async () => describeUnknown(parts));
  serve(app, listTransfers, async () => describeTransfers(parts));
  serve(app, listMedia, async () => describeMedia(parts));
}

async function describeLeases(parts: AdminAppParts, limit: number): Promise<ApiLeases> {
  const leases = await parts.leases();
  const now = parts.now();
  const active = parts.active();
  const shown = leases.toSorted((a, b) => a.address - b.address).slice(0, limit);
  return {
    total: leases.length,
    leases: shown.map((lease) => ({
      address: formatIpv4(lease.address),
      mac: lease.mac,
      machine: active.byMac(lease.mac)?.name ?? null,
      hostName: lease.hostName ?? null,
      state: lease.state === "bound" && lease.expiresAt <= now ? "expired" : lease.state,
      expiresAt: lease.expiresAt,
      updatedAt: lease.updatedAt,
    })),
  };
}

function describeUnknown(parts: AdminAppParts): ApiUnknown {
  const profiles = [...parts.active().config.profiles.keys()];
  return {
    machines: parts.monitor.unknown().map(([mac, seen]) => ({
      mac,
      firmware: seen.firmware ?? null,
      arch: seen.arch ?? null,
      vendorClass: seen.vendorClass ?? null,
      userClass: seen.userClass ?? null,
      address: seen.address ?? null,
      firstSeen: seen.firstSeen,
      lastSeen: seen.lastSeen,
      count: seen.count,
      yaml: hostYaml(mac, profiles),
    })),
  };
}

/** What is under way, and the newest `steps` of throughput. */
export function describeTransfers(parts: AdminAppParts, steps?: number): ApiTransfers {
  const { monitor, clients } = parts;
  return {
    transfers: monitor.transfers().map((transfer) => {
      const client = clients.find(transfer.client);
      const { id, protocol, path, client: address, bytes, size, startedAt } = transfer;
      return {
        id,
        protocol,
        path,
        client: address,
        machine: client?.host?.name ?? null,
        mac: client?.mac ?? null,
        bytes,
        size,
        startedAt,
      };
    }),
    throughput: monitor.throughput(steps),
  };
}

async function describeMedia(parts: AdminAppParts): Promise<ApiMedia> {
  const { config } = parts.active();
  const needed = new Map<string, string[]>();
  for (const profile of config.profiles.values()) {
    for (const { path } of mediaOf(profile)) {
      needed.set(path, [...(needed.get(path) ?? []), profile.name]);
    }
  }
  const { files, isCut } = await listFiles(config.media);
  const all = [...needed];
  // A path may lead through an ISO, on inside of it.
  const leadsTo = (path: string, file: string) => path === file || path.startsWith(`${file}/`);
  return {
    folder: config.media,
    files: files.map((file) => ({
      ...file,
      profiles: [...new Set(all.flatMap(([path, names]) => (leadsTo(path, file.path) ? names : [])))],
    })),
    missing: all
      .filter(([path]) => !isCut && !files.some((file) => leadsTo(path, file.path)))
      .map(([path, profiles]) => ({ path, profiles })),
    isCut,
  };
}
