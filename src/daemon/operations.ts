import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { systemClock } from "../clock.ts";
import type { Config } from "../config/model.ts";
import type { DhcpEvent } from "../dhcp/ports.ts";
import { Hooks } from "../hooks/hooks.ts";
import { newsLine } from "../hooks/news-line.ts";
import { postHook } from "../hooks/post-shell.ts";
import { adminOnly } from "../http/admin-auth.ts";
import type { Download } from "../http/boot-parts.ts";
import { ReadinessCheck } from "../http/health.ts";
import { observeRequests } from "../http/observe-requests.ts";
import { healthRoutes } from "../http/routes/health.ts";
import { metricsRoutes } from "../http/routes/metrics.ts";
import { Sessions } from "../http/session.ts";
import type { Machines } from "../machines/machines.ts";
import { cryptoIds, systemSchedule } from "../machines/shell.ts";
import type { DhcpSource } from "../metrics/dhcp.ts";
import { shownUrl } from "../metrics/hooks.ts";
import { Metrics } from "../metrics/metrics.ts";
import type { Mac } from "../net/mac.ts";
import type { SyslogCounters } from "../syslog/server.ts";
import type { TftpCounters } from "../tftp/counters.ts";
import type { TftpEvent } from "../tftp/source.ts";
import { VERSION } from "../version.ts";
import { HookFeed } from "./hook-feed.ts";

export interface OperationsParts {
  readonly config: Config;
  readonly machines: Machines;
  readonly dhcp: DhcpSource | undefined;
  readonly tftp: () => TftpCounters;
  readonly syslog: (() => SyslogCounters) | undefined;
  /** The admin's token. */
  readonly token: string;
  /** The name of the machine with this MAC. */
  readonly nameOf: (mac: Mac) => string | undefined;
  readonly log: Logger;
  /** Writes something into the state; throws where it cannot. */
  readonly probeStore: () => void;
  /** Whether everything that is to listen does. */
  readonly listening: () => boolean;
}

/** What is seen of the daemon from outside: health, readiness, metrics, and the hooks that are told of events. */
export class Operations {
  readonly #parts: OperationsParts;
  readonly #metrics: Metrics;
  readonly #readiness: ReadinessCheck;
  readonly #hooks: Hooks;
  readonly #feed: HookFeed;

  constructor(parts: OperationsParts) {
    const { config, machines, dhcp, tftp, syslog, probeStore, listening } = parts;
    this.#parts = parts;
    this.#hooks = this.#makeHooks();
    this.#hooks.configure(config.hooks);
    this.#feed = new HookFeed((event) => this.#hooks.tell(event));
    this.#metrics = new Metrics({
      ...{ version: VERSION, now: systemClock(), dhcp, tftp, machines, syslog },
      hooksWaiting: () => this.#hooks.waiting(),
    });
    machines.subscribe((event) => {
      this.#metrics.machines.onEvent(event);
      this.#feed.onLine(event);
    });
    this.#readiness = new ReadinessCheck({ probeStore, listening, now: systemClock });
  }

  /** Adds the routes to the admin app, and counts the requests of both. */
  attach(apps: { readonly boot: FastifyInstance; readonly admin: FastifyInstance }): void {
    const { http } = this.#metrics;
    observeRequests(apps.boot, (request) => http.served({ app: "boot", ...request }));
    observeRequests(apps.admin, (request) => http.served({ app: "admin", ...request }));
    healthRoutes(apps.admin, () => this.#readiness.look());
    const { config, token } = this.#parts;
    const sessions = new Sessions({ token, now: systemClock, id: cryptoIds.attemptId });
    const isOpen = config.admin.metrics === "open";
    metricsRoutes(apps.admin, this.#metrics, isOpen ? undefined : adminOnly(sessions));
  }

  onDhcp(event: DhcpEvent): void {
    const { nameOf } = this.#parts;
    this.#feed.onDhcp(event, event.mac && nameOf(event.mac), systemClock());
  }

  onTftp(event: TftpEvent): void {
    this.#metrics.tftp.onEvent(event);
  }

  onDownload(download: Download): void {
    this.#metrics.http.downloaded(download.path, download.bytes);
  }

  /** A new configuration is in force. */
  configInForce(config: Config): void {
    this.#hooks.configure(config.hooks);
    this.#metrics.config.inForce(systemClock());
  }

  /** A changed configuration was refused. */
  configRefused(): void {
    this.#metrics.config.refused();
  }

  /** Nothing is told to hooks any more. */
  close(): void {
    this.#hooks.close();
  }

  #makeHooks(): Hooks {
    const { log } = this.#parts;
    return new Hooks({
      post: postHook,
      now: systemClock,
      newId: cryptoIds.attemptId,
      schedule: systemSchedule,
      observer: {
        onOutcome: (hook, outcome) => {
          this.#metrics.hooks.onOutcome(hook, outcome);
          log.debug({ hook: shownUrl(hook.url), outcome }, "hook");
        },
        onNews: (hook, news) => {
          const { level, fields, text } = newsLine(shownUrl(hook.url), news);
          log[level](fields, text);
        },
      },
    });
  }
}
