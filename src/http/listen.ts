import { createServer, type Server } from "node:http";
import { createServer as createTlsServer, Server as TlsServer } from "node:https";
import type { FastifyInstance } from "fastify";

/** Longest silence on a connection, in milliseconds: a client that vanished frees its buffers. */
const IDLE_LIMIT = 120_000;

/** A certificate and its private key, as PEM. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** One app listening on several addresses. */
export interface Listening {
  /** Shows another certificate from the next connection on; of no effect without TLS. Throws what node has against it. */
  renew(tls: Certificate): void;
  /** Stops listening and ends every connection; running downloads are cut. */
  close(): Promise<void>;
}

/**
 * Opens an app on each of the addresses (an app of fastify's own listens on one). Rejects with node's error, code and
 * all, when one cannot be opened, and then leaves none open. With a certificate it speaks TLS alone.
 */
export async function listenOn(
  app: FastifyInstance,
  addresses: readonly string[],
  port: number,
  tls?: Certificate,
): Promise<Listening> {
  await app.ready();
  const servers: Server[] = [];
  const close = async () => {
    await Promise.all(servers.map(closeServer));
    await app.close();
  };
  try {
    for (const address of addresses) servers.push(await openServer(serverOf(app, tls), address, port));
  } catch (error) {
    await close();
    throw error;
  }
  const renew = (next: Certificate) => {
    for (const server of servers) if (server instanceof TlsServer) server.setSecureContext(contextOf(next));
  };
  return { close, renew };
}

/** TLS 1.2 is what the oldest browser that is still in use speaks (RFC 8996 ends what came before). */
function contextOf({ certificate, key }: Certificate) {
  return { cert: certificate, key, minVersion: "TLSv1.2" } as const;
}

function serverOf(app: FastifyInstance, tls: Certificate | undefined): Server {
  if (!tls) return createServer((request, response) => app.routing(request, response));
  return createTlsServer(contextOf(tls), (request, response) => app.routing(request, response));
}

function openServer(server: Server, address: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.setTimeout(IDLE_LIMIT);
    server.once("error", reject);
    server.listen({ host: address, port }, () => {
      server.off("error", reject);
      resolve(server);
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
