import { join } from "node:path";
import { pino } from "pino";
import { BootService } from "../../../src/boot/boot-service.ts";
import { ClientBook } from "../../../src/boot/client-book.ts";
import { SeedTokens } from "../../../src/boot/seed-tokens.ts";
import { ActiveConfig } from "../../../src/config/active-config.ts";
import type { Config } from "../../../src/config/model.ts";
import { Explainer } from "../../../src/explain/explain.ts";
import type { AdminAppParts } from "../../../src/http/admin-parts.ts";
import type { BootAppParts } from "../../../src/http/boot-parts.ts";
import { Catalogue } from "../../../src/media/catalogue.ts";
import { DigestIndex } from "../../../src/media/digest-index.ts";
import { ImagePreparer } from "../../../src/media/image-preparer.ts";
import { Monitor } from "../../../src/monitor/monitor.ts";
import { parseIpv4 } from "../../../src/net/ipv4.ts";
import { builtInTemplates, loadTemplates } from "../../../src/templates/templates.ts";
import type { Lab } from "../machines/lab.ts";

/** What the admin app of a lab works with: the real parts, without servers. */
export async function adminParts(lab: Lab, config: Config): Promise<AdminAppParts> {
  return (await appParts(lab, config)).admin;
}

/** What both apps of a lab work with. */
export async function appParts(
  lab: Lab,
  config: Config,
): Promise<{ readonly admin: AdminAppParts; readonly boot: BootAppParts }> {
  const active = new ActiveConfig(config);
  const { machines, state } = lab;
  const templates = await loadTemplates(builtInTemplates(), undefined);
  const catalogue = new Catalogue({ path: () => undefined }, () => config.media);
  const images = new ImagePreparer(
    catalogue,
    () => config.media,
    new DigestIndex(join(lab.folder, "digests.json")),
  );
  const server = parseIpv4("10.0.0.1");
  if (server === undefined) throw new Error("unreachable");
  const now = () => lab.now;
  let ids = 0;
  const current = { active, templates };
  const boot = new BootService({ inForce: () => current, machines, catalogue, images, release: "0" });
  const monitor = new Monitor({ now, isKnown: (mac) => active.byMac(mac) !== undefined });
  const log = pino({ level: "silent" });
  const explainer = new Explainer({
    ...{ active: () => active, boot, catalogue },
    running: (host) => machines.running(host),
    dhcp: {
      decide: undefined,
      interfaces: [{ name: "lab0", address: server, addresses: [{ address: server, prefix: 24 }] }],
      now,
      notes: [],
      server: () => server,
    },
    source: "daemon",
  });
  const admin: AdminAppParts = {
    active: () => active,
    machines,
    boot,
    monitor,
    clients: new ClientBook(100),
    explain: (question) => explainer.explain(question),
    leases: async () => [],
    server: () => server,
    token: state.adminToken,
    now,
    id: () => `id${++ids}`,
    status: () => ({
      version: "0",
      guarded: machines.guardedSince() !== undefined,
      config: config.path,
      refused: null,
      profiles: [...config.profiles.keys()],
      startedAt: 0,
      listening: [],
      otherDhcpServers: [],
    }),
    counters: () => ({ dhcp: [], tftp: { running: 0, requests: 0, transfers: [], refusals: [] } }),
    reload: async () => ({ changed: false, notes: [] }),
    ui: undefined,
    log,
  };
  return {
    admin,
    boot: {
      ...{ active: () => active, boot, machines, catalogue, images, log },
      seeds: new SeedTokens(state.adminToken),
      onSeed: () => undefined,
      onScript: () => undefined,
      onTransfer: (start) => monitor.begin(start),
      onDownload: () => undefined,
    },
  };
}
