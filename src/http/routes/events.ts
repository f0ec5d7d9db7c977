import type { FastifyInstance } from "fastify";
import { listEvents, streamEvents } from "../../api/events.ts";
import type { AdminAppParts } from "../admin-parts.ts";
import { describeEvent } from "../describe.ts";
import { serve, serveStream } from "../endpoint.ts";
import { type Streams, sseMessage } from "../streams-shell.ts";

/** Events that are read and sent at a time. */
const PAGE = 200;

/** `GET /api/v1/events` and, live, `/api/v1/events/stream` (server-sent events; `Last-Event-ID` goes on from there). */
export function eventRoutes(app: FastifyInstance, parts: AdminAppParts, streams: Streams): void {
  const { machines } = parts;
  serve(app, listEvents, async ({ query }) => ({ events: machines.events(query).map(describeEvent) }));

  serveStream(app, streamEvents, ({ query, request, reply }) => {
    const { machine, after } = query;
    let last = firstId(request.headers["last-event-id"], after) ?? newestId(parts);
    streams.open(reply, (wake) => ({
      stop: machines.subscribe(wake),
      due: () => {
        const events = machines.events({ machine, after: last, limit: PAGE });
        last = events.at(-1)?.id ?? last;
        const text = events.map((event) => sseMessage({ id: event.id, data: describeEvent(event) })).join("");
        return { text, again: events.length === PAGE ? 0 : undefined };
      },
    }));
  });
}

/** Where a stream begins that was told: the header wins, since a browser that lost the stream sends it by itself. */
export function firstId(
  header: string | string[] | undefined,
  after: number | undefined,
): number | undefined {
  return typeof header === "string" && /^\d{1,15}$/.test(header) ? Number(header) : after;
}

/** Where a stream begins that was told nothing: with what happens next. */
export function newestId({ machines }: AdminAppParts): number {
  return machines.events({ limit: 1 }).at(-1)?.id ?? 0;
}
