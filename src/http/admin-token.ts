import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { BootwireError } from "../errors.ts";

/** A hook that lets nobody past without `Authorization: Bearer <token>`. Throws BW_UNAUTHORIZED. */
export function adminOnly(token: string): (request: FastifyRequest) => Promise<void> {
  const expected = digest(`Bearer ${token}`);
  return async (request) => {
    // Digests have one length, so the comparison tells nothing of how much of the token was right.
    if (timingSafeEqual(digest(request.headers.authorization ?? ""), expected)) return;
    throw new BootwireError(
      "BW_UNAUTHORIZED",
      "the admin API wants a token",
      "Send `Authorization: Bearer TOKEN`; the token is in the file admin-token of the state folder.",
    );
  };
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
