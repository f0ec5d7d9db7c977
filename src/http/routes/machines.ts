import type { FastifyInstance } from "fastify";
import type { ApiAttempt, ApiMachine, ApiMachines } from "../../api-types.ts";
import type { HostConfig } from "../../config/model.ts";
import { BootwireError } from "../../errors.ts";
import type { Machines } from "../../machines/machines.ts";
import type { Attempt } from "../../machines/model.ts";
import { formatIpv4 } from "../../net/ipv4.ts";
import type { AdminAppParts } from "../admin-parts.ts";

/** `GET /api/v1/machines[/:name]`, `POST /api/v1/machines/:name/{reinstall,local}`. */
export function machineRoutes(app: FastifyInstance, parts: AdminAppParts): void {
  const known = (name: string): HostConfig => {
    const host = parts.active().byName(name);
    if (host) return host;
    const names = parts.active().config.hosts.map((one) => one.name);
    throw new BootwireError(
      "BW_MACHINE_UNKNOWN",
      `no machine is called ${name}`,
      names.length > 0 ? `The config has: ${names.join(", ")}.` : "The config has no hosts yet.",
    );
  };
  app.get(
    "/api/v1/machines",
    async (): Promise<ApiMachines> => ({
      machines: parts.active().config.hosts.map((host) => describeMachine(parts.machines, host)),
    }),
  );
  app.get<{ Params: { name: string } }>("/api/v1/machines/:name", async (request) =>
    describeMachine(parts.machines, known(request.params.name)),
  );
  app.post<{ Params: { name: string } }>("/api/v1/machines/:name/reinstall", async (request) => {
    const host = known(request.params.name);
    parts.machines.reinstall(host.name);
    return describeMachine(parts.machines, host);
  });
  app.post<{ Params: { name: string } }>("/api/v1/machines/:name/local", async (request) => {
    const host = known(request.params.name);
    parts.machines.local(host.name);
    return describeMachine(parts.machines, host);
  });
}

function describeMachine(machines: Machines, host: HostConfig): ApiMachine {
  const life = machines.get(host.name);
  const outcome = host.profile && machines.preview(host);
  return {
    name: host.name,
    mac: host.mac,
    profile: host.profile?.name ?? null,
    state: life?.record.state.kind ?? "ready",
    next: outcome?.kind ?? "nothing",
    reason: outcome?.reason ?? "a reservation without a profile",
    address: host.address === undefined ? null : formatIpv4(host.address),
    lastSeen: life?.record.lastSeen ?? null,
    attempt: life?.attempt ? describeAttempt(life.attempt) : null,
  };
}

/** Without its token: what the API shows must not open an install's answers. */
function describeAttempt(attempt: Attempt): ApiAttempt {
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
