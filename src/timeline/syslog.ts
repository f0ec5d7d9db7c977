import type { TimelineEvent } from "../machines/model.ts";
import type { SyslogLine } from "../syslog/parse.ts";
import type { Client } from "./transfers.ts";

/** RFC 5424 §6.2.1's severities, by number. */
const SEVERITIES = ["emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"] as const;

/** The timeline's line for a line of syslog. */
export function syslogLine(line: SyslogLine, client: Client, at: number): TimelineEvent {
  const { app, message } = line;
  return {
    at,
    mac: client.mac,
    machine: client.host?.name,
    attempt: undefined,
    kind: "log.line",
    text: app === undefined ? message : `${app}: ${message}`,
    data: { severity: SEVERITIES[line.severity] ?? "debug", ...(app !== undefined && { app }) },
  };
}

/** The timeline's line for a machine that sends more syslog than is kept. */
export function tooMuchSyslogLine(client: Client, at: number): TimelineEvent {
  return {
    at,
    mac: client.mac,
    machine: client.host?.name,
    attempt: undefined,
    kind: "log.limited",
    text: "sends more syslog than is kept; for a while its lines are dropped",
    data: undefined,
  };
}
