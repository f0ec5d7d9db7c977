import type { FastifyInstance, FastifyReply } from "fastify";
import { BootwireError } from "../../errors.ts";
import type { Answer } from "../../installers/installer.ts";
import type { BootAppParts } from "../boot-parts.ts";
import { localAddress } from "../local-address.ts";

/**
 * `GET /a/<token>/answers/<file>`: the answers of a running attempt. They hold secrets: the token is the key. POST does
 * the same, for installers that tell of the machine while they ask (Proxmox).
 */
export function answerRoutes(app: FastifyInstance, parts: BootAppParts): void {
  app.route<{ Params: { token: string; file: string } }>({
    method: ["GET", "POST"],
    url: "/a/:token/answers/:file",
    handler: async (request, reply) => {
      const found = parts.machines.attemptByToken(request.params.token, "answers");
      const server = localAddress(request);
      const answers =
        found && server !== undefined
          ? await parts.boot.answers(found.machine, found.attempt, server)
          : undefined;
      if (!answers) {
        throw new BootwireError(
          "BW_ATTEMPT_UNKNOWN",
          "no running attempt has this token",
          "Tokens die with their attempt. Boot the machine from the network again to get a new one.",
        );
      }
      const answer = answers.get(request.params.file);
      return answer ? sendAnswer(reply, answer) : reply.callNotFound();
    },
  });
}

/** Sends one answer, which no cache may keep. */
export function sendAnswer(reply: FastifyReply, answer: Answer): FastifyReply {
  return reply
    .type(answer.contentType)
    .header("cache-control", "no-store")
    .send(answer.bytes ?? answer.body);
}
