import { z } from "zod";
import { machinesSchema } from "./machines.ts";
import { transfersSchema } from "./network.ts";
import { instant, macText, NOTHING, named, PLAIN } from "./schema.ts";

export const eventSchema = named(
  "Event",
  z.object({
    id: z.number().meta({ description: "Ascending." }),
    at: instant,
    mac: macText.nullable(),
    machine: z.string().nullable(),
    attempt: z.string().nullable(),
    kind: z.string().meta({ examples: ["dhcp.offer", "attempt.progress", "machine.booted"] }),
    text: z.string().meta({ description: "One sentence for people." }),
    data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).nullable(),
  }),
);

export const eventsSchema = named(
  "Events",
  z.object({ events: z.array(eventSchema).meta({ description: "The oldest first." }) }),
);

const eventId = z.coerce.number().int().nonnegative();
const ofMachine = { machine: z.string().optional() };

export const listEvents = {
  ...PLAIN,
  method: "GET",
  path: "/api/v1/events",
  summary: "The timeline: after an id, before an id, or the newest",
  query: z.object({
    ...ofMachine,
    after: eventId.optional().meta({ description: "Only events after this id, the first ones." }),
    before: eventId
      .optional()
      .meta({ description: "Only events before this id, the last ones: a page back." }),
    limit: z.coerce.number().int().min(1).max(2000).default(200),
  }),
  response: eventsSchema,
} as const;

/** Server-sent events; `Last-Event-ID` goes on from there. */
export const streamEvents = {
  ...PLAIN,
  method: "GET",
  path: "/api/v1/events/stream",
  summary: "The timeline as it happens (server-sent events; Last-Event-ID goes on from there)",
  query: z.object({ ...ofMachine, after: eventId.optional() }),
  response: NOTHING,
  errors: ["BW_STREAMS_FULL"],
} as const;

/** What has changed, and is to be asked for again by whoever shows it. */
export const changedSchema = named(
  "Changed",
  z.object({ what: z.array(z.enum(["config", "status", "unknown", "leases", "events"])) }),
);

/** The messages of the live stream by their event names. */
export const liveMessages = {
  event: eventSchema,
  machines: machinesSchema,
  transfers: transfersSchema,
  changed: changedSchema,
} as const;

export const streamLive = {
  ...PLAIN,
  method: "GET",
  path: "/api/v1/live",
  summary:
    "All that a dashboard shows, as it changes (server-sent events: event, machines, transfers, changed)",
  query: z.object({ after: eventId.optional() }),
  response: NOTHING,
  errors: ["BW_STREAMS_FULL"],
} as const;
