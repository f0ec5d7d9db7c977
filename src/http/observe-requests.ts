import type { FastifyInstance } from "fastify";

/** A request that was answered, downloads included. */
export interface AnsweredRequest {
  readonly method: string;
  /** The route's pattern; `none` where no route is. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

/** Tells of each request of an app once its answer has left; also of those that write past fastify. */
export function observeRequests(app: FastifyInstance, onAnswer: (request: AnsweredRequest) => void): void {
  app.addHook("onResponse", async (request, reply) => {
    onAnswer({
      method: request.method,
      route: request.routeOptions.url ?? "none",
      status: reply.raw.statusCode,
      seconds: reply.elapsedTime / 1000,
    });
  });
}
