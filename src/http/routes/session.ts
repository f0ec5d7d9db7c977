import type { FastifyInstance } from "fastify";
import { closeSession, openSession } from "../../api/status.ts";
import { BootwireError } from "../../errors.ts";
import { adminOnly, requireOwnPage, sessionOf, setSession } from "../admin-auth.ts";
import type { AdminAppParts } from "../admin-parts.ts";
import { serve } from "../endpoint.ts";
import { clientAddress } from "../local-address.ts";
import { LoginLimit, type Sessions } from "../session.ts";

/** `POST /api/v1/session` logs a browser in, `DELETE` logs it out. */
export function sessionRoutes(app: FastifyInstance, parts: AdminAppParts, sessions: Sessions): void {
  const limit = new LoginLimit(parts.now);
  serve(app, openSession, async ({ body, request, reply }) => {
    // A page of another site must not log a browser in, either. Whoever is no browser does not say where it is from.
    if (request.headers.origin !== undefined) requireOwnPage(request);
    const address = clientAddress(request);
    const wait = limit.wait(address);
    if (wait > 0) {
      reply.header("retry-after", wait);
      throw new BootwireError(
        "BW_LOGIN_TOO_OFTEN",
        "there were too many wrong tokens",
        `Try again in ${wait} seconds.`,
      );
    }
    if (!sessions.isToken(body.token.trim())) {
      limit.failed(address);
      parts.log.warn({ client: address }, "a login with a wrong token");
      throw new BootwireError(
        "BW_LOGIN",
        "that is not this daemon's token",
        "The token is in the file admin-token of the state folder.",
      );
    }
    const { value, expiresAt } = sessions.open();
    setSession(reply, value, Math.floor((expiresAt - parts.now()) / 1000));
    return { expiresAt };
  });

  void app.register((closed, _options, done) => {
    closed.addHook("onRequest", adminOnly(sessions));
    serve(closed, closeSession, async ({ request, reply }) => {
      const session = sessionOf(request);
      if (session !== undefined) sessions.close(session);
      setSession(reply, undefined, 0);
      return { expiresAt: null };
    });
    done();
  });
}
