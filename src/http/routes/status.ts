import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { ApiAccepted } from "../../api-types.ts";
import { BootwireError } from "../../errors.ts";
import type { AdminAppParts } from "../admin-parts.ts";

/**
 * The admin's word on a lost state. `arm`: a new lab, machines that were never seen may be installed; `keep`: they count
 * as installed.
 */
const ACCEPT = z.object({ unseen: z.enum(["arm", "keep"]) });

/** `GET /api/v1/status`, `GET /api/v1/counters`, `POST /api/v1/reload`, `POST /api/v1/accept-state`. */
export function statusRoutes(app: FastifyInstance, parts: AdminAppParts): void {
  app.get("/api/v1/status", async () => parts.status());
  app.get("/api/v1/counters", async () => parts.counters());
  app.post("/api/v1/reload", async () => parts.reload());
  app.post("/api/v1/accept-state", async (request): Promise<ApiAccepted> => {
    const body = ACCEPT.safeParse(request.body);
    if (body.success) return parts.machines.liftGuard(body.data.unseen);
    throw new BootwireError("BW_HTTP_BODY", z.prettifyError(body.error), "Correct the body of the request.");
  });
}
