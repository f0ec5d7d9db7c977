import type { FastifyInstance } from "fastify";
import type { Readiness } from "../health.ts";

/**
 * `GET /healthz`: the process answers. `GET /readyz`: it can do its work, else 503 with what is missing. Without a token,
 * since supervisors have none; they say no more than that.
 */
export function healthRoutes(app: FastifyInstance, readiness: () => Readiness): void {
  app.get("/healthz", async (_request, reply) => {
    reply.header("cache-control", "no-store");
    return { healthy: true };
  });
  app.get("/readyz", async (_request, reply) => {
    const found = readiness();
    return reply
      .code(found.ready ? 200 : 503)
      .header("cache-control", "no-store")
      .send(found);
  });
}
