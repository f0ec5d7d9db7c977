import type { FastifyInstance } from "fastify";
import { acceptState, getCounters, getStatus, reloadConfig } from "../../api/status.ts";
import type { AdminAppParts } from "../admin-parts.ts";
import { serve } from "../endpoint.ts";

/** `GET /api/v1/status`, `GET /api/v1/counters`, `POST /api/v1/reload`, `POST /api/v1/accept-state`. */
export function statusRoutes(app: FastifyInstance, parts: AdminAppParts): void {
  serve(app, getStatus, async () => parts.status());
  serve(app, getCounters, async () => parts.counters());
  serve(app, reloadConfig, async () => parts.reload());
  serve(app, acceptState, async ({ body }) => {
    const accepted = parts.machines.liftGuard(body.unseen);
    parts.monitor.changed("status");
    return accepted;
  });
}
