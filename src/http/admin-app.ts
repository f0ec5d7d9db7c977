import Fastify, { type FastifyInstance } from "fastify";
import { adminOnly } from "./admin-auth.ts";
import type { AdminAppParts } from "./admin-parts.ts";
import { errorReply } from "./errors.ts";
import { openApiDocument } from "./openapi.ts";
import { eventRoutes } from "./routes/events.ts";
import { explainRoutes } from "./routes/explain.ts";
import { liveRoutes } from "./routes/live.ts";
import { machineRoutes } from "./routes/machines.ts";
import { networkRoutes } from "./routes/network.ts";
import { previewRoutes } from "./routes/preview.ts";
import { sessionRoutes } from "./routes/session.ts";
import { statusRoutes } from "./routes/status.ts";
import { uiRoutes } from "./routes/ui.ts";
import { securityHeaders } from "./security-headers.ts";
import { Sessions } from "./session.ts";
import { Streams } from "./streams-shell.ts";

/** Largest body that an admin may send, in bytes. */
const BODY_LIMIT = 64 * 1024;

/**
 * The app that admins and their tools talk to: `/api/v1`, where everything but the login wants the token or a session,
 * and the dashboard's files.
 */
export function createAdminApp(parts: AdminAppParts): FastifyInstance {
  const app = Fastify({ forceCloseConnections: true, bodyLimit: BODY_LIMIT });
  app.setErrorHandler((error, request, reply) => errorReply(parts.log, error, request, reply));
  app.setNotFoundHandler((_request, reply) => {
    const error = { code: "BW_HTTP_NOT_FOUND", message: "nothing of that name", hint: "Check the path." };
    return reply.code(404).send({ error });
  });
  app.addHook("onRequest", securityHeaders);
  const sessions = new Sessions(parts);
  const streams = new Streams();
  sessionRoutes(app, parts, sessions);
  void app.register((closed, _options, done) => {
    closed.addHook("onRequest", adminOnly(sessions));
    closed.get("/api/v1/openapi.json", async () => openApiDocument(parts.status().version));
    statusRoutes(closed, parts);
    machineRoutes(closed, parts);
    previewRoutes(closed, parts);
    eventRoutes(closed, parts, streams);
    explainRoutes(closed, parts);
    liveRoutes(closed, parts, streams);
    networkRoutes(closed, parts);
    done();
  });
  if (parts.ui !== undefined) uiRoutes(app, parts.ui);
  return app;
}
