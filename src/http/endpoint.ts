import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Endpoint } from "../api/schema.ts";
import type { Said } from "../api-types.ts";
import { BootwireError } from "../errors.ts";

/** A request as its endpoint's schemas have read it. */
export interface Input<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/**
 * Serves an endpoint: what comes is checked against its schemas (BW_HTTP_PATH, BW_HTTP_QUERY, BW_HTTP_BODY), and so is
 * what goes out, where a mistake of ours is an internal error.
 */
export function serve<P, Q, B, R>(
  app: FastifyInstance,
  endpoint: Endpoint<P, Q, B, R>,
  handler: (input: Input<P, Q, B>) => Promise<Said<z.ZodType<R>>>,
): void {
  app.route({
    method: endpoint.method,
    url: endpoint.path,
    handler: async (request, reply) => {
      const answer = await handler(readRequest(endpoint, request, reply));
      return endpoint.response.parse(answer);
    },
  });
}

/** Serves an endpoint that answers with a stream of its own. */
export function serveStream<P, Q, B, R>(
  app: FastifyInstance,
  endpoint: Endpoint<P, Q, B, R>,
  handler: (input: Input<P, Q, B>) => void,
): void {
  app.route({
    method: endpoint.method,
    url: endpoint.path,
    exposeHeadRoute: false,
    handler: (request, reply) => {
      handler(readRequest(endpoint, request, reply));
      return reply;
    },
  });
}

function readRequest<P, Q, B, R>(
  endpoint: Endpoint<P, Q, B, R>,
  request: FastifyRequest,
  reply: FastifyReply,
): Input<P, Q, B> {
  return {
    params: read(endpoint.params, request.params, "BW_HTTP_PATH", "path"),
    query: read(endpoint.query, request.query, "BW_HTTP_QUERY", "query"),
    body: read(endpoint.body, request.body, "BW_HTTP_BODY", "body"),
    request,
    reply,
  };
}

function read<T>(schema: z.ZodType<T>, value: unknown, code: string, part: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new BootwireError(code, z.prettifyError(parsed.error), `Correct the ${part} of the request.`);
}
