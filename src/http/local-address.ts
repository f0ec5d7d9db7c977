import type { FastifyRequest } from "fastify";
import { type Ipv4, parseIpv4 } from "../net/ipv4.ts";

/** The IPv4 address that the client reached us at; `undefined` once the connection is gone or for other families. */
export function localAddress(request: FastifyRequest): Ipv4 | undefined {
  return parseIpv4((request.socket.localAddress ?? "").replace(/^::ffff:/, ""));
}

/** The client's address without IPv6's wrapping of IPv4. */
export function clientAddress(request: FastifyRequest): string {
  return (request.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
}
