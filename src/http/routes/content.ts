import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { BootwireError } from "../../errors.ts";
import { type Content, openFileContent } from "../../media/content.ts";
import { CONTENT_FOLDERS } from "../../media/content-path.ts";
import { isQcow2 } from "../../media/image-preparer.ts";
import type { BootAppParts } from "../boot-parts.ts";
import { folderIndex } from "../folder-index.ts";
import { clientAddress } from "../local-address.ts";
import { sendContent } from "../send-content.ts";

/** `GET|HEAD` of every content path: what loaders and installers fetch, with Range. */
export function contentRoutes(app: FastifyInstance, parts: BootAppParts): void {
  for (const folder of CONTENT_FOLDERS) {
    app.route<{ Params: { "*": string }; Querystring: { as?: string } }>({
      method: ["GET", "HEAD"],
      url: `/${folder}/*`,
      handler: async (request, reply) => {
        const contentPath = `${folder}/${request.params["*"]}`;
        const converted = await convertedImage(parts, contentPath, request.query.as);
        if (converted !== undefined)
          return send(parts, request, reply, contentPath, await openFileContent(converted));
        const opened = await parts.catalogue.open(contentPath);
        switch (opened.kind) {
          case "content":
            return send(parts, request, reply, contentPath, opened.content);
          case "folder":
            // What the index links to is relative to the folder.
            if (!contentPath.endsWith("/")) return reply.redirect(`${request.url.replace(/\?.*/, "")}/`, 301);
            return reply.type("text/html; charset=utf-8").send(folderIndex(contentPath, opened.entries));
          case "missing":
            return reply.callNotFound();
        }
      },
    });
  }
}

async function convertedImage(
  parts: BootAppParts,
  contentPath: string,
  as: string | undefined,
): Promise<string | undefined> {
  const image = contentPath.slice("media/".length);
  if (as !== "raw" || !contentPath.startsWith("media/") || !isQcow2(image)) return undefined;
  const converted = await parts.images.convertedPath(image);
  if (converted !== undefined) return converted;
  throw new BootwireError(
    "BW_MEDIA_PREPARING",
    `${image} has not been converted to raw yet`,
    "The conversion starts when a machine boots that needs it; ask again when it is done.",
  );
}

async function send(
  parts: BootAppParts,
  request: FastifyRequest,
  reply: FastifyReply,
  path: string,
  content: Content,
): Promise<FastifyReply> {
  // From here on the response is written past fastify, straight to the socket.
  reply.hijack();
  const client = clientAddress(request);
  const meter = parts.onTransfer({ protocol: "http", path, client, size: content.size });
  try {
    const type = "application/octet-stream";
    const sent = await sendContent(request, reply.raw, content, type, meter.progress);
    parts.onDownload({ ...sent, path, client, method: request.method });
  } catch (error) {
    parts.log.error({ err: error, path }, "a file could not be read to its end");
    reply.raw.destroy();
  } finally {
    meter.end();
    await content.close();
  }
  return reply;
}
