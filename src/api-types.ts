import type { z } from "zod";
import type { changedSchema, eventSchema, eventsSchema } from "./api/events.ts";
import type { explanationSchema } from "./api/explain.ts";
import type {
  attemptSchema,
  attemptsSchema,
  logSchema,
  machineSchema,
  machinesSchema,
  previewSchema,
} from "./api/machines.ts";
import type { leasesSchema, mediaSchema, transfersSchema, unknownSchema } from "./api/network.ts";
import type { errorSchema } from "./api/schema.ts";
import type {
  acceptedSchema,
  countersSchema,
  otherServerSchema,
  reloadSchema,
  sessionSchema,
  statusSchema,
} from "./api/status.ts";

/*
 * The admin API's words (`/api/v1`), as types: the daemon, the CLI, the dashboard and whoever else talks to it share
 * them. What they mean is said where they are checked, in api/.
 */

/** A value that nobody changes. */
type Immutable<T> = T extends readonly (infer E)[]
  ? readonly Immutable<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Immutable<T[K]> }
    : T;

/** What a schema reads. */
export type Said<S extends z.ZodType> = Immutable<z.output<S>>;

export type ApiError = Said<typeof errorSchema>;
export type ApiStatus = Said<typeof statusSchema>;
export type ApiOtherServer = Said<typeof otherServerSchema>;
export type ApiCounters = Said<typeof countersSchema>;
export type ApiReload = Said<typeof reloadSchema>;
export type ApiAccepted = Said<typeof acceptedSchema>;
export type ApiSession = Said<typeof sessionSchema>;
export type ApiAttempt = Said<typeof attemptSchema>;
export type ApiAttempts = Said<typeof attemptsSchema>;
export type ApiLog = Said<typeof logSchema>;
export type ApiMachine = Said<typeof machineSchema>;
export type ApiMachines = Said<typeof machinesSchema>;
export type ApiPreview = Said<typeof previewSchema>;
export type ApiExplanation = Said<typeof explanationSchema>;
export type ApiEvent = Said<typeof eventSchema>;
export type ApiEvents = Said<typeof eventsSchema>;
export type ApiChanged = Said<typeof changedSchema>;
export type ApiLeases = Said<typeof leasesSchema>;
export type ApiUnknown = Said<typeof unknownSchema>;
export type ApiTransfers = Said<typeof transfersSchema>;
export type ApiMedia = Said<typeof mediaSchema>;
