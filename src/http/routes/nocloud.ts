import type { FastifyInstance, FastifyRequest } from "fastify";
import type { HostConfig } from "../../config/model.ts";
import { BootwireError } from "../../errors.ts";
import { cidataIso } from "../../media/cidata.ts";
import type { BootAppParts } from "../boot-parts.ts";
import { parseCallbackBody, reportOf } from "../callback-body.ts";
import { localAddress } from "../local-address.ts";

interface Params {
  readonly token: string;
  readonly file: string;
}

/**
 * `GET /nocloud/<token>/{user-data,meta-data,vendor-data,network-config}`: cloud-init's data source NoCloud, for
 * installed systems and clones of templates; `cidata.iso`: the same as a disc for Proxmox's cloud-init drive. `POST
 * …/{report,booted}`: what the system says of itself. The token is the key: the seed holds password hashes.
 */
export function noCloudRoutes(app: FastifyInstance, parts: BootAppParts): void {
  app.get<{ Params: Params }>("/nocloud/:token/:file", async (request, reply) => {
    const { host, token } = known(parts, request);
    const server = localAddress(request);
    if (server === undefined) return reply.callNotFound();
    const files = parts.boot.seed(host, token, server);
    reply.header("cache-control", "no-store");
    if (request.params.file === "cidata.iso") {
      const bodies = [...files].map(([name, answer]) => [name, answer.body] as const);
      return reply.type("application/octet-stream").send(cidataIso(new Map(bodies)));
    }
    const answer = files.get(request.params.file);
    return answer ? reply.type(answer.contentType).send(answer.body) : reply.callNotFound();
  });

  app.post<{ Params: Params }>("/nocloud/:token/:file", async (request, reply) => {
    const { host } = known(parts, request);
    const body = Buffer.isBuffer(request.body) ? request.body : undefined;
    const said = parseCallbackBody(body, request.headers["content-type"]);
    switch (request.params.file) {
      case "booted":
        parts.onSeed(host, { kind: "booted" });
        break;
      case "report":
        parts.onSeed(host, { kind: "report", ...reportOf(said) });
        break;
      default:
        return reply.callNotFound();
    }
    return reply.code(204).send();
  });
}

function known(
  parts: BootAppParts,
  request: FastifyRequest<{ Params: Params }>,
): { readonly host: HostConfig; readonly token: string } {
  const { token } = request.params;
  const host = parts.seeds.find(token, parts.active());
  if (host) return { host, token };
  throw new BootwireError(
    "BW_SEED_UNKNOWN",
    "no machine has this seed",
    "Print the machine's own address of its seed with `bootwire seed MACHINE --url`.",
  );
}
