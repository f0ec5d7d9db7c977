import type { FastifyReply, FastifyRequest } from "fastify";

/** Everything that a page of ours may load comes from us; nobody may put it into a frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
} as const;

/** A hook that keeps browsers to our own pages. What the API answers is nobody's to keep. */
export async function securityHeaders(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.headers(HEADERS);
  if (request.url.startsWith("/api/")) reply.header("cache-control", "no-store");
}

/** The same for a response that is written past fastify. */
export function headersOfStream(): Record<string, string> {
  return { ...HEADERS, "content-type": "text/event-stream", "cache-control": "no-store" };
}
