import type { FastifyReply, FastifyRequest } from "fastify";
import { BootwireError } from "../errors.ts";
import type { Sessions } from "./session.ts";

const COOKIE = "bootwire_session";

/**
 * A hook that lets nobody past without `Authorization: Bearer <token>` or a session's cookie. A browser sends the cookie
 * whoever made it ask, so a request that changes something must come from our own pages. Throws BW_UNAUTHORIZED,
 * BW_CROSS_SITE.
 */
export function adminOnly(sessions: Sessions): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    if (bearer !== undefined && sessions.isToken(bearer)) return;
    const cookie = sessionOf(request);
    if (bearer === undefined && cookie !== undefined && sessions.isOpen(cookie)) {
      if (request.method !== "GET" && request.method !== "HEAD") requireOwnPage(request);
      return;
    }
    throw new BootwireError(
      "BW_UNAUTHORIZED",
      "the admin API wants a token",
      "Send `Authorization: Bearer TOKEN`, or log in; the token is in the file admin-token of the state folder.",
    );
  };
}

/** Throws BW_CROSS_SITE where a browser says that the request comes from elsewhere, or does not say where from. */
export function requireOwnPage(request: FastifyRequest): void {
  const { origin, host } = request.headers;
  // The scheme is not compared: a proxy in front of us may be the one that speaks TLS.
  if (origin !== undefined && URL.canParse(origin) && new URL(origin).host === host) return;
  throw new BootwireError(
    "BW_CROSS_SITE",
    "this request comes from another site's page",
    "Use the dashboard's own pages, or send the token as `Authorization: Bearer TOKEN`.",
  );
}

/** The session that a browser shows. */
export function sessionOf(request: FastifyRequest): string | undefined {
  for (const pair of (request.headers.cookie ?? "").split(";")) {
    const [name, value] = pair.trim().split("=", 2);
    if (name === COOKIE && value) return value;
  }
  return undefined;
}

/** Gives a browser its session, or (`undefined`) takes it away. */
export function setSession(reply: FastifyReply, value: string | undefined, seconds: number): void {
  const secure = reply.request.protocol === "https" ? "; Secure" : "";
  const age = value === undefined ? 0 : seconds;
  reply.header(
    "set-cookie",
    `${COOKIE}=${value ?? ""}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${age}${secure}`,
  );
}
