import type { FastifyInstance } from "fastify";
import { streamLive } from "../../api/events.ts";
import type { ApiChanged } from "../../api-types.ts";
import type { StoredEvent } from "../../machines/ports.ts";
import type { Topic } from "../../monitor/monitor.ts";
import type { AdminAppParts } from "../admin-parts.ts";
import { describeEvent, describeMachines } from "../describe.ts";
import { serveStream } from "../endpoint.ts";
import { type Due, type Streams, sseMessage } from "../streams-shell.ts";
import { firstId, newestId } from "./events.ts";
import { describeTransfers } from "./network.ts";

/** More events than this at a time are not told one by one: who looks is to ask for what he shows. */
const MAX_EVENTS = 500;
/** Milliseconds between two pictures of what is under way, and between two words that something else has changed. */
const PAUSE = 1000;
/** How many steps of throughput each picture has. */
const STEPS = 5;

/** `GET /api/v1/live`: all that a dashboard shows, as it changes. */
export function liveRoutes(app: FastifyInstance, parts: AdminAppParts, streams: Streams): void {
  serveStream(app, streamLive, ({ query, request, reply }) => {
    const from = firstId(request.headers["last-event-id"], query.after) ?? newestId(parts);
    const view = new LiveView(parts, from);
    streams.open(reply, (wake) => {
      const stops = [
        parts.machines.subscribe((event) => {
          view.onEvent(event);
          wake();
        }),
        parts.monitor.subscribe((topic) => {
          view.onTopic(topic);
          wake();
        }),
      ];
      return { due: () => view.due(), stop: () => stops.forEach((stop) => void stop()) };
    });
  });
}

/** What one dashboard has not been told yet: names of what has changed, never the changes themselves. */
class LiveView {
  readonly #parts: AdminAppParts;
  readonly #machines = new Set<string>();
  readonly #changed = new Set<ApiChanged["what"][number]>();
  #lastEvent: number;
  #hasEvents = true;
  #hasTransfers = true;
  #transfersAt = Number.NEGATIVE_INFINITY;
  #changedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: AdminAppParts, lastEvent: number) {
    this.#parts = parts;
    this.#lastEvent = lastEvent;
  }

  onEvent(event: StoredEvent): void {
    this.#hasEvents = true;
    if (event.machine !== undefined) this.#machines.add(event.machine);
  }

  onTopic(topic: Topic): void {
    if (topic === "transfers") this.#hasTransfers = true;
    else this.#changed.add(topic);
  }

  due(): Due {
    const texts = [...this.#events(), ...this.#lives(), ...this.#transfers(), ...this.#changes()];
    // What is under way is told again until everything stands still.
    const again = this.#hasTransfers || this.#changed.size > 0 ? PAUSE : undefined;
    return { text: texts.join(""), again };
  }

  #events(): string[] {
    if (!this.#hasEvents) return [];
    this.#hasEvents = false;
    const { machines } = this.#parts;
    const events = machines.events({ after: this.#lastEvent, limit: MAX_EVENTS });
    this.#lastEvent = events.at(-1)?.id ?? this.#lastEvent;
    if (events.length < MAX_EVENTS) {
      return events.map((event) => sseMessage({ id: event.id, event: "event", data: describeEvent(event) }));
    }
    this.#lastEvent = newestId(this.#parts);
    this.#changed.add("events");
    return [];
  }

  #lives(): string[] {
    const hosts = [...this.#machines].flatMap((name) => this.#parts.active().byName(name) ?? []);
    this.#machines.clear();
    if (hosts.length === 0) return [];
    const machines = describeMachines(this.#parts, hosts);
    return [sseMessage({ event: "machines", data: { machines } })];
  }

  #transfers(): string[] {
    const now = this.#parts.now();
    if (!this.#hasTransfers || Math.abs(now - this.#transfersAt) < PAUSE) return [];
    this.#transfersAt = now;
    const data = describeTransfers(this.#parts, STEPS);
    const { tftp, http } = data.throughput;
    this.#hasTransfers = data.transfers.length > 0 || [...tftp, ...http].some((bytes) => bytes > 0);
    return [sseMessage({ event: "transfers", data })];
  }

  #changes(): string[] {
    const now = this.#parts.now();
    if (this.#changed.size === 0 || Math.abs(now - this.#changedAt) < PAUSE) return [];
    this.#changedAt = now;
    const what = [...this.#changed];
    this.#changed.clear();
    return [sseMessage({ event: "changed", data: { what } satisfies ApiChanged })];
  }
}
