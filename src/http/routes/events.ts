import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { ApiEvent, ApiEvents } from "../../api-types.ts";
import { BootwireError } from "../../errors.ts";
import type { StoredEvent } from "../../machines/ports.ts";
import type { AdminAppParts } from "../admin-parts.ts";

const QUERY = z.object({
  machine: z.string().optional(),
  after: z.coerce.number().int().nonnegative().optional(),
  limit: z.coerce.number().int().min(1).max(2000).default(200),
});

/** How often a quiet stream says that it is alive, in milliseconds. */
const HEARTBEAT = 15_000;

/** `GET /api/v1/events` and, live, `/api/v1/events/stream` (server-sent events; `Last-Event-ID` goes on from there). */
export function eventRoutes(app: FastifyInstance, parts: AdminAppParts): void {
  const { machines } = parts;
  app.get("/api/v1/events", async (request): Promise<ApiEvents> => {
    const query = parseQuery(request.query);
    return { events: machines.events(query).map(describeEvent) };
  });

  app.get("/api/v1/events/stream", (request, reply) => {
    const { machine, after } = parseQuery(request.query);
    const lastEventId = Number(request.headers["last-event-id"] ?? after);
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    // Whoever listens is told at once that the stream is there, however quiet the network.
    raw.flushHeaders();
    const send = (event: StoredEvent) => {
      if (machine !== undefined && event.machine !== machine) return;
      raw.write(`id: ${event.id}\ndata: ${JSON.stringify(describeEvent(event))}\n\n`);
    };
    if (Number.isInteger(lastEventId)) {
      for (const event of machines.events({ machine, after: lastEventId, limit: 2000 })) send(event);
    }
    const unsubscribe = machines.subscribe(send);
    const heartbeat = setInterval(() => raw.write(": alive\n\n"), HEARTBEAT);
    raw.once("close", () => {
      clearInterval(heartbeat);
      unsubscribe();
    });
  });
}

function parseQuery(query: unknown): z.output<typeof QUERY> {
  const parsed = QUERY.safeParse(query);
  if (parsed.success) return parsed.data;
  throw new BootwireError(
    "BW_HTTP_QUERY",
    z.prettifyError(parsed.error),
    "Correct the query of the request.",
  );
}

function describeEvent(event: StoredEvent): ApiEvent {
  return {
    id: event.id,
    at: event.at,
    mac: event.mac ?? null,
    machine: event.machine ?? null,
    attempt: event.attempt ?? null,
    kind: event.kind,
    text: event.text,
    data: event.data ?? null,
  };
}
