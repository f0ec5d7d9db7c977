import type { FastifyInstance } from "fastify";
import { BootwireError } from "../../errors.ts";
import type { CallbackEvent } from "../../machines/life.ts";
import type { BootAppParts } from "../boot-parts.ts";
import { type CallbackBody, parseCallbackBody } from "../callback-body.ts";

/** `POST /a/<token>/<event>`: what installers and installed systems say of themselves. */
export function callbackRoutes(app: FastifyInstance, parts: BootAppParts): void {
  app.post<{ Params: { token: string; event: string } }>("/a/:token/:event", async (request, reply) => {
    const body = Buffer.isBuffer(request.body) ? request.body : undefined;
    const event = callbackEvent(
      request.params.event,
      parseCallbackBody(body, request.headers["content-type"]),
    );
    if (!event) return reply.callNotFound();
    const result = parts.machines.callback(request.params.token, event);
    if (!result.ok) {
      throw new BootwireError(
        result.code,
        result.reason,
        "Tokens die with their attempt: this call comes from an install that ended or was replaced.",
      );
    }
    return reply.code(204).send();
  });
}

function callbackEvent(name: string, body: CallbackBody): CallbackEvent | undefined {
  switch (name) {
    case "started":
      return { kind: "started" };
    case "progress":
      return { kind: "progress", percent: body.percent, text: body.text };
    case "done":
      return { kind: "done" };
    case "failed":
      return { kind: "failed", reason: body.reason ?? "the installer said that it failed", log: body.log };
    case "booted":
      return { kind: "booted" };
    case "report":
      return { kind: "report", hostname: body.fields["hostname"], users: words(body.fields["users"]) };
    default:
      return undefined;
  }
}

function words(text: string | undefined): readonly string[] {
  return (text ?? "").split(/[\s,]+/).filter((word) => word !== "");
}
