import type { FastifyInstance } from "fastify";
import { explainMachine } from "../../api/explain.ts";
import { BootwireError } from "../../errors.ts";
import { parseMac } from "../../net/mac.ts";
import type { AdminAppParts } from "../admin-parts.ts";
import { serve } from "../endpoint.ts";

/** `GET /api/v1/explain/:machine`: what it would be answered at each step of a network boot, and why. */
export function explainRoutes(app: FastifyInstance, parts: AdminAppParts): void {
  serve(app, explainMachine, async ({ params: { machine }, query }) => {
    const mac = parts.active().byName(machine)?.mac ?? parseMac(machine);
    if (mac !== undefined) return parts.explain({ ...query, mac });
    throw new BootwireError(
      "BW_MACHINE_UNKNOWN",
      `no machine is called ${machine}, and it is no MAC address`,
      "See `bootwire machines` for the names; a machine that is not in the config is named by its MAC.",
    );
  });
}
