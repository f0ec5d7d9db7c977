import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { BootwireError } from "../../errors.ts";
import { type Explanation, explainQuerySchema } from "../../explain/answer.ts";
import { parseMac } from "../../net/mac.ts";
import type { AdminAppParts } from "../admin-parts.ts";

/**
 * `GET /api/v1/explain/:machine` (a name, or any MAC): what it would be answered at each step of a network boot, and why.
 * Tokens and hashes of passwords are masked, unless `secrets=true`.
 */
export function explainRoutes(app: FastifyInstance, parts: AdminAppParts): void {
  app.get<{ Params: { machine: string } }>(
    "/api/v1/explain/:machine",
    async (request): Promise<Explanation> => {
      const { machine } = request.params;
      const query = explainQuerySchema.safeParse(request.query);
      if (!query.success) {
        throw new BootwireError(
          "BW_HTTP_QUERY",
          z.prettifyError(query.error),
          "Correct the query of the request.",
        );
      }
      const mac = parts.active().byName(machine)?.mac ?? parseMac(machine);
      if (mac !== undefined) return parts.explain({ ...query.data, mac });
      throw new BootwireError(
        "BW_MACHINE_UNKNOWN",
        `no machine is called ${machine}, and it is no MAC address`,
        "See `bootwire machines` for the names; a machine that is not in the config is named by its MAC.",
      );
    },
  );
}
