import type { FastifyInstance } from "fastify";
import { previewMachine } from "../../api/machines.ts";
import { previewFiles, previewSteps } from "../../boot/preview.ts";
import type { AdminAppParts } from "../admin-parts.ts";
import { describeMachine } from "../describe.ts";
import { serve } from "../endpoint.ts";
import { knownHost } from "./machines.ts";

/** `GET /api/v1/machines/:name/preview`: what a machine would be served now. */
export function previewRoutes(app: FastifyInstance, parts: AdminAppParts): void {
  const { boot } = parts;
  serve(app, previewMachine, async ({ params, query }) => {
    const host = knownHost(parts, params.name);
    const server = parts.server(host);
    const { next, reason } = describeMachine(parts, host);
    const files = await previewFiles(boot, host, server, query);
    return {
      machine: host.name,
      next,
      reason,
      steps: previewSteps(boot, host, server, query).map(({ firmware, runs, advice }) => ({
        firmware,
        runs,
        outcome: advice.kind,
        file: advice.kind === "boot" ? advice.file : null,
        reason: advice.reason,
      })),
      files: files.map((file) => ({ ...file, loader: file.loader ?? null, problem: file.problem ?? null })),
    };
  });
}
