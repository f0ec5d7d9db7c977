import type { FastifyInstance } from "fastify";
import {
  cancelMachine,
  getAttemptLog,
  getMachine,
  listAttempts,
  listMachines,
  localMachine,
  reinstallMachine,
} from "../../api/machines.ts";
import type { HostConfig } from "../../config/model.ts";
import { BootwireError } from "../../errors.ts";
import type { AdminAppParts } from "../admin-parts.ts";
import { describeAttempt, describeMachine, describeMachines } from "../describe.ts";
import { serve } from "../endpoint.ts";

/** Attempts among which a log is looked for: all that are kept. */
const ALL_ATTEMPTS = 1000;

/** `/api/v1/machines…`: what they are, and the orders that they are given. */
export function machineRoutes(app: FastifyInstance, parts: AdminAppParts): void {
  const { machines, active } = parts;
  const known = (name: string) => knownHost(parts, name);
  serve(app, listMachines, async () => ({
    machines: describeMachines(parts, active().config.hosts),
  }));
  serve(app, getMachine, async ({ params }) => describeMachine(parts, known(params.name)));
  serve(app, reinstallMachine, async ({ params, body }) => {
    const host = known(params.name);
    if (body?.confirm) requireUnchanged(host, body.confirm);
    machines.reinstall(host.name);
    return describeMachine(parts, host);
  });
  serve(app, localMachine, async ({ params }) => {
    const host = known(params.name);
    machines.local(host.name);
    return describeMachine(parts, host);
  });
  serve(app, cancelMachine, async ({ params }) => {
    const host = known(params.name);
    machines.cancel(host.name);
    return describeMachine(parts, host);
  });
  serve(app, listAttempts, async ({ params, query }) => ({
    attempts: machines.attempts(known(params.name).name, query.limit).map((attempt) => ({
      ...describeAttempt(attempt),
      profile: attempt.profile,
      firmware: attempt.firmware,
      hasLog: machines.log(attempt.id) !== undefined,
    })),
  }));
  serve(app, getAttemptLog, async ({ params }) => {
    const { name } = known(params.name);
    if (!machines.attempts(name, ALL_ATTEMPTS).some((attempt) => attempt.id === params.attempt)) {
      throw new BootwireError(
        "BW_ATTEMPT_UNKNOWN",
        `${name} has no attempt ${params.attempt}`,
        `See /api/v1/machines/${name}/attempts.`,
      );
    }
    const log = machines.log(params.attempt);
    if (log !== undefined) return { log };
    throw new BootwireError(
      "BW_LOG_MISSING",
      `attempt ${params.attempt} has no log`,
      "Installers send a log when they fail; see the timeline for the rest.",
    );
  });
}

/** Throws BW_MACHINE_UNKNOWN. */
export function knownHost({ active }: AdminAppParts, name: string): HostConfig {
  const host = active().byName(name);
  if (host) return host;
  const names = active().config.hosts.map((one) => one.name);
  throw new BootwireError(
    "BW_MACHINE_UNKNOWN",
    `no machine is called ${name}`,
    names.length > 0 ? `The config has: ${names.join(", ")}.` : "The config has no hosts yet.",
  );
}

/** The config may have changed between the question and the admin's yes: no other disk is wiped than he was shown. */
function requireUnchanged(
  host: HostConfig,
  shown: { readonly disk: string | null; readonly profile: string | null },
): void {
  const [disk, profile] = [host.disk ?? null, host.profile?.name ?? null];
  if (shown.disk === disk && shown.profile === profile) return;
  throw new BootwireError(
    "BW_MACHINE_CHANGED",
    `the config of ${host.name} has changed: an install would put ${profile ?? "nothing"} on ${disk ?? "its only disk"}`,
    "Look at the machine again, and confirm what it says now.",
  );
}
