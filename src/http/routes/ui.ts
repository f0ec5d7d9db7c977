import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

/** The dashboard's files: they hold no secret, and have to be there for the login. */
export function uiRoutes(app: FastifyInstance, folder: string): void {
  void app.register(fastifyStatic, {
    root: folder,
    // Only what was built is served; a look at the file system for every wrong path is saved.
    wildcard: false,
    cacheControl: false,
    setHeaders: (response, path) => {
      // Vite writes a digest into the names of what index.html loads.
      const isNamedByContent = /[/\\]assets[/\\]/.test(path);
      response.setHeader(
        "cache-control",
        isNamedByContent ? "public, max-age=31536000, immutable" : "no-cache",
      );
    },
  });
}
