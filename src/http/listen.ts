import { createServer, type Server } from "node:http";
import type { FastifyInstance } from "fastify";

/** Longest silence on a connection, in milliseconds: a client that vanished frees its buffers. */
const IDLE_LIMIT = 120_000;

/** One app listening on several addresses. */
export interface Listening {
  /** Stops listening and ends every connection; running downloads are cut. */
  close(): Promise<void>;
}

/**
 * Opens an app on each of the addresses (an app of fastify's own listens on one). Rejects with node's error, code and
 * all, when one cannot be opened, and then leaves none open.
 */
export async function listenOn(
  app: FastifyInstance,
  addresses: readonly string[],
  port: number,
): Promise<Listening> {
  await app.ready();
  const servers: Server[] = [];
  const close = async () => {
    await Promise.all(servers.map(closeServer));
    await app.close();
  };
  try {
    for (const address of addresses) servers.push(await openServer(app, address, port));
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}

function openServer(app: FastifyInstance, address: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((request, response) => app.routing(request, response));
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
