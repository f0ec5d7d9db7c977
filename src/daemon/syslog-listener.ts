import type { Logger } from "pino";
import { systemClock } from "../clock.ts";
import type { Config } from "../config/model.ts";
import type { NetworkInterface } from "../net/interfaces.ts";
import { formatIpv4 } from "../net/ipv4.ts";
import { SyslogServer } from "../syslog/server.ts";
import type { Observers } from "./observers.ts";

/** The syslog listener that the config asks for, whose lines go into the machines' timelines. */
export function syslogListener(
  { syslog }: Config,
  interfaces: readonly NetworkInterface[],
  observers: Observers,
  log: Logger,
): SyslogServer | undefined {
  if (!syslog) return undefined;
  return new SyslogServer({
    addresses: interfaces.map((one) => formatIpv4(one.address)),
    port: syslog.port,
    onLine: (source, line) => observers.onSyslog(source, line),
    onTooMuch: (source) => observers.onTooMuchSyslog(source),
    onError: (error) => log.error({ err: error }, "syslog"),
    now: systemClock,
  });
}
