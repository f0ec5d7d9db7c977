import type { Logger } from "pino";
import type { RenderedScript } from "../boot/boot-service.ts";
import type { ClientBook } from "../boot/client-book.ts";
import type { ScriptName } from "../boot/content-paths.ts";
import type { ActiveConfig } from "../config/active-config.ts";
import type { HostConfig } from "../config/model.ts";
import type { DhcpEvent } from "../dhcp/ports.ts";
import type { Download } from "../http/boot-parts.ts";
import type { Machines } from "../machines/machines.ts";
import type { Monitor } from "../monitor/monitor.ts";
import { macOfNeighbour } from "../net/arp-table.ts";
import { formatIpv4 } from "../net/ipv4.ts";
import type { SyslogLine } from "../syslog/parse.ts";
import type { TftpEvent, TftpObserver } from "../tftp/source.ts";
import { dhcpLine } from "../timeline/dhcp.ts";
import { scriptLine } from "../timeline/script.ts";
import { type SeedCall, seedLine } from "../timeline/seed.ts";
import { syslogLine, tooMuchSyslogLine } from "../timeline/syslog.ts";
import { TransferSteps } from "../timeline/transfer-steps.ts";
import { type Client, downloadLine, tftpClient, tftpLine } from "../timeline/transfers.ts";
import type { OtherServers } from "./other-servers.ts";

export interface ObserverParts {
  readonly active: () => ActiveConfig;
  readonly machines: Machines;
  readonly clients: ClientBook;
  readonly otherServers: OtherServers;
  readonly monitor: Monitor;
  readonly now: () => number;
  readonly log: Logger;
}

/** What the servers see and do, on its way into the log and the machines' timelines. */
export class Observers implements TftpObserver {
  readonly #parts: ObserverParts;

  readonly #steps = new TransferSteps();

  constructor(parts: ObserverParts) {
    this.#parts = parts;
  }

  /** Something on the DHCP ports. */
  onDhcp(event: DhcpEvent): void {
    const { machines, clients, log, now, otherServers } = this.#parts;
    const host = event.mac && this.#parts.active().byMac(event.mac);
    const level = LOUD_DHCP_EVENTS.has(event.kind) ? "warn" : "debug";
    // Thousands a second may come by: nothing is put together for a log that does not want it.
    if (log.isLevelEnabled(level)) {
      const address = event.address === undefined ? undefined : formatIpv4(event.address);
      const server = event.server === undefined ? undefined : formatIpv4(event.server);
      log[level]({ ...event, address, server, machine: host?.name }, `dhcp ${event.kind}`);
    }
    otherServers.note(event);
    this.#parts.monitor.onDhcp(event);
    if (event.mac === undefined) return;
    if (host) machines.seen(event.mac);
    if (event.address !== undefined && event.kind === "ack") {
      clients.note(formatIpv4(event.address), event.mac, host);
    }
    const line = dhcpLine(event, host, now());
    if (line) machines.record(line);
  }

  /** Something on the TFTP port. */
  onEvent(event: TftpEvent): void {
    this.#parts.log[event.kind === "failed" ? "warn" : "debug"](event, `tftp ${event.kind}`);
    this.#parts.monitor.onTftp(event);
    if (!this.#steps.isStep(event) && event.kind === "progress") return;
    const { now, machines } = this.#parts;
    this.#forClient(tftpClient(event), (client) => {
      const line = tftpLine(event, client, now());
      if (line) machines.record(line);
    });
  }

  /** A line of syslog. Only machines of the config have their lines kept. */
  onSyslog(source: string, line: SyslogLine): void {
    const { now, machines } = this.#parts;
    this.#forClient(source, (client) => {
      if (client.host) machines.record(syslogLine(line, client, now()));
    });
  }

  /** Somebody sends more syslog than is kept. */
  onTooMuchSyslog(source: string): void {
    const { now, machines } = this.#parts;
    this.#forClient(source, (client) => {
      if (client.host) machines.record(tooMuchSyslogLine(client, now()));
    });
  }

  /** A boot script was handed out. */
  onScript(name: ScriptName, script: RenderedScript, client: string): void {
    const { machines, clients, log, now, monitor } = this.#parts;
    clients.note(client, name.mac, script.host);
    monitor.seen(name.mac, { firmware: name.firmware, address: client });
    if (script.host) machines.seen(name.mac);
    const line = scriptLine(name, script, now());
    log.info({ mac: name.mac, machine: script.host?.name, client }, line.text);
    machines.record(line);
  }

  /** A system that was set up from its own seed called. */
  onSeed(host: HostConfig, call: SeedCall): void {
    const { machines, log, now } = this.#parts;
    const line = seedLine(host, call, now());
    log.info({ mac: host.mac, machine: host.name }, line.text);
    machines.record(line);
  }

  /** A download over HTTP ended. */
  onDownload(download: Download): void {
    this.#parts.log.debug(download, "http download");
    const { now, machines } = this.#parts;
    this.#forClient(download.client, (client) => {
      const line = downloadLine(download, client, now());
      if (line) machines.record(line);
    });
  }

  /** Finds out which machine is behind an address: by what it said before, else by the neighbour table. */
  #forClient(address: string, then: (client: Client) => void): void {
    const known = this.#parts.clients.find(address);
    if (known) {
      then(known);
      return;
    }
    macOfNeighbour(address).then(
      (mac) => {
        if (mac !== undefined) then({ mac, host: this.#parts.active().byMac(mac) });
      },
      (error: unknown) => this.#parts.log.warn({ err: error }, "the neighbour table cannot be read"),
    );
  }
}

/** What an admin should see without asking. */
const LOUD_DHCP_EVENTS: ReadonlySet<DhcpEvent["kind"]> = new Set(["pool-exhausted", "conflict", "error"]);
