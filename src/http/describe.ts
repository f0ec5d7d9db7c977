import type { ApiAttempt, ApiEvent, ApiMachine } from "../api-types.ts";
import type { HostConfig } from "../config/model.ts";
import type { MachineOutlook } from "../machines/api.ts";
import type { Attempt } from "../machines/model.ts";
import type { StoredEvent } from "../machines/ports.ts";
import { formatIpv4 } from "../net/ipv4.ts";
import type { AdminAppParts } from "./admin-parts.ts";

/** A machine of the config in the API's words. */
export function describeMachine(parts: AdminAppParts, host: HostConfig): ApiMachine {
  return describeOutlook(parts, parts.machines.outlook(host));
}

/** The same of many. */
export function describeMachines(parts: AdminAppParts, hosts: readonly HostConfig[]): ApiMachine[] {
  return parts.machines.outlooks(hosts).map((outlook) => describeOutlook(parts, outlook));
}

function describeOutlook(parts: AdminAppParts, { host, record, attempt, next }: MachineOutlook): ApiMachine {
  const sighting = parts.monitor.sighting(host.mac);
  const isBooted = host.profile !== undefined;
  return {
    name: host.name,
    mac: host.mac,
    profile: host.profile?.name ?? null,
    state: record.state.kind,
    next: isBooted ? next.kind : "nothing",
    reason: isBooted ? next.reason : "a reservation without a profile",
    address: host.address === undefined ? null : formatIpv4(host.address),
    currentAddress: sighting?.address ?? null,
    firmware: sighting?.firmware ?? attempt?.firmware ?? host.firmware ?? null,
    disk: host.disk ?? null,
    lastSeen: record.lastSeen ?? null,
    attempt: attempt ? describeAttempt(attempt) : null,
  };
}

/** Without its token: what the API shows must not open an install's answers. */
export function describeAttempt(attempt: Attempt): ApiAttempt {
  const { id, phase, percent, boots, startedAt, endedAt, failure } = attempt;
  return {
    id,
    phase,
    percent: percent ?? null,
    boots,
    startedAt,
    endedAt: endedAt ?? null,
    failure: failure ?? null,
  };
}

export function describeEvent(event: StoredEvent): ApiEvent {
  return {
    id: event.id,
    at: event.at,
    mac: event.mac ?? null,
    machine: event.machine ?? null,
    attempt: event.attempt ?? null,
    kind: event.kind,
    text: event.text,
    data: event.data ?? null,
  };
}
