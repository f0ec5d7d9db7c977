import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { BootwireError } from "../../errors.ts";
import { PROXMOX_ANSWER } from "../../installers/proxmox.ts";
import { type Mac, parseMac } from "../../net/mac.ts";
import type { BootAppParts } from "../boot-parts.ts";
import { localAddress } from "../local-address.ts";
import { sendAnswer } from "./answers.ts";

/** What Proxmox's installer tells of its machine, as far as it says which one it is. */
const REQUEST = z.object({ network_interfaces: z.array(z.object({ mac: z.string() })) });

/**
 * `POST /proxmox/answer`: for a Proxmox ISO without an URL of its own, which found this one in DHCP option 250 or in DNS.
 * The machine is known by any of its MACs, and has to be one whose install runs: the URL is no secret.
 */
export function proxmoxRoutes(app: FastifyInstance, parts: BootAppParts): void {
  app.post("/proxmox/answer", async (request, reply) => {
    const server = localAddress(request);
    const macs = macsOf(request.body);
    for (const host of parts.active().withAnyMac(macs)) {
      const attempt = parts.machines.running(host);
      if (!attempt || server === undefined) continue;
      const answer = (await parts.boot.answers(host.name, attempt, server))?.get(PROXMOX_ANSWER);
      if (answer) return sendAnswer(reply, answer);
    }
    throw new BootwireError(
      "BW_ATTEMPT_UNKNOWN",
      `none of these network cards is that of a machine which is installing Proxmox: ${macs.join(", ") || "none told"}`,
      "Boot the machine from the network: its install begins there. Its MAC has to be in the config.",
    );
  });
}

function macsOf(body: unknown): readonly Mac[] {
  if (!Buffer.isBuffer(body)) return [];
  try {
    const parsed = REQUEST.safeParse(JSON.parse(body.toString("utf8")));
    return parsed.success ? parsed.data.network_interfaces.flatMap(({ mac }) => parseMac(mac) ?? []) : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
