import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import type { Logger } from "pino";
import type { ApiReload, ApiStatus } from "../api-types.ts";
import { BootService } from "../boot/boot-service.ts";
import { ClientBook } from "../boot/client-book.ts";
import { SeedTokens } from "../boot/seed-tokens.ts";
import { systemClock } from "../clock.ts";
import type { ActiveConfig } from "../config/active-config.ts";
import { ConfigInvalid } from "../config/config-invalid.ts";
import { watchConfig } from "../config/watch.ts";
import { BootwireError } from "../errors.ts";
import { earOf } from "../explain/dhcp-steps.ts";
import { Explainer } from "../explain/explain.ts";
import { createAdminApp } from "../http/admin-app.ts";
import { createBootApp } from "../http/boot-app.ts";
import type { Download } from "../http/boot-parts.ts";
import { createLogger, type LogLevel } from "../log.ts";
import { cryptoIds, systemSchedule } from "../machines/shell.ts";
import { Monitor } from "../monitor/monitor.ts";
import { systemInterfaces } from "../net/interface-table.ts";
import { type NetworkInterface, selectInterfaces } from "../net/interfaces.ts";
import { VERSION } from "../version.ts";
import { announce } from "./announce.ts";
import { openBootMedia, prepareImages } from "./boot-media.ts";
import { Closers } from "./closers.ts";
import { dhcpListener } from "./dhcp-listener.ts";
import { dhcpSettings } from "./dhcp-settings.ts";
import { LiveConfig } from "./live-config.ts";
import { sayRefused, warnOf } from "./log-config.ts";
import { openMemory } from "./memory-shell.ts";
import { Observers } from "./observers.ts";
import { Operations } from "./operations.ts";
import { openOtherServers, toApi } from "./other-servers-shell.ts";
import { openServers } from "./servers.ts";
import { syslogListener } from "./syslog-listener.ts";
import { tftpListener } from "./tftp-listener.ts";

export interface DaemonOptions {
  readonly configPath: string;
  readonly logLevel?: LogLevel;
  /** Log lines for people instead of JSON. */
  readonly pretty?: boolean;
  /** Where the loaders are; default: where `npm start` puts them. */
  readonly assets?: string;
  /** Milliseconds that each sync of the leases is made to take longer, for benchmarks of slow disks. */
  readonly leaseSyncDelay?: number;
}

/** Addresses of clients to remember, for the timeline. */
const CLIENTS_REMEMBERED = 10_000;

/**
 * The heap may grow by so many percent before what is dead in it is looked for: a daemon that has 50,000 leases then stays
 * below 150 MB, where V8 alone would let it double.
 */
const HEAP_GROWTH = 20;

/**
 * Runs the daemon until it is told to end (SIGINT, SIGTERM), or something that it cannot do without breaks. Resolves
 * with the exit code: 0 after an orderly end. Rejects with a BootwireError when it cannot start.
 */
export async function runDaemon(options: DaemonOptions): Promise<number> {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH}`);
  const log = createLogger({ level: options.logLevel ?? "info", pretty: options.pretty ?? false });
  const closers = new Closers();
  const end = untilEnd(log);
  try {
    const starting = start(options, log, closers, end.broken);
    const begun = await Promise.race([starting, end.code]);
    if (typeof begun === "number") {
      // Told to end while still starting: what that opens meanwhile has to be there to be closed.
      await starting;
      return begun;
    }
    process.on("SIGHUP", begun);
    closers.add("SIGHUP", () => void process.off("SIGHUP", begun));
    const code = await end.code;
    log.info("ending");
    return code;
  } finally {
    end.dispose();
    await closers.closeAll();
  }
}

/** Starts everything; what is open is in `closers`, also when this rejects. Returns how to take up a changed config. */
async function start(
  options: DaemonOptions,
  log: Logger,
  closers: Closers,
  broken: (error: Error) => void,
): Promise<() => void> {
  const live = await LiveConfig.open(options.configPath, { now: systemClock });
  const { config } = live.active;
  const active = () => live.active;
  const interfaces = await interfacesOf(live.active);

  const { state, leases, machines } = await openMemory(
    config,
    { log, onBroken: broken, syncDelay: options.leaseSyncDelay },
    closers,
  );
  const { catalogue, images } = await openBootMedia(live, options.assets, closers);
  const boot = new BootService({
    inForce: () => live.inForce,
    machines,
    catalogue,
    images,
    release: VERSION,
  });
  const otherServers = openOtherServers({ active, machines, log, now: systemClock });
  const clients = new ClientBook(CLIENTS_REMEMBERED);
  const monitor = new Monitor({ now: systemClock, isKnown: (mac) => active().byMac(mac) !== undefined });
  const observers = new Observers({
    active,
    machines,
    otherServers,
    clients,
    monitor,
    now: systemClock,
    log,
  });

  const onScript = observers.onScript.bind(observers);
  const dhcp = dhcpListener(active, interfaces, {
    boot,
    leases,
    observer: {
      onEvent: (event) => {
        operations.onDhcp(event);
        observers.onDhcp(event);
      },
    },
  });
  const syslog = syslogListener(config, interfaces, observers, log);
  let listening: readonly string[] = [];
  const operations = new Operations({
    config,
    machines,
    dhcp,
    tftp: () => tftp.counters(),
    syslog: syslog && (() => syslog.counters()),
    token: state.adminToken,
    nameOf: (mac) => active().byMac(mac)?.name,
    log,
    probeStore: () => state.machines.probe(),
    listening: () => listening.length > 0,
  });
  closers.add("hooks", () => operations.close());
  const tftp = tftpListener(
    config,
    interfaces,
    { boot, catalogue, onScript },
    {
      onEvent: (event) => {
        operations.onTftp(event);
        observers.onEvent(event);
      },
    },
  );
  const onDownload = (download: Download) => {
    operations.onDownload(download);
    observers.onDownload(download);
  };
  const onTransfer = monitor.begin.bind(monitor);
  const bootApp = createBootApp({
    active,
    boot,
    machines,
    catalogue,
    images,
    seeds: new SeedTokens(state.adminToken),
    log,
    onScript,
    onTransfer,
    onDownload,
    onSeed: observers.onSeed.bind(observers),
  });

  const guarded = () => machines.guardedSince() !== undefined;
  const startedAt = systemClock();
  let refused: ApiStatus["refused"] = null;
  const status = (): ApiStatus => ({
    version: VERSION,
    guarded: guarded(),
    config: config.path,
    refused,
    profiles: [...active().config.profiles.keys()],
    startedAt,
    listening,
    otherDhcpServers: otherServers.list().map(toApi),
  });
  const counters = () => ({
    dhcp: (dhcp?.counters() ?? []).map(({ message, outcome, code, count }) => ({
      message,
      outcome,
      reason: code ?? null,
      count,
    })),
    tftp: tftp.counters(),
  });
  const inForce = (changes: ApiReload): ApiReload => {
    warnOf(log, live.warnings);
    const { changed, notes } = changes;
    if (changed) log.info({ notes }, "new configuration in force");
    else if (notes.length > 0)
      log.info({ notes }, "nothing new in the configuration that can be in force now");
    refused = null;
    monitor.changed("status");
    return changes;
  };
  const onRefused = (error: unknown) => {
    operations.configRefused();
    refused = { at: systemClock(), ...sayRefused(log, error) };
    monitor.changed("status");
  };
  const reload = async () => {
    try {
      return inForce(await live.reload());
    } catch (error) {
      onRefused(error);
      throw error;
    }
  };
  const explainer = new Explainer({
    active,
    boot,
    running: (host) => machines.running(host),
    catalogue,
    dhcp: {
      decide: dhcp && ((packet, arrival) => dhcp.preview(packet, arrival)),
      interfaces,
      now: systemClock,
      notes: [],
      server: (host) => earOf(interfaces, host).address,
    },
    source: "daemon",
  });
  const adminApp = createAdminApp({
    active,
    machines,
    explain: (question) => explainer.explain(question),
    boot,
    monitor,
    clients,
    leases: () => leases.load(),
    server: (host) => earOf(interfaces, host).address,
    token: state.adminToken,
    now: systemClock,
    id: cryptoIds.attemptId,
    status,
    counters,
    reload,
    ui: fileURLToPath(new URL("../ui/", import.meta.url)),
    log,
  });
  operations.attach({ boot: bootApp, admin: adminApp });
  live.onChange((next) => {
    operations.configInForce(next.config);
    machines.reconcile(next.config.hosts);
    dhcp?.reconfigure(dhcpSettings(next));
    prepareImages(live, images, machines, log);
    monitor.changed("config");
  });

  prepareImages(live, images, machines, log);
  const servers = { dhcp, tftp, syslog, boot: bootApp, admin: adminApp };
  const open = await openServers(servers, config, interfaces, closers);
  listening = open.listening;
  const showCertificate = ({ config: { admin } }: ActiveConfig) => {
    if (admin.tls?.pem) open.admin.renew(admin.tls.pem);
  };
  live.onChange(showCertificate);
  // It may have changed while the ports were opened.
  showCertificate(live.active);
  const watcher = await watchConfig({
    path: config.path,
    onConfig: (loaded) => void live.take(loaded).then(inForce, onRefused),
    onProblems: (problems) => onRefused(new ConfigInvalid(config.path, problems)),
    onError: (error) =>
      log.warn({ err: error }, "the config file cannot be watched: changes are taken up by SIGHUP"),
    schedule: systemSchedule,
    hashPassword: live.hashPassword,
    now: systemClock,
  });
  closers.add("watcher", () => watcher.close());

  warnOf(log, live.warnings);
  log.info({ tftp: tftp.description(), listening }, "ready");
  const newToken = state.tokenIsNew ? state.adminToken : undefined;
  const lines = announce({ active: live.active, interfaces, guarded: guarded(), newToken });
  process.stdout.write(`${lines.join("\n")}\n`);
  // What is refused has been said by then.
  return () => void reload().catch(() => undefined);
}

async function interfacesOf({
  config,
}: ActiveConfig): Promise<readonly [NetworkInterface, ...NetworkInterface[]]> {
  const selection = selectInterfaces(config.interfaces, await systemInterfaces());
  const [first, ...rest] = selection.ok ? selection.interfaces : [];
  if (first) return [first, ...rest];
  throw new BootwireError(
    "BW_INTERFACE",
    selection.ok ? "there is no interface to serve" : selection.reason,
    "Name an interface (or its address) that is up and has an IPv4 address, under `interface` in the config.",
  );
}

/** Waits for the signal to end, or for the first thing that breaks. */
function untilEnd(log: Logger) {
  let settle: (code: number) => void;
  const code = new Promise<number>((resolve) => {
    settle = resolve;
  });
  const onSignal = () => settle(0);
  process.once("SIGINT", onSignal);
  process.once("SIGTERM", onSignal);
  return {
    code,
    broken: (error: Error) => {
      log.fatal({ err: error }, "the lease store broke: ending, so that a supervisor starts anew");
      settle(1);
    },
    dispose: () => {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    },
  };
}
