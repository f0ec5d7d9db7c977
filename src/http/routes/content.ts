import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { BootwireError } from "../../errors.ts";
import { openFileContent } from "../../media/content.ts";
import { isQcow2 } from "../../media/image-preparer.ts";
import type { BootAppParts } from "../boot-parts.ts";
import { clientAddress } from "../local-address.ts";
import { sendContent } from "../send-content.ts";

/** `GET|HEAD /media/…` and `/assets/…`: what loaders and installers fetch, with Range. */
export function contentRoutes(app: FastifyInstance, parts: BootAppParts): void {
  for (const folder of ["assets", "media"] as const) {
    app.route<{ Params: { "*": string }; Querystring: { as?: string } }>({
      method: ["GET", "HEAD"],
      url: `/${folder}/*`,
      handler: async (request, reply) => {
        const contentPath = `${folder}/${request.params["*"]}`;
        const file = await locate(parts, contentPath, request.query.as);
        return file === undefined ? reply.callNotFound() : send(parts, request, reply, contentPath, file);
      },
    });
  }
}

async function locate(
  parts: BootAppParts,
  contentPath: string,
  as: string | undefined,
): Promise<string | undefined> {
  const image = contentPath.slice("media/".length);
  if (as === "raw" && contentPath.startsWith("media/") && isQcow2(image)) {
    const converted = await parts.images.convertedPath(image);
    if (converted !== undefined) return converted;
    throw new BootwireError(
      "BW_MEDIA_PREPARING",
      `${image} has not been converted to raw yet`,
      "The conversion starts when a machine boots that needs it; ask again when it is done.",
    );
  }
  const located = await parts.catalogue.locate(contentPath);
  return located.kind === "file" ? located.path : undefined;
}

async function send(
  parts: BootAppParts,
  request: FastifyRequest,
  reply: FastifyReply,
  path: string,
  file: string,
): Promise<FastifyReply> {
  let content: Awaited<ReturnType<typeof openFileContent>>;
  try {
    content = await openFileContent(file);
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "EISDIR")) {
      reply.callNotFound();
      return reply;
    }
    throw error;
  }
  // From here on the response is written past fastify, straight to the socket.
  reply.hijack();
  try {
    const sent = await sendContent(request, reply.raw, content, "application/octet-stream");
    parts.onDownload({ ...sent, path, client: clientAddress(request), method: request.method });
  } catch (error) {
    parts.log.error({ err: error, path }, "a file could not be read to its end");
    reply.raw.destroy();
  } finally {
    await content.close();
  }
  return reply;
}
