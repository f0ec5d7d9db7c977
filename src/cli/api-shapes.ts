import { z } from "zod";
import type {
  ApiAccepted,
  ApiError,
  ApiEvent,
  ApiEvents,
  ApiMachine,
  ApiMachines,
  ApiStatus,
} from "../api-types.ts";

/*
 * What the admin API answers, checked as it arrives: the daemon may be another version than this command. Keys that are
 * not known are left out.
 */

const attempt = z.object({
  id: z.string(),
  phase: z.enum(["running", "finishing", "succeeded", "failed", "cancelled"]),
  percent: z.number().nullable(),
  boots: z.number(),
  startedAt: z.number(),
  endedAt: z.number().nullable(),
  failure: z.string().nullable(),
});

export const machineShape: z.ZodType<ApiMachine> = z.object({
  name: z.string(),
  mac: z.string(),
  profile: z.string().nullable(),
  state: z.enum(["ready", "installing", "installed", "failed"]),
  next: z.enum(["install", "local", "hold", "nothing"]),
  reason: z.string(),
  address: z.string().nullable(),
  lastSeen: z.number().nullable(),
  attempt: attempt.nullable(),
});

export const machinesShape: z.ZodType<ApiMachines> = z.object({ machines: z.array(machineShape) });

export const eventShape: z.ZodType<ApiEvent> = z.object({
  id: z.number(),
  at: z.number(),
  mac: z.string().nullable(),
  machine: z.string().nullable(),
  attempt: z.string().nullable(),
  kind: z.string(),
  text: z.string(),
  data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).nullable(),
});

export const eventsShape: z.ZodType<ApiEvents> = z.object({ events: z.array(eventShape) });

export const statusShape: z.ZodType<ApiStatus> = z.object({
  version: z.string(),
  guarded: z.boolean(),
  config: z.string(),
  startedAt: z.number(),
  listening: z.array(z.string()),
  otherDhcpServers: z
    .array(
      z.object({
        address: z.string(),
        interface: z.string(),
        name: z.string().nullable(),
        mac: z.string().nullable(),
        firstHeard: z.number(),
        lastHeard: z.number(),
      }),
    )
    .default([]),
});

export const acceptedShape: z.ZodType<ApiAccepted> = z.object({
  armed: z.array(z.string()),
  kept: z.array(z.string()),
});

export const errorShape: z.ZodType<ApiError> = z.object({
  error: z.object({ code: z.string(), message: z.string(), hint: z.string() }),
});
