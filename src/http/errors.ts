import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { BootwireError } from "../errors.ts";

/** HTTP status of the errors that are not simply "the request was wrong". */
const STATUS: Readonly<Record<string, number>> = {
  BW_ATTEMPT_UNKNOWN: 404,
  BW_ATTEMPT_OVER: 410,
  BW_ATTEMPT_FINISHING: 409,
  BW_MACHINE_UNKNOWN: 404,
  BW_MACHINE_NO_PROFILE: 409,
  BW_MACHINE_NEVER_INSTALLS: 409,
  BW_MEDIA_PREPARING: 503,
  BW_MEDIA_UNREADABLE: 500,
  BW_SEED_UNKNOWN: 404,
  BW_MACHINE_NOT_INSTALLING: 409,
  BW_MACHINE_CHANGED: 409,
  BW_LOG_MISSING: 404,
  BW_UNAUTHORIZED: 401,
  BW_LOGIN: 401,
  BW_LOGIN_TOO_OFTEN: 429,
  BW_CROSS_SITE: 403,
  BW_STREAMS_FULL: 503,
};

/** Turns whatever a handler threw into `{ error: { code, message, hint } }`. */
export async function errorReply(
  log: Logger,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (error instanceof BootwireError) {
    const { code, message, hint } = error;
    return reply.code(STATUS[code] ?? 400).send({ error: { code, message, hint } });
  }
  const status = error instanceof Error && "statusCode" in error ? Number(error.statusCode) : 500;
  if (status < 500 && error instanceof Error) {
    return reply
      .code(status)
      .send({ error: { code: "BW_HTTP_REQUEST", message: error.message, hint: "Check the request." } });
  }
  log.error({ err: error, url: request.url }, "request failed");
  const hint = "Look into the daemon's log; the cause is there.";
  return reply
    .code(500)
    .send({ error: { code: "BW_INTERNAL", message: "the request could not be answered", hint } });
}
