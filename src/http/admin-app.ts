import Fastify, { type FastifyInstance } from "fastify";
import type { AdminAppParts } from "./admin-parts.ts";
import { adminOnly } from "./admin-token.ts";
import { errorReply } from "./errors.ts";
import { eventRoutes } from "./routes/events.ts";
import { explainRoutes } from "./routes/explain.ts";
import { machineRoutes } from "./routes/machines.ts";
import { statusRoutes } from "./routes/status.ts";

/** The app that admins and their tools talk to: everything below `/api/v1` wants the token. */
export function createAdminApp(parts: AdminAppParts): FastifyInstance {
  const app = Fastify({ forceCloseConnections: true });
  app.setErrorHandler((error, request, reply) => errorReply(parts.log, error, request, reply));
  app.setNotFoundHandler((_request, reply) => {
    const error = { code: "BW_HTTP_NOT_FOUND", message: "nothing of that name", hint: "Check the path." };
    return reply.code(404).send({ error });
  });
  app.addHook("onRequest", adminOnly(parts.token));
  statusRoutes(app, parts);
  machineRoutes(app, parts);
  eventRoutes(app, parts);
  explainRoutes(app, parts);
  return app;
}
