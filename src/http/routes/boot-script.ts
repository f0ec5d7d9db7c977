import type { FastifyInstance } from "fastify";
import { parseScriptName } from "../../boot/content-paths.ts";
import type { BootAppParts } from "../boot-parts.ts";
import { clientAddress, localAddress } from "../local-address.ts";

/**
 * `GET /boot/<firmware>/<mac>.ipxe`: the machine's boot script. This is the network boot: an attempt begins or goes on.
 * HEAD is not offered, since a look must not begin anything.
 */
export function bootScriptRoutes(app: FastifyInstance, parts: BootAppParts): void {
  app.get<{ Params: { firmware: string; file: string } }>(
    "/boot/:firmware/:file",
    { exposeHeadRoute: false },
    async (request, reply) => {
      const name = parseScriptName(`boot/${request.params.firmware}/${request.params.file}`);
      const server = localAddress(request);
      if (!name || server === undefined) return reply.callNotFound();
      const rendered = await parts.boot.script(name, server);
      if (!rendered) return reply.callNotFound();
      parts.onScript(name, rendered, clientAddress(request));
      return reply.type("text/plain; charset=utf-8").header("cache-control", "no-store").send(rendered.body);
    },
  );
}
