import type { FastifyInstance } from "fastify";
import { BootwireError } from "../../errors.ts";
import type { InstallerCall } from "../../installers/installer.ts";
import type { CallbackEvent } from "../../machines/life.ts";
import type { BootAppParts } from "../boot-parts.ts";
import { type CallbackBody, parseCallbackBody, reportOf } from "../callback-body.ts";

/**
 * `POST /a/<token>/<name>`: what installers and installed systems say of themselves. The standard names come first; any
 * other may be one of the machine's installer, which puts the call into the same words.
 */
export function callbackRoutes(app: FastifyInstance, parts: BootAppParts): void {
  app.post<{ Params: { token: string; name: string } }>("/a/:token/:name", async (request, reply) => {
    const { token, name } = request.params;
    const body = Buffer.isBuffer(request.body) ? request.body : undefined;
    const contentType = request.headers["content-type"];
    const standard = callbackEvent(name, parseCallbackBody(body, contentType));
    const events = standard
      ? [standard]
      : installerEvents(parts, token, { name, body: body ?? Buffer.alloc(0), contentType });
    if (!events) return reply.callNotFound();
    for (const event of events) {
      const result = parts.machines.callback(token, event);
      if (!result.ok) {
        throw new BootwireError(
          result.code,
          result.reason,
          "Tokens die with their attempt: this call comes from an install that ended or was replaced.",
        );
      }
    }
    return reply.code(204).send();
  });
}

/** A call in the words of the attempt's own installer; `undefined`: it is none, or no attempt of this token runs. */
function installerEvents(
  parts: BootAppParts,
  token: string,
  call: InstallerCall,
): readonly CallbackEvent[] | undefined {
  const found = parts.machines.attemptByToken(token, "callback");
  return found && parts.boot.installerEvents(found.machine, found.attempt, call);
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
    case "log":
      return { kind: "log", text: body.log ?? body.text ?? "" };
    case "report":
      return { kind: "report", ...reportOf(body) };
    default:
      return undefined;
  }
}
