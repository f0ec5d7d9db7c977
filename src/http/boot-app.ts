import Fastify, { type FastifyInstance } from "fastify";
import type { BootAppParts } from "./boot-parts.ts";
import { errorReply } from "./errors.ts";
import { answerRoutes } from "./routes/answers.ts";
import { bootScriptRoutes } from "./routes/boot-script.ts";
import { callbackRoutes } from "./routes/callbacks.ts";
import { contentRoutes } from "./routes/content.ts";
import { noCloudRoutes } from "./routes/nocloud.ts";
import { proxmoxRoutes } from "./routes/proxmox.ts";

/** Largest body that a callback may post (an installer's log), in bytes. */
const BODY_LIMIT = 1 << 20;

/** The app that machines talk to. It has no admin routes, ever: it listens where anybody on the segment can reach it. */
export function createBootApp(parts: BootAppParts): FastifyInstance {
  const app = Fastify({ bodyLimit: BODY_LIMIT, routerOptions: { caseSensitive: true } });
  // Installers post with every content type there is, or none: routes read the bytes themselves.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error, request, reply) => errorReply(parts.log, error, request, reply));
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({
      error: { code: "BW_HTTP_NOT_FOUND", message: "nothing of that name", hint: "Check the path." },
    }),
  );
  bootScriptRoutes(app, parts);
  contentRoutes(app, parts);
  answerRoutes(app, parts);
  callbackRoutes(app, parts);
  noCloudRoutes(app, parts);
  proxmoxRoutes(app, parts);
  return app;
}
