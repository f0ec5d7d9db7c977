import Fastify, { type FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { ApiReload, ApiStatus } from "../api-types.ts";
import type { ActiveConfig } from "../config/active-config.ts";
import type { Machines } from "../machines/machines.ts";
import { adminOnly } from "./admin-token.ts";
import { errorReply } from "./errors.ts";
import { eventRoutes } from "./routes/events.ts";
import { machineRoutes } from "./routes/machines.ts";
import { statusRoutes } from "./routes/status.ts";

/** What the admin app works with. */
export interface AdminAppParts {
  readonly active: () => ActiveConfig;
  readonly machines: Machines;
  readonly token: string;
  readonly status: () => ApiStatus;
  /** Takes up a changed config, or throws a BootwireError and keeps the old one. */
  readonly reload: () => Promise<ApiReload>;
  readonly log: Logger;
}

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
  return app;
}
