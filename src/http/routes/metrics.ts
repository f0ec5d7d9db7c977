import type { FastifyInstance, FastifyRequest } from "fastify";

/** What is shown at `/metrics`. */
export interface MetricsPage {
  readonly contentType: string;
  render(): Promise<string>;
}

/** `GET /metrics`, for Prometheus. `admit` throws for whoever may not see it; without it everybody may. */
export function metricsRoutes(
  app: FastifyInstance,
  page: MetricsPage,
  admit: ((request: FastifyRequest) => Promise<void>) | undefined,
): void {
  app.get("/metrics", { onRequest: admit ? [admit] : [] }, async (_request, reply) =>
    reply
      .type(page.contentType)
      .header("cache-control", "no-store")
      .send(await page.render()),
  );
}
